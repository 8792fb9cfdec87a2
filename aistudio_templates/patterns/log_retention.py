"""Retention for log groups that AWS services make by themselves.

CloudFormation cannot own a group that Lambda Insights or Container Insights makes when it
first writes. A daily schedule sets its retention through the Logs API: no function, and
nothing to repair when the group appears later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awacs import logs
from awacs.aws import Allow, Statement
from troposphere import GetAtt, Ref, Sub, iam, scheduler

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.policies.grants import policy, resource_arn
from aistudio_templates.policies.trust import service_trust

_TARGET = "arn:${AWS::Partition}:scheduler:::aws-sdk:cloudwatchlogs:putRetentionPolicy"
_GROUP_ARN = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/*"
_DAILY = "rate(1 day)"


@dataclass(frozen=True)
class LogRetention(Handle):
    """Schedules that set a retention, with their group and role."""

    group: Any
    role: Any
    schedules: tuple[Any, ...]


def log_retention(config: EnvironmentConfig, groups: Mapping[str, Value]) -> LogRetention | None:
    """Return schedules that keep the retention of log groups that AWS makes.

    A group that is not there yet is none of our concern: the attempt of the next day
    finds it, so that a failure is neither retried nor kept.

    Args:
        config: The retention, in days.
        groups: Stem of the logical id → name of the log group; none gives ``None``.

    Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
    API_PutRetentionPolicy.html
    """
    if not groups:
        return None
    schedule_group = scheduler.ScheduleGroup("LogRetentionScheduleGroup")
    role = iam.Role(
        "LogRetentionRole",
        AssumeRolePolicyDocument=service_trust(
            "scheduler.amazonaws.com", source_arn=Sub(_GROUP_ARN)
        ),
        Policies=[
            iam.Policy(
                PolicyName="SetRetention",
                PolicyDocument=policy([_may_set_retention(name) for name in groups.values()]),
            )
        ],
    )
    days = config.monitoring.log_retention_days
    return LogRetention(
        schedule_group,
        role,
        tuple(
            _schedule(title, name, days, group=schedule_group, role=role)
            for title, name in groups.items()
        ),
    )


def _may_set_retention(name: Value) -> Statement:
    if isinstance(name, str):
        arn = resource_arn("logs", f"log-group:{name}:*")
    else:
        arn = Sub(
            "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Name}:*",
            Name=name,
        )
    return Statement(Effect=Allow, Action=[logs.PutRetentionPolicy], Resource=[arn])


def _schedule(title: str, name: Value, days: int, *, group: Any, role: Any) -> Any:
    request = json.dumps({"LogGroupName": "${Name}", "RetentionInDays": days})
    return scheduler.Schedule(
        f"{title}RetentionSchedule",
        Description=f"Keeps {days} days of logs",
        GroupName=Ref(group),
        ScheduleExpression=_DAILY,
        FlexibleTimeWindow=scheduler.FlexibleTimeWindow(Mode="FLEXIBLE", MaximumWindowInMinutes=60),
        Target=scheduler.Target(
            Arn=Sub(_TARGET),
            RoleArn=GetAtt(role, "Arn"),
            Input=Sub(request, Name=name),
            RetryPolicy=scheduler.RetryPolicy(MaximumRetryAttempts=0),
        ),
    )
