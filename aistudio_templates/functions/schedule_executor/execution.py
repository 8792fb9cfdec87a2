"""Running a schedule: one row, one token, one call of the application.

Whatever fails is raised, so that Lambda tries again and the dead-letter queue gets what
stays undone; the row says what happened.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aistudio_shared.logs import described, logger
from application import Answer, Application, ApplicationError
from events import Run
from json_web_token import signed
from schedule_rows import Schedule, ScheduleRows
from settings import Settings

PATH = "/api/assistant-architect/execute/scheduled"
"""Where the application takes scheduled executions."""

TOKEN_SECONDS = 300
"""How long a token is valid, in seconds."""

_RESERVED_SECONDS = 30.0
"""Kept back for the row and the answer."""

_LEASE_MARGIN_SECONDS = 120
"""An earlier invocation may have got to the row sooner, and so have had more time left."""

_ACCEPTED = 202

_UNAUTHORIZED = 401

_LOG = logger("schedule_executor")


class UnknownScheduleError(LookupError):
    """There is no such row; a schedule of EventBridge outlived it."""


@dataclass(frozen=True)
class Invocation:
    """This invocation of the function.

    Attributes:
        id: The same for all attempts of one asynchronous invocation.
        seconds_left: Returns how many seconds Lambda still gives it.
    """

    id: str
    seconds_left: Callable[[], float]


@dataclass(frozen=True)
class Executor:
    """What an execution needs.

    Attributes:
        rows: The tables.
        settings: Address and secret.
        application: Makes the application of an address.
        now: Returns seconds since the epoch.
    """

    rows: ScheduleRows
    settings: Settings
    application: Callable[[str], Application] = Application
    now: Callable[[], float] = time.time

    def run(self, event: Run, invocation: Invocation) -> Mapping[str, Any]:
        """Run a schedule unless it is inactive, or was run for this time already.

        Raises:
            UnknownScheduleError: There is no such schedule.
            ApplicationError: The application did not do it.
            EndpointError: The application's address is no HTTPS address.
            SettingsError: The secret has not the form it must have.
            WeakSecretError: The secret is too short.
            ClientError: AWS refuses a call.
            OutOfTimeError: The database did not answer in time.
        """
        schedule = self.rows.schedule(event.schedule_id)
        if schedule is None:
            raise UnknownScheduleError(f"schedule {event.schedule_id} does not exist")
        if not schedule.active:
            return _skipped("the schedule is inactive")
        scheduled_for = event.scheduled_for or self._time_of(schedule, invocation)
        execution_id = self.rows.begin(
            schedule.id,
            scheduled_for,
            invocation_id=invocation.id,
            lease_seconds=int(invocation.seconds_left()) + _LEASE_MARGIN_SECONDS,
        )
        if execution_id is None:
            return _skipped("the execution is running or done")
        return self._execute(schedule, scheduled_for, execution_id, invocation)

    def _time_of(self, schedule: Schedule, invocation: Invocation) -> datetime:
        """Return the minute of the first attempt, where the sender names no time."""
        minute = datetime.fromtimestamp(self.now(), UTC).replace(second=0, microsecond=0)
        return self.rows.time_of(schedule.id, invocation.id) or minute

    def _execute(
        self, schedule: Schedule, scheduled_for: datetime, execution_id: int, invocation: Invocation
    ) -> Mapping[str, Any]:
        try:
            answer = self._call(schedule, scheduled_for, execution_id, invocation)
        except Exception as error:
            self._record_failure(execution_id, error)
            raise
        if answer.status == _ACCEPTED:
            # The application works on, and writes the end into the row itself.
            return _done("accepted", execution_id)
        self.rows.finish(execution_id, answer.body)
        return _done("completed", execution_id)

    def _call(
        self, schedule: Schedule, scheduled_for: datetime, execution_id: int, invocation: Invocation
    ) -> Answer:
        application = self.application(self.settings.base_url())
        issued_at = int(self.now())
        claims: dict[str, str | int] = {
            "iss": "schedule-executor",
            "aud": "assistant-architect-api",
            "scheduleId": schedule.id,
            "executionId": execution_id,
            "iat": issued_at,
            "exp": issued_at + TOKEN_SECONDS,
        }
        body = {
            "scheduleId": schedule.id,
            "toolId": schedule.assistant_id,
            "inputs": schedule.input,
            "userId": schedule.owner_id,
            "triggeredBy": "eventbridge",
            "scheduledAt": scheduled_for.isoformat().replace("+00:00", "Z"),
        }
        headers = {
            "Authorization": f"Bearer {signed(claims, self.settings.secret())}",
            # The same for every attempt: the application runs an execution once.
            "Idempotency-Key": f"schedule-execution-{execution_id}",
            "X-Internal-Request": "schedule-executor",
            "X-Request-Id": invocation.id,
        }
        seconds = invocation.seconds_left() - _RESERVED_SECONDS
        return application.post(PATH, body, headers=headers, seconds=seconds)

    def _record_failure(self, execution_id: int, error: Exception) -> None:
        if isinstance(error, ApplicationError) and error.status == _UNAUTHORIZED:
            # The secret may have been rotated since it was read.
            self.settings.forget()
        try:
            self.rows.fail(execution_id, described(error))
        except Exception as second:  # noqa: BLE001 # the first error is what counts
            _LOG.failure("failure not recorded", second, executionId=execution_id)


def _skipped(reason: str) -> Mapping[str, Any]:
    return {"statusCode": 200, "status": "skipped", "reason": reason}


def _done(status: str, execution_id: int) -> Mapping[str, Any]:
    return {"statusCode": 200, "status": status, "executionId": execution_id}
