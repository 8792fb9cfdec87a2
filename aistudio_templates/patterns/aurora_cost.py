"""Aurora's capacity by the clock, and what it costs: for a cluster made here or existing.

Auto-pause is a property of the cluster (minimum 0 and a number of idle seconds) and
needs no schedule; on a cluster that another template owns, a daily schedule asserts it.
Capacity by the clock is an EventBridge Scheduler universal target on the RDS API: no
function, local time with daylight saving, and a dead-letter queue.

Both change the capacity behind the template that made the cluster. CloudFormation sets
it again only when that template's capacity changes, until the next scheduled time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Sub, iam, scheduler

from aistudio_templates import names
from aistudio_templates.config import CapacitySchedule, DatabaseConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.aurora import ClusterReference
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.queue import Queue, dead_letter_queue
from aistudio_templates.policies.grants import modify_cluster, policy, send_messages
from aistudio_templates.policies.trust import service_trust

_TARGET = "arn:${AWS::Partition}:scheduler:::aws-sdk:rds:modifyDBCluster"
_GROUP_ARN = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/*"
_ASSERT_AUTO_PAUSE = "cron(0 3 * * ? *)"
"""Once a day, at an hour in which nobody works."""

_MAX_RETRIES = 10
_MAX_EVENT_AGE_SECONDS = 3600
"""A capacity change that is an hour late is of no use."""


@dataclass(frozen=True)
class AuroraCostOptimizer(Handle):
    """Schedules with their group, role and dead-letter queue; all empty without schedules."""

    group: Any | None = None
    role: Any | None = None
    dead_letter_queue: Queue | None = None
    schedules: tuple[Any, ...] = ()


def aurora_cost_optimizer(
    cluster: ClusterReference, database: DatabaseConfig, *, assert_auto_pause: bool = False
) -> AuroraCostOptimizer:
    """Return the schedules that keep ``cluster`` at the capacity ``database`` asks for.

    Args:
        cluster: The cluster, made here or existing.
        database: Scheduled capacity, time zone and auto-pause.
        assert_auto_pause: Set auto-pause by a daily schedule: for a cluster that another
            template owns; one of ours has it natively.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
    """
    wanted = list(database.scheduled_capacity)
    if assert_auto_pause and database.auto_pause:
        wanted.append(
            CapacitySchedule(
                name="assert-auto-pause",
                cron=_ASSERT_AUTO_PAUSE,
                min_capacity_acu=0,
                max_capacity_acu=database.max_capacity_acu,
            )
        )
    if not wanted:
        return AuroraCostOptimizer()
    group = scheduler.ScheduleGroup("CapacityScheduleGroup")
    queue = dead_letter_queue("CapacityDeadLetterQueue")
    role = _role(cluster, queue)
    return AuroraCostOptimizer(
        group=group,
        role=role,
        dead_letter_queue=queue,
        schedules=tuple(
            _schedule(entry, cluster, database, group=group, role=role, queue=queue)
            for entry in wanted
        ),
    )


def _role(cluster: ClusterReference, queue: Queue) -> Any:
    return iam.Role(
        "CapacityScheduleRole",
        AssumeRolePolicyDocument=service_trust(
            "scheduler.amazonaws.com", source_arn=Sub(_GROUP_ARN)
        ),
        Policies=[
            iam.Policy(
                PolicyName="ChangeCapacity",
                PolicyDocument=policy([*modify_cluster(cluster.arn), *send_messages(queue.arn)]),
            )
        ],
    )


def _schedule(
    entry: CapacitySchedule,
    cluster: ClusterReference,
    database: DatabaseConfig,
    *,
    group: Any,
    role: Any,
    queue: Queue,
) -> Any:
    return scheduler.Schedule(
        names.pascal_case(entry.name) + "Schedule",
        Description=f"{entry.min_capacity_acu:g} to {entry.max_capacity_acu:g} ACU",
        GroupName=Ref(group),
        ScheduleExpression=entry.cron,
        ScheduleExpressionTimezone=database.schedule_timezone,
        FlexibleTimeWindow=scheduler.FlexibleTimeWindow(Mode="OFF"),
        Target=scheduler.Target(
            Arn=Sub(_TARGET),
            RoleArn=GetAtt(role, "Arn"),
            Input=_input(entry, cluster.identifier, database),
            DeadLetterConfig=scheduler.DeadLetterConfig(Arn=queue.arn),
            RetryPolicy=scheduler.RetryPolicy(
                MaximumRetryAttempts=_MAX_RETRIES,
                MaximumEventAgeInSeconds=_MAX_EVENT_AGE_SECONDS,
            ),
        ),
    )


def _input(entry: CapacitySchedule, cluster_identifier: Value, database: DatabaseConfig) -> Value:
    capacity: dict[str, float] = {
        "MinCapacity": entry.min_capacity_acu,
        "MaxCapacity": entry.max_capacity_acu,
    }
    if entry.min_capacity_acu == 0:
        capacity["SecondsUntilAutoPause"] = database.seconds_until_auto_pause
    request = {
        "ApplyImmediately": True,
        "DbClusterIdentifier": "${Cluster}",
        "ServerlessV2ScalingConfiguration": capacity,
    }
    return Sub(json.dumps(request, sort_keys=True), Cluster=cluster_identifier)
