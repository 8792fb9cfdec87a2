"""What EventBridge Scheduler and EventBridge do when they invoke a function.

Observed with ministack 1.5.33: context attributes such as ``<aws.scheduler.scheduled-time>``
reach the function as they are written; and a function that fails is neither tried again nor
does its event reach the queue of failures, as after any other asynchronous invocation.
Runs in the child; may use the emulator. A test fails once the emulator does it by itself.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/
managing-schedule-context-attributes.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ministack.services import eventbridge, lambda_svc, scheduler

_SWEEP_SECONDS = 1
"""Between two looks for schedules that are due; the emulator's own ten are long to wait for."""


def invoke_as_scheduled() -> None:
    """Apply the repairs; called once, before anything is served."""
    scheduler._SCHEDULE_TICK_INTERVAL = _SWEEP_SECONDS
    _fill_in_context_attributes()
    _try_failed_functions_again()


def _fill_in_context_attributes() -> None:
    invoke = eventbridge._invoke_target

    @functools.wraps(invoke)
    def invoking(
        target: dict[str, Any], event: Mapping[str, Any], source: Mapping[str, Any], *view: Any
    ) -> None:
        # A rule of EventBridge comes through here as well; a schedule alone has a group.
        if "GroupName" in source and "Input" in target:
            target = {**target, "Input": _filled_in(target["Input"], event, source)}
        invoke(target, event, source, *view)

    eventbridge._invoke_target = invoking


def _try_failed_functions_again() -> None:
    def dispatch(arn: str, payload: str) -> None:
        function, configuration, name = lambda_svc._get_func_record_for_ref(arn)
        if not function or not configuration:
            eventbridge.logger.warning("EventBridge: function %s not found", name)
            return
        record = lambda_svc._execution_record_for_config(function, configuration)
        lambda_svc.invoke_async_with_retry(record, _decoded(payload))

    eventbridge._dispatch_to_lambda = dispatch


def _filled_in(text: str, event: Mapping[str, Any], schedule: Mapping[str, Any]) -> str:
    """Return a schedule's input with the values of its context attributes."""
    values = {
        "attempt-number": "1",
        "execution-id": uuid4().hex[:16],
        "schedule-arn": schedule["Arn"],
        "scheduled-time": _scheduled_time(event["Time"], schedule["ScheduleExpression"]),
    }
    for name, value in values.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _scheduled_time(fired_at: float, expression: str) -> str:
    """Return when an invocation was due, which it may follow by a sweep.

    Args:
        fired_at: Seconds since the epoch.
        expression: The schedule's.
    """
    due_at = scheduler._at_time_epoch(expression)
    due = datetime.fromtimestamp(fired_at if due_at is None else due_at, UTC)
    if expression.startswith("cron("):
        due = due.replace(second=0)
    return due.strftime("%Y-%m-%dT%H:%M:%SZ")


def _decoded(payload: str) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return {"body": payload}
