"""What came of an execution, as far as its owner is told.

Pure: may import the standard library and this function's own text module only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plain_text import lines, one_line

MAX_NAME_CHARACTERS = 100
"""Of a schedule's name, in characters."""

MAX_FAILURE_CHARACTERS = 500
"""Of why it failed, in characters."""


@dataclass(frozen=True)
class Outcome:
    """One execution, finished.

    Attributes:
        execution_id: The row in ``schedule_executions``.
        schedule_name: On one line.
        succeeded: Whether it did what it was to do.
        started_at: In the time zone that is shown.
        finished_at: The same; ``None`` if unknown.
        output: What the assistant wrote.
        failure: Why it failed, on one line.
        result: All that it gave; ``None`` if there is nothing, or too much to carry.
    """

    execution_id: int
    schedule_name: str
    succeeded: bool
    started_at: datetime
    finished_at: datetime | None
    output: str
    failure: str
    result: Mapping[str, Any] | None

    @property
    def verdict(self) -> str:
        """In two words, as in the subject."""
        return "Execution Complete" if self.succeeded else "Execution Failed"

    @property
    def duration_seconds(self) -> float | None:
        """How long it took, in seconds; ``None`` if unknown."""
        if self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def warnings(self) -> int:
        """How many warnings the result holds."""
        found = (self.result or {}).get("warnings")
        if isinstance(found, list):
            return len(found)
        return found if isinstance(found, int) and not isinstance(found, bool) else 0

    def facts(self) -> list[tuple[str, str]]:
        """Return what is known of it, each with its name."""
        facts = [("Started", _time(self.started_at))]
        if self.finished_at is not None:
            facts.append(("Finished", _time(self.finished_at)))
        if self.duration_seconds is not None:
            facts.append(("Duration", f"{self.duration_seconds:.1f} s"))
        if self.warnings:
            facts.append(("Warnings", str(self.warnings)))
        return facts


def outcome_of(row: Mapping[str, Any], *, name: str | None, zone: Any) -> Outcome:
    """Return the outcome that a row tells of.

    Args:
        row: As the query of executions returns it.
        name: The schedule's name as the message gives it; ``None`` means the row's.
        zone: Time zone of what is shown.
    """
    finished = row["finished_at"]
    return Outcome(
        execution_id=row["id"],
        schedule_name=one_line(name or "", MAX_NAME_CHARACTERS)
        or one_line(row["schedule_name"], MAX_NAME_CHARACTERS)
        or "Schedule",
        succeeded=row["status"] == "succeeded",
        started_at=datetime.fromtimestamp(row["started_at"], zone),
        finished_at=None if finished is None else datetime.fromtimestamp(finished, zone),
        output=row["output"] or "",
        failure=one_line(row["failure"] or "", MAX_FAILURE_CHARACTERS),
        result=_object(row["result"]),
    )


def summary(outcome: Outcome, max_characters: int) -> str:
    """Return what the assistant wrote, cut.

    Args:
        outcome: The execution.
        max_characters: In characters.
    """
    return lines(outcome.output, max_characters).strip()


def _object(text: str | None) -> Mapping[str, Any] | None:
    value = json.loads(text) if text else None
    return value if isinstance(value, dict) else None


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M %Z")
