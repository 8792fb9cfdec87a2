"""What is looked up at run time: the application's address and the secret of our tokens.

Neither stands in the function's configuration: the address comes to be with another
stack, and a secret there could be read by whoever may read the configuration.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

SECRET_KEY = "INTERNAL_API_SECRET"  # noqa: S105 # a key's name
"""Key of the secret's JSON."""

KEPT_SECONDS = 300.0
"""How long a value is used without asking again, in seconds."""


class SettingsError(Exception):
    """A setting was found, but not in the form it must have."""


class Settings:
    """Both values, each read when it is first wanted and remembered for a while.

    Args:
        parameters: An ``ssm`` client.
        secrets: A ``secretsmanager`` client.
        endpoint_parameter: Name of the parameter with the application's address.
        secret_arn: The secret.
        clock: Returns seconds that only ever grow.
    """

    def __init__(
        self,
        parameters: Any,
        secrets: Any,
        *,
        endpoint_parameter: str,
        secret_arn: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parameters = parameters
        self._secrets = secrets
        self._endpoint_parameter = endpoint_parameter
        self._secret_arn = secret_arn
        self._clock = clock
        self._remembered: dict[str, tuple[float, str]] = {}

    def base_url(self) -> str:
        """Return the application's address.

        Raises:
            ClientError: The parameter is missing or may not be read.
        """
        return self._recalled("endpoint", self._read_endpoint)

    def secret(self) -> str:
        """Return the secret.

        Raises:
            ClientError: The secret is missing or may not be read.
            SettingsError: It is no JSON with the key :data:`SECRET_KEY`.
        """
        return self._recalled("secret", self._read_secret)

    def forget(self) -> None:
        """Forget both, for one of them seems to have changed."""
        self._remembered.clear()

    def _recalled(self, name: str, read: Callable[[], str]) -> str:
        now = self._clock()
        read_at, value = self._remembered.get(name, (float("-inf"), ""))
        if now - read_at < KEPT_SECONDS:
            return value
        value = read()
        self._remembered[name] = (now, value)
        return value

    def _read_endpoint(self) -> str:
        value: str = self._parameters.get_parameter(Name=self._endpoint_parameter)["Parameter"][
            "Value"
        ]
        return value.strip()

    def _read_secret(self) -> str:
        answer = self._secrets.get_secret_value(SecretId=self._secret_arn)
        try:
            value = json.loads(answer["SecretString"])[SECRET_KEY]
        except (KeyError, TypeError, ValueError):
            value = None
        if not isinstance(value, str) or not value:
            # Without a cause: the decoder's error quotes what it could not read.
            raise SettingsError(f"the secret must be JSON with the key {SECRET_KEY}") from None
        return value
