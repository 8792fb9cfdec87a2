"""The stack ``usage_reports``: how much the platform was used, as a CSV file every night."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troposphere import GetAtt, Ref, Sub, iam, scheduler

from aistudio_templates import (
    Composition,
    EnvironmentConfig,
    Outputs,
    StackOutputs,
    StackTemplate,
)
from aistudio_templates.assets import Asset
from aistudio_templates.model import Value, exported, stack_template
from aistudio_templates.patterns.access import Access, combined, data_api_access
from aistudio_templates.patterns.alarm import MetricAlarm, Threshold, alarm
from aistudio_templates.patterns.function_code import python_code
from aistudio_templates.patterns.function_sizing import Size
from aistudio_templates.patterns.handle import resources
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda, optimized_lambda
from aistudio_templates.policies.grants import invoke_functions, policy, write_objects
from aistudio_templates.policies.trust import service_trust

PREFIX = "usage-reports/"
"""Where the reports go, in the repositories bucket."""

_SOURCE = Path(__file__).with_name("function")
_SCHEDULE_GROUPS = (
    "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/*"
)


@dataclass(frozen=True)
class UsageReportsOutputs(Outputs):
    """What others may know of the reports."""

    report_function: Value = exported(
        "String", "Function that writes the usage reports", published=True
    )


def add(composition: Composition, config: EnvironmentConfig, outputs: StackOutputs) -> None:
    """Add the stack to the set.

    Args:
        composition: The set so far.
        config: The environment.
        outputs: What all other stacks offer.
    """
    composition.add("usage_reports", build(config, outputs))


def build(config: EnvironmentConfig, outputs: StackOutputs) -> StackTemplate[UsageReportsOutputs]:
    """Return the stack: a function, what starts it every night, and its alarm."""
    function = _function(config, outputs)
    alarms = []
    if config.monitoring.alarms_enabled:
        alarms.append(_alarm(function, outputs.monitoring.alarm_topic_arn))
    return stack_template(
        f"AI Studio, {config.name}: usage reports",
        resources(function, _nightly(function), alarms),
        UsageReportsOutputs(report_function=function.name),
        assets=function.assets,
    )


def _function(config: EnvironmentConfig, outputs: StackOutputs) -> OptimizedLambda:
    database, storage = outputs.database, outputs.storage
    return optimized_lambda(
        "UsageReporter",
        config,
        code=python_code(Asset("usage-reporter", _SOURCE)),
        description="Writes how much the platform was used into a CSV file",
        size=Size(memory_mib=256, timeout_seconds=120),
        access=combined(
            data_api_access(
                config, cluster_arn=database.cluster_arn, secret_arn=database.secret_arn
            ),
            Access(
                {
                    "REPORTS_BUCKET_NAME": storage.repositories_bucket_name,
                    "REPORTS_PREFIX": PREFIX,
                },
                write_objects(storage.repositories_bucket_arn, prefix=PREFIX),
            ),
        ),
    )


def _nightly(function: OptimizedLambda) -> list[Any]:
    group = scheduler.ScheduleGroup("UsageReportScheduleGroup")
    role = iam.Role(
        "UsageReportScheduleRole",
        AssumeRolePolicyDocument=service_trust(
            "scheduler.amazonaws.com", source_arn=Sub(_SCHEDULE_GROUPS)
        ),
        Policies=[
            iam.Policy(PolicyName="Invoke", PolicyDocument=policy(invoke_functions(function.arn)))
        ],
    )
    schedule = scheduler.Schedule(
        "UsageReportSchedule",
        GroupName=Ref(group),
        ScheduleExpression="cron(0 2 * * ? *)",
        FlexibleTimeWindow=scheduler.FlexibleTimeWindow(Mode="FLEXIBLE", MaximumWindowInMinutes=60),
        Target=scheduler.Target(Arn=function.arn, RoleArn=GetAtt(role, "Arn")),
    )
    return [group, role, schedule]


def _alarm(function: OptimizedLambda, topic_arn: Value) -> Any:
    watched = MetricAlarm(
        "UsageReporterErrorsAlarm",
        "Last night's usage report was not written: see the function's log.",
        ("AWS/Lambda", "Errors"),
        Threshold(1, evaluation_periods=1),
        "Sum",
    )
    return alarm(watched, dimensions={"FunctionName": function.name}, topic_arn=topic_arn)
