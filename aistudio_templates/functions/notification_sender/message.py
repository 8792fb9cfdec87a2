"""The message that asks for a notification, checked.

Pure: may import the standard library and the shared layer's records only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aistudio_shared.records import PermanentError, Record

EMAIL = "email"
"""The only type of notification there is so far."""

_DIGITS = re.compile(r"[1-9][0-9]{0,18}")
_MAX_ID = 2**63 - 1
_USER_ID = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True)
class Message:
    """What is asked for.

    Attributes:
        execution_id: The row in ``schedule_executions``.
        user_id: Who is to be told.
        schedule_name: As the sender calls it; ``None`` means the row's.
    """

    execution_id: int
    user_id: str
    schedule_name: str | None


def parse(record: Record) -> Message:
    """Return what a message asks for.

    Raises:
        PermanentError: A field is missing or malformed.
    """
    body = record.body
    if body.get("notificationType") != EMAIL:
        raise PermanentError(f"notificationType must be {EMAIL!r}")
    name = body.get("scheduleName")
    if name is not None and not isinstance(name, str):
        raise PermanentError("scheduleName must be text")
    return Message(_execution_id(body.get("executionResultId")), _user_id(record), name)


def _execution_id(value: object) -> int:
    """Return the id; drivers of 64-bit columns hand them to JavaScript as text."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MAX_ID:
        raise PermanentError("executionResultId must be a positive integer")
    return value


def _user_id(record: Record) -> str:
    value = record.body.get("userId")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _USER_ID.fullmatch(value):
        raise PermanentError("userId must be the id of a user")
    return value
