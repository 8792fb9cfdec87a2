"""Embeddings from any endpoint that speaks OpenAI's API.

Source: https://platform.openai.com/docs/api-reference/embeddings/create
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from aistudio_shared.records import PermanentError
from api_key import ApiKey
from providers import DIMENSIONS, RequestLimits, TransientError

Connect = Callable[[str, float], http.client.HTTPConnection]
"""Returns a connection to a host and port, with a timeout in seconds."""

_LIMITS = RequestLimits(texts=96, characters=100_000)
"""2,048 texts and 300,000 tokens are taken; a character may be more than one token."""

_FIXED_DIMENSIONS = frozenset({"text-embedding-ada-002"})
"""Models that refuse the parameter ``dimensions``; this one's are 1,536 anyway."""

_TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
_UNAUTHORIZED = 401
_MAX_ANSWER_BYTES = 32 * 1024 * 1024
_LONGEST_WAIT_SECONDS = 60.0
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def connect_safely(host: str, timeout_seconds: float) -> http.client.HTTPConnection:
    """Return a connection over TLS, with the server's certificate verified."""
    return http.client.HTTPSConnection(host, timeout=timeout_seconds)


class OpenAiProvider:
    """One model behind an endpoint.

    Args:
        endpoint_url: Base URL, such as ``https://api.openai.com/v1``.
        model_id: The model.
        api_key: The endpoint's key.
        seconds_left: Returns how many seconds may still be spent.
        connect: Opens connections. They follow no redirect, so that the key stays here.

    Raises:
        PermanentError: The URL is not one of https.
    """

    def __init__(
        self,
        *,
        endpoint_url: str,
        model_id: str,
        api_key: ApiKey,
        seconds_left: Callable[[], float],
        connect: Connect = connect_safely,
    ) -> None:
        parts = urlsplit(endpoint_url)
        if parts.scheme != "https" or not parts.netloc:
            raise PermanentError("the endpoint's URL must begin with https://")
        self._host = parts.netloc
        self._path = f"{parts.path.rstrip('/')}/embeddings"
        self._model_id = model_id
        self._api_key = api_key
        self._seconds_left = seconds_left
        self._connect = connect

    @property
    def limits(self) -> RequestLimits:
        """What it takes at once."""
        return _LIMITS

    def embed(self, texts: Sequence[str]) -> list[Any]:
        """Return one vector a text, in order, unchecked.

        Raises:
            PermanentError: The endpoint refuses.
            TransientError: It cannot serve now.
        """
        status, answer, retry_after = self._post(texts)
        if status == _UNAUTHORIZED:
            # The key may have been rotated since it was read.
            self._api_key.forget()
            status, answer, retry_after = self._post(texts)
        if status != 200:
            raise _failure(status, answer, retry_after)
        return _vectors(answer)

    def _post(self, texts: Sequence[str]) -> tuple[int, bytes, str]:
        """Return status, body and ``Retry-After`` of the answer."""
        body: dict[str, Any] = {
            "model": self._model_id,
            "input": list(texts),
            "encoding_format": "float",
        }
        if self._model_id not in _FIXED_DIMENSIONS:
            body["dimensions"] = DIMENSIONS
        headers = {
            "Authorization": f"Bearer {self._api_key.value()}",
            "Content-Type": "application/json",
        }
        timeout = max(1.0, min(self._seconds_left(), _LONGEST_WAIT_SECONDS))
        connection = self._connect(self._host, timeout)
        try:
            connection.request("POST", self._path, json.dumps(body), headers)
            with connection.getresponse() as response:
                content = response.read(_MAX_ANSWER_BYTES)
                return response.status, content, response.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException) as error:
            reason = f"the endpoint did not answer: {type(error).__name__}"
            raise TransientError(reason) from error
        finally:
            connection.close()


def _vectors(answer: bytes) -> list[Any]:
    try:
        data = json.loads(answer)["data"]
        return [entry["embedding"] for entry in sorted(data, key=lambda entry: entry["index"])]
    except (KeyError, TypeError, ValueError) as error:
        raise PermanentError("the endpoint's answer is not of the documented form") from error


def _failure(status: int, answer: bytes, retry_after: str) -> Exception:
    reason = f"status {status}{_code(answer)}"
    if status in _TRANSIENT_STATUSES or status >= 500:
        seconds = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
        return TransientError(f"the endpoint cannot serve now: {reason}", seconds)
    return PermanentError(f"the endpoint refuses the request: {reason}")


def _code(answer: bytes) -> str:
    """Return the error's code for a reason; never its text, which may quote key or document."""
    try:
        error = json.loads(answer)["error"]
        code = error.get("code") or error.get("type")
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""
    return f" ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else ""
