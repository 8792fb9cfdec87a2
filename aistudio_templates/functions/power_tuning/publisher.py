"""Second state, repeated: publishes one version for each configuration, one after the other.

``$LATEST`` has the memory that is tried while a version is published, and its own again as
soon as the last one is. Whatever runs on ``$LATEST`` meanwhile runs with that memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errors import InterferenceError
from plan import Original, Plan
from target import Target, lambda_client
from tuning import Tuning


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 # Lambda's
    """Publish the next configuration and return the plan after it; may be repeated.

    Args:
        event: The state machine's data.
        context: Lambda's.

    Raises:
        InterferenceError: Somebody else has changed the function meanwhile.
    """
    tuning, plan = Tuning.of(event), Plan.of(event)
    target = Target(lambda_client(), tuning.function_arn)
    memory_mib, alias = plan.configuration(tuning)
    latest = target.change(
        MemorySize=memory_mib,
        Description=plan.description(alias),
        **_telling_durations(plan.original.logging),
    )
    if (latest["MemorySize"], latest["Description"]) != (memory_mib, plan.description(alias)):
        raise InterferenceError(f"{target.arn} was changed by somebody else")
    target.point(alias, target.publish(latest["RevisionId"]))
    plan = plan.advanced()
    if plan.index == plan.count:
        restore(target, plan.original)
    return plan.as_json()


def restore(target: Target, original: Original) -> None:
    """Give ``$LATEST`` back what it had."""
    changed = _telling_durations(original.logging)
    target.change(
        MemorySize=original.memory_mib,
        Description=original.description,
        **({"LoggingConfig": dict(original.logging)} if changed else {}),
    )


def _telling_durations(logging: Mapping[str, Any]) -> dict[str, Any]:
    """Return the change that lets Lambda write an invocation's report, where it would not.

    The report is a system log of level INFO; JSON logs can be limited to warnings.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """
    if logging.get("LogFormat") != "JSON" or logging.get("SystemLogLevel") != "WARN":
        return {}
    return {"LoggingConfig": {**logging, "SystemLogLevel": "INFO"}}
