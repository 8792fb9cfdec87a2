"""Log lines as JSON, without secrets and without the content of messages.

Lambda reads level and time of a line that is an object with ``level`` and ``timestamp``.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

REDACTED = "[redacted]"
"""Stands where a secret stood."""

OMITTED = "[omitted]"
"""Stands where a message's or a document's content stood."""

_LEVELS = {"DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "FATAL": 50}

_SECRET_KEY = re.compile(
    r"password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key|credential"
    r"|authorization|cookie|signature",
    re.IGNORECASE,
)
_HARMLESS_KEY = re.compile(r"(arn|count)$", re.IGNORECASE)
_CONTENT_KEYS = frozenset({"body", "chunk", "chunks", "content", "html", "text", "texts"})

_SECRET_VALUE = re.compile(
    r"(?<=Bearer )\S+|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|(?<=[?&]X-Amz-Signature=)\w+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)

_MAX_CHARACTERS = 1_000
"""Of one value; a log line that holds more is hardly read."""

_MAX_DEPTH = 5


class Log:
    """Writes lines for one service.

    Args:
        service: The function's name, part of every line.
        **fields: Further fields of every line.
    """

    def __init__(self, service: str, **fields: Any) -> None:
        self._fields = {"service": service, **fields}

    def bound(self, **fields: Any) -> Log:
        """Return a log that adds ``fields`` to every line."""
        return Log(**{**self._fields, **fields})

    def debug(self, message: str, **fields: Any) -> None:
        """Write a line that only a search for a fault needs."""
        self._write("DEBUG", message, fields)

    def info(self, message: str, **fields: Any) -> None:
        """Write a line about what was done."""
        self._write("INFO", message, fields)

    def warning(self, message: str, **fields: Any) -> None:
        """Write a line about what went wrong and was coped with."""
        self._write("WARN", message, fields)

    def error(self, message: str, **fields: Any) -> None:
        """Write a line about what went wrong."""
        self._write("ERROR", message, fields)

    def failure(self, message: str, cause: BaseException, **fields: Any) -> None:
        """Write a line about an exception.

        Args:
            message: What could not be done.
            cause: The exception; see :func:`described`.
            **fields: What it was about.
        """
        self._write("ERROR", message, {**fields, "error": described(cause)})

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Tell an outcome inside; if that fails too, the first error is what counts."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 # the same
            self.warning("outcome could not be told", error=described(error))

    def _write(self, level: str, message: str, fields: Mapping[str, Any]) -> None:
        lowest = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO").upper()
        if _LEVELS[level] < _LEVELS.get(lowest, _LEVELS["INFO"]):
            return
        line = {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "message": redacted(message),
            **redacted({**self._fields, **fields}),
        }
        sys.stdout.write(json.dumps(line, default=str) + "\n")
        sys.stdout.flush()


def logger(service: str) -> Log:
    """Return the log of a service.

    Args:
        service: The function's name, such as ``file_processor``.
    """
    return Log(service)


def described(error: BaseException) -> str:
    """Return an error's type and its first line, without the rows that PostgreSQL shows.

    PostgreSQL's ``Detail:`` quotes the row it refuses, and so a document's content.
    """
    text = str(error).partition("Detail:")[0].strip()
    first_line = text.splitlines()[0] if text else ""
    return f"{type(error).__name__}: {first_line}"[:_MAX_CHARACTERS]


def redacted(value: Any, depth: int = 0) -> Any:
    """Return ``value`` without what looks like a secret or like a message's content.

    Args:
        value: Anything; what JSON does not know becomes text.
        depth: How deep ``value`` is nested already.
    """
    if isinstance(value, Mapping):
        if depth >= _MAX_DEPTH:
            return OMITTED
        return {str(key): _field(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return OMITTED if depth >= _MAX_DEPTH else [redacted(item, depth + 1) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _SECRET_VALUE.sub(REDACTED, str(value))[:_MAX_CHARACTERS]


def _field(key: str, value: Any, depth: int) -> Any:
    if _SECRET_KEY.search(key) and not _HARMLESS_KEY.search(key):
        return REDACTED
    if key.lower() in _CONTENT_KEYS and not isinstance(value, bool | int | float):
        return OMITTED
    return redacted(value, depth)
