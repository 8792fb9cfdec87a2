"""The tables ``schedules`` and ``schedule_executions``.

Every statement may run twice: the Data API may have done what it reports as failed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aistudio_shared.data_api import DataApi, Json, storable

_MAX_FAILURE_CHARACTERS = 1_000

_SCHEDULE = """\
SELECT owner_id, assistant_id, expression, timezone, CAST(input AS text) AS input, active
FROM schedules WHERE id = :schedule_id"""

_OTHERS = """\
SELECT count(*) AS others FROM schedules
WHERE owner_id = :owner_id AND active AND id <> :schedule_id"""

_TIME_OF = """\
SELECT CAST(EXTRACT(EPOCH FROM scheduled_for) AS bigint) AS scheduled_for
FROM schedule_executions
WHERE schedule_id = :schedule_id AND invocation_id = :invocation_id
ORDER BY id DESC LIMIT 1"""

_BEGIN = """\
INSERT INTO schedule_executions AS execution (schedule_id, scheduled_for, invocation_id)
VALUES (:schedule_id, to_timestamp(CAST(:scheduled_for AS double precision)), :invocation_id)
ON CONFLICT (schedule_id, scheduled_for) DO UPDATE
SET status = 'running', started_at = now(), finished_at = NULL, result = NULL, failure = NULL,
    invocation_id = EXCLUDED.invocation_id
WHERE execution.status = 'failed'
   OR execution.status = 'running' AND (
      execution.invocation_id = EXCLUDED.invocation_id
      OR execution.started_at < now() - CAST(:lease_seconds AS integer) * INTERVAL '1 second')
RETURNING id"""

_FINISH = """\
UPDATE schedule_executions
SET status = 'succeeded', finished_at = now(), result = COALESCE(result, CAST(:result AS jsonb))
WHERE id = :execution_id AND status = 'running'"""

_FAIL = """\
UPDATE schedule_executions SET status = 'failed', finished_at = now(), failure = :failure
WHERE id = :execution_id AND status = 'running'"""


@dataclass(frozen=True)
class Schedule:
    """A row of ``schedules``.

    Attributes:
        id: Its key.
        owner_id: The user it belongs to.
        assistant_id: What is run.
        expression: Cron fields.
        timezone: IANA time zone.
        input: What the assistant is given.
        active: Whether it runs at all.
    """

    id: int
    owner_id: str
    assistant_id: int
    expression: str
    timezone: str
    input: Any
    active: bool


class ScheduleRows:
    """The two tables of one database.

    Args:
        database: The database.
    """

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def schedule(self, schedule_id: int) -> Schedule | None:
        """Return a schedule; ``None`` if there is none.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        rows = self._database.execute(_SCHEDULE, {"schedule_id": schedule_id})
        if not rows:
            return None
        (row,) = rows
        return Schedule(**{**row, "id": schedule_id, "input": json.loads(row["input"])})

    def other_active_schedules(self, schedule: Schedule) -> int:
        """Return how many active schedules its owner has beside it.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        (row,) = self._database.execute(
            _OTHERS,
            {
                "owner_id": schedule.owner_id,
                "schedule_id": schedule.id,
            },
        )
        return int(row["others"])

    def time_of(self, schedule_id: int, invocation_id: str) -> datetime | None:
        """Return for when an earlier attempt of the same invocation ran the schedule.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        rows = self._database.execute(
            _TIME_OF,
            {
                "schedule_id": schedule_id,
                "invocation_id": invocation_id,
            },
        )
        return datetime.fromtimestamp(rows[0]["scheduled_for"], UTC) if rows else None

    def begin(
        self,
        schedule_id: int,
        scheduled_for: datetime,
        *,
        invocation_id: str,
        lease_seconds: int,
    ) -> int | None:
        """Begin an execution and return its id; ``None`` if it is not ours to run.

        An execution that failed is begun again, and so is one whose invocation ended
        without a word: this invocation's own earlier attempt, or any after its lease.

        Args:
            schedule_id: The schedule.
            scheduled_for: The time it was to start.
            invocation_id: The same for all attempts of one invocation.
            lease_seconds: Longer than an invocation can take, in seconds.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        rows = self._database.execute(
            _BEGIN,
            {
                "schedule_id": schedule_id,
                "scheduled_for": scheduled_for.timestamp(),
                "invocation_id": invocation_id,
                "lease_seconds": lease_seconds,
            },
        )
        return int(rows[0]["id"]) if rows else None

    def finish(self, execution_id: int, result: Mapping[str, Any]) -> None:
        """Mark an execution as succeeded; what the application wrote itself stays.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        self._database.execute(
            _FINISH, {"execution_id": execution_id, "result": Json(_storable(result))}
        )

    def fail(self, execution_id: int, failure: str) -> None:
        """Mark an execution as failed, unless the application says otherwise.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        text = storable(failure)[:_MAX_FAILURE_CHARACTERS]
        self._database.execute(_FAIL, {"execution_id": execution_id, "failure": text})


def _storable(value: Any) -> Any:
    """Return JSON that ``jsonb`` takes: it knows no NUL either.

    Source: https://www.postgresql.org/docs/current/datatype-json.html
    """
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value
