"""The function that runs users' schedules, and keeps them in EventBridge Scheduler.

EventBridge Scheduler invokes it when a schedule's time has come; the application invokes
it when a user makes, changes or removes a schedule. Every failure is raised: Lambda then
tries an asynchronous invocation again, and the dead-letter queue gets what stays undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from aistudio_shared.clients import client_config
from aistudio_shared.data_api import DataApi
from aistudio_shared.environment import required
from aistudio_shared.logs import logger
from events import Change, Run, parse
from execution import Executor, Invocation
from management import Manager, Surroundings
from schedule_rows import ScheduleRows
from settings import Settings

_LOG = logger("schedule_executor")

_CLIENT_CONFIG = client_config(read_timeout_seconds=20)


class InvalidNumberError(ValueError):
    """An environment variable is not the number it should be."""


def handler(event: Any, context: Any) -> Mapping[str, Any]:
    """Answer one invocation.

    Args:
        event: ``{source: "aws.scheduler", scheduledExecutionId, scheduledTime}`` runs a
            schedule; ``{action, scheduledExecutionId, cronExpression, timezone}``
            creates, updates or deletes one.
        context: Lambda's.

    Raises:
        Exception: It could not be done; the message says why, and Lambda tries an
            asynchronous invocation again.
    """
    log = _LOG.bound(requestId=context.aws_request_id)
    try:
        parsed = parse(event)
        rows = ScheduleRows(DataApi.from_environment(context))
        outcome = _outcome(parsed, rows, context)
    except Exception as error:
        log.failure("failed", error)
        raise
    log.info(str(outcome["status"]), outcome=outcome)
    return outcome


def _outcome(event: Run | Change, rows: ScheduleRows, context: Any) -> Mapping[str, Any]:
    if isinstance(event, Change):
        scheduler = boto3.client("scheduler", config=_CLIENT_CONFIG)
        manager = Manager(scheduler, rows, _surroundings(context))
        return manager.change(event, context.aws_request_id)
    invocation = Invocation(
        context.aws_request_id, lambda: context.get_remaining_time_in_millis() / 1000
    )
    return Executor(rows, _settings()).run(event, invocation)


@cache
def _settings() -> Settings:
    """Return the settings, one for all invocations of this execution environment."""
    names = required("APPLICATION_ENDPOINT_PARAMETER", "INTERNAL_API_SECRET_ARN")
    return Settings(
        boto3.client("ssm", config=_CLIENT_CONFIG),
        boto3.client("secretsmanager", config=_CLIENT_CONFIG),
        endpoint_parameter=names["APPLICATION_ENDPOINT_PARAMETER"],
        secret_arn=names["INTERNAL_API_SECRET_ARN"],
    )


def _surroundings(context: Any) -> Surroundings:
    values = required(
        "ENVIRONMENT",
        "EXECUTION_DLQ_ARN",
        "FLEXIBLE_WINDOW_MINUTES",
        "MAX_SCHEDULES_PER_OWNER",
        "SCHEDULE_GROUP_NAME",
        "SCHEDULER_EXECUTION_ROLE_ARN",
    )
    return Surroundings(
        environment=values["ENVIRONMENT"],
        group_name=values["SCHEDULE_GROUP_NAME"],
        executor_arn=context.invoked_function_arn,
        role_arn=values["SCHEDULER_EXECUTION_ROLE_ARN"],
        dlq_arn=values["EXECUTION_DLQ_ARN"],
        max_per_owner=_number(values, "MAX_SCHEDULES_PER_OWNER"),
        flexible_minutes=_number(values, "FLEXIBLE_WINDOW_MINUTES"),
    )


def _number(values: Mapping[str, str], name: str) -> int:
    value = values[name]
    if not (value.isascii() and value.isdigit()):
        raise InvalidNumberError(f"{name} must be a number of 0 or more, not {value!r}")
    return int(value)
