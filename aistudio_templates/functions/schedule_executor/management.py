"""Users' schedules as schedules of EventBridge Scheduler.

A schedule's name follows from its row, so a repeated request finds what the first one
made: creating what exists updates it, updating what is missing creates it, and deleting
what is gone succeeds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from events import SCHEDULED_TIME, SCHEDULER, Change
from execution import UnknownScheduleError
from schedule_expression import InvalidScheduleError, checked_timezone, schedule_expression
from schedule_rows import Schedule, ScheduleRows

RETRY_ATTEMPTS = 20
"""How often EventBridge Scheduler tries to invoke the function, at most."""

RETRY_SECONDS = 3600
"""How late an execution may start, in seconds: then it goes to the dead-letter queue."""

_OTHERWISE = {"create": "ConflictException", "update": "ResourceNotFoundException"}
"""The error by which an action says that the other one is wanted."""


class TooManySchedulesError(Exception):
    """The owner has as many active schedules as anyone may have."""


@dataclass(frozen=True)
class Surroundings:
    """What all schedules have in common.

    Attributes:
        environment: Part of their names.
        group_name: Their group.
        executor_arn: The function they invoke: this one.
        role_arn: The role by which they do.
        dlq_arn: Queue of what could not be invoked.
        max_per_owner: Most active schedules of one owner.
        flexible_minutes: By how much an execution may start late; 0 for not at all.
    """

    environment: str
    group_name: str
    executor_arn: str
    role_arn: str
    dlq_arn: str
    max_per_owner: int
    flexible_minutes: int


@dataclass(frozen=True)
class Manager:
    """What changing schedules needs.

    Attributes:
        scheduler: A ``scheduler`` client.
        rows: The tables.
        surroundings: What all schedules have in common.
    """

    scheduler: Any
    rows: ScheduleRows
    surroundings: Surroundings

    def change(self, change: Change, request_id: str) -> Mapping[str, Any]:
        """Create, update or delete a schedule.

        Args:
            change: What is asked for.
            request_id: Makes the call to EventBridge Scheduler idempotent.

        Raises:
            InvalidScheduleError: The expression or the time zone is malformed, or
                EventBridge Scheduler does not take it.
            TooManySchedulesError: The owner has too many active ones.
            UnknownScheduleError: There is no such row.
            ClientError: AWS refuses a call.
            OutOfTimeError: The database did not answer in time.
        """
        if change.action == "delete":
            return self._delete(change.schedule_id, request_id)
        schedule = self.rows.schedule(change.schedule_id)
        if schedule is None:
            raise UnknownScheduleError(f"schedule {change.schedule_id} does not exist")
        request = self._request(schedule, change)
        if schedule.active:
            self._check_quota(schedule)
        return self._put(request, request_id, change.action)

    def _check_quota(self, schedule: Schedule) -> None:
        most = self.surroundings.max_per_owner
        if self.rows.other_active_schedules(schedule) >= most:
            raise TooManySchedulesError(
                f"the owner has {most} other active schedules, and more are not allowed: "
                "deactivate or delete one"
            )

    def _request(self, schedule: Schedule, change: Change) -> dict[str, Any]:
        """Return the whole schedule: an update replaces all of it."""
        common = self.surroundings
        expression = schedule.expression if change.expression is None else change.expression
        timezone = schedule.timezone if change.timezone is None else change.timezone
        minutes = common.flexible_minutes
        return {
            "Name": self._name(schedule.id),
            "GroupName": common.group_name,
            "ScheduleExpression": schedule_expression(expression),
            "ScheduleExpressionTimezone": checked_timezone(timezone),
            "State": "ENABLED" if schedule.active else "DISABLED",
            "FlexibleTimeWindow": (
                {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes}
                if minutes
                else {"Mode": "OFF"}
            ),
            "Target": {
                "Arn": common.executor_arn,
                "RoleArn": common.role_arn,
                "Input": json.dumps(
                    {
                        "source": SCHEDULER,
                        "scheduledExecutionId": schedule.id,
                        "scheduledTime": SCHEDULED_TIME,
                    }
                ),
                "RetryPolicy": {
                    "MaximumEventAgeInSeconds": RETRY_SECONDS,
                    "MaximumRetryAttempts": RETRY_ATTEMPTS,
                },
                "DeadLetterConfig": {"Arn": common.dlq_arn},
            },
        }

    def _put(self, request: dict[str, Any], request_id: str, action: str) -> Mapping[str, Any]:
        other = "update" if action == "create" else "create"
        try:
            answer, done = self._call(action, request, request_id), action
        except ClientError as error:
            if _code(error) != _OTHERWISE[action]:
                raise
            answer, done = self._call(other, request, request_id), other
        return {
            "statusCode": 200,
            "status": f"{done}d",
            "scheduleName": request["Name"],
            "scheduleArn": answer["ScheduleArn"],
        }

    def _call(self, action: str, request: dict[str, Any], request_id: str) -> Mapping[str, Any]:
        call = getattr(self.scheduler, f"{action}_schedule")
        try:
            answer: Mapping[str, Any] = call(**request, ClientToken=_token(action, request_id))
        except ClientError as error:
            if _code(error) == "ValidationException":
                # EventBridge Scheduler's own verdict on the expression.
                raise InvalidScheduleError(error.response["Error"]["Message"]) from error
            raise
        return answer

    def _delete(self, schedule_id: int, request_id: str) -> Mapping[str, Any]:
        name = self._name(schedule_id)
        try:
            self.scheduler.delete_schedule(
                Name=name,
                GroupName=self.surroundings.group_name,
                ClientToken=_token("delete", request_id),
            )
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
        return {"statusCode": 200, "status": "deleted", "scheduleName": name}

    def _name(self, schedule_id: int) -> str:
        return f"aistudio-{self.surroundings.environment}-schedule-{schedule_id}"


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _token(action: str, request_id: str) -> str:
    return f"{action}-{request_id}"
