"""Asking a provider again, as long as the function's time allows."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from aistudio_shared.logs import logger
from providers import TransientError

Answer = TypeVar("Answer")

_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Longest pauses between six attempts; after them SQS tries again, minutes later."""

_LOG = logger("embedding_generator")


def patiently(
    call: Callable[[], Answer],
    *,
    seconds_left: Callable[[], float],
    sleep: Callable[[float], None] = time.sleep,
    jitter: Callable[[float, float], float] = random.uniform,
) -> Answer:
    """Return what ``call`` returns; pause and call again while the provider cannot serve.

    Args:
        call: Asks the provider.
        seconds_left: Returns how many seconds may still be spent.
        sleep: Pauses for some seconds.
        jitter: Returns a number between two, so that callers do not come back together.

    Raises:
        TransientError: The provider still cannot serve, or the time is nearly over.
        PermanentError: The provider refuses.
    """
    for longest in _PAUSES_SECONDS:
        if seconds_left() <= 0:
            raise TransientError("the function's time is nearly over")
        try:
            return call()
        except TransientError as error:
            pause = max(error.retry_after_seconds, jitter(longest / 2, longest))
            if pause >= seconds_left():
                raise
            _LOG.info("waiting for the provider", reason=str(error), seconds=round(pause, 1))
        sleep(pause)
    return call()
