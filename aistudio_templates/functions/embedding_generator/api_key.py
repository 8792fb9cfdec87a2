"""The key of an endpoint, from Secrets Manager, when it is needed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

from aistudio_shared.records import PermanentError

_KEPT_SECONDS = 300.0
"""How long a value is believed; a rotated key is noticed sooner, by a refusal."""

_PRINTABLE = re.compile(r"[\x21-\x7e]+")
"""What a header may carry; the error about anything else would quote the key."""


class ApiKey:
    """A secret's ``apiKey``.

    Args:
        client: A ``secretsmanager`` client.
        secret_arn: A secret that holds a JSON object.
        clock: Returns seconds of a monotonic clock.
    """

    def __init__(
        self, client: Any, secret_arn: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._clock = clock
        self._value = ""
        self._read_at = float("-inf")

    def value(self) -> str:
        """Return the key.

        Raises:
            PermanentError: The secret has none.
            ClientError: Secrets Manager refuses.
        """
        if self._clock() - self._read_at >= _KEPT_SECONDS:
            secret = self._client.get_secret_value(SecretId=self._secret_arn)["SecretString"]
            self._value = _api_key(secret)
            self._read_at = self._clock()
        return self._value

    def forget(self) -> None:
        """Read the secret again next time."""
        self._read_at = float("-inf")


def _api_key(secret: str) -> str:
    try:
        key = json.loads(secret)["apiKey"].strip()
    except (AttributeError, KeyError, TypeError, ValueError):
        # Without its cause, which would quote the secret.
        raise PermanentError("the endpoint's secret has no text apiKey") from None
    if not _PRINTABLE.fullmatch(key):
        raise PermanentError("the endpoint's apiKey is empty or has odd characters")
    return str(key)
