"""The events of this function, checked: run a schedule, or change one.

Pure: may import the standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SCHEDULER = "aws.scheduler"
"""Value of ``source`` in what EventBridge Scheduler sends; our own input says so."""

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""What EventBridge Scheduler replaces by the time it was to start, such as
``2022-03-22T18:59:43Z``.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/
managing-schedule-context-attributes.html
"""

ACTIONS = ("create", "update", "delete")
"""What can be asked of this function beside running a schedule."""

_DIGITS = re.compile(r"[1-9][0-9]{0,18}")
_MAX_ID = 2**63 - 1


class InvalidEventError(ValueError):
    """An event that this function does not understand."""


@dataclass(frozen=True)
class Run:
    """A schedule's time has come.

    Attributes:
        schedule_id: The row in ``schedules``.
        scheduled_for: The time it was to start, in UTC; ``None`` when the sender does
            not say.
    """

    schedule_id: int
    scheduled_for: datetime | None


@dataclass(frozen=True)
class Change:
    """A user made, changed or removed a schedule.

    Attributes:
        action: One of :data:`ACTIONS`.
        schedule_id: The row in ``schedules``.
        expression: Six cron fields; ``None`` means those of the row.
        timezone: IANA time zone; ``None`` means the row's.
    """

    action: str
    schedule_id: int
    expression: str | None
    timezone: str | None


def parse(event: Any) -> Run | Change:
    """Return what an event asks for.

    Raises:
        InvalidEventError: It is no event of ours, or a field is missing or malformed.
    """
    if not isinstance(event, Mapping):
        raise InvalidEventError("the event must be a JSON object")
    if event.get("source") == SCHEDULER:
        return Run(_schedule_id(event), _scheduled_time(event.get("scheduledTime")))
    action = event.get("action")
    if action in ACTIONS:
        return Change(
            action,
            _schedule_id(event),
            _optional_text(event, "cronExpression"),
            _optional_text(event, "timezone"),
        )
    raise InvalidEventError(
        f"the event must have source {SCHEDULER!r} or one of the actions {', '.join(ACTIONS)}"
    )


def _schedule_id(event: Mapping[str, Any]) -> int:
    """Return the id; drivers of 64-bit columns hand them to JavaScript as text."""
    value = event.get("scheduledExecutionId")
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MAX_ID:
        raise InvalidEventError("scheduledExecutionId must be a positive integer")
    return value


def _scheduled_time(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InvalidEventError("scheduledTime must be a time like 2022-03-22T18:59:43Z") from error
    if time.tzinfo is None:
        raise InvalidEventError("scheduledTime must name its offset, as in 2022-03-22T18:59:43Z")
    return time.astimezone(UTC)


def _optional_text(event: Mapping[str, Any], name: str) -> str | None:
    value = event.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidEventError(f"{name} must be text")
    return value
