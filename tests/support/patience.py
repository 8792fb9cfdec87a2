"""Waiting for what happens elsewhere, with an end to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

_PAUSE_SECONDS = 0.05


def until(
    read: Callable[[], Answer], holds: Callable[[Answer], object] = bool, *, seconds: float = 60.0
) -> Answer:
    """Return the first answer of ``read`` for which ``holds`` is true.

    Raises:
        AssertionError: There was none in time; it shows the last one.
    """
    deadline = time.monotonic() + seconds
    while not holds(answer := read()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s; at last it was {answer!r}"
        time.sleep(_PAUSE_SECONDS)
    return answer
