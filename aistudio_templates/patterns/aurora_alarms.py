"""Alarms on an Aurora Serverless v2 cluster, made here or existing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aistudio_templates.model import Value
from aistudio_templates.patterns.alarm import alarm
from aistudio_templates.patterns.aurora import ClusterReference

_NAMESPACE = "AWS/RDS"
_REPLICA_LAG_MS = 1_000


@dataclass(frozen=True)
class _Watched:
    """A metric of the cluster, and what its breach means to whoever is woken."""

    title: str
    metric: str
    threshold: float
    description: str
    options: Mapping[str, Any] = field(default_factory=dict)


_WATCHED = (
    _Watched(
        "ClusterCapacityAlarm",
        "ACUUtilization",
        90,
        "Aurora is close to its maximum capacity: raise database.max_capacity_acu, or look "
        "for expensive statements in Performance Insights.",
    ),
    _Watched(
        "ClusterCpuAlarm",
        "CPUUtilization",
        85,
        "Aurora's CPU is busy: look for expensive statements in Performance Insights.",
    ),
    _Watched(
        "ClusterMemoryAlarm",
        "FreeableMemory",
        256 * 1024 * 1024,
        "Aurora is short of memory: raise database.max_capacity_acu.",
        {"comparison": "LessThanThreshold"},
    ),
    _Watched(
        "ClusterDeadlocksAlarm",
        "Deadlocks",
        1,
        "Transactions block each other: see the PostgreSQL log for the statements.",
        {"statistic": "Maximum", "evaluation_periods": 1},
    ),
)


def aurora_alarms(cluster: ClusterReference, *, topic_arn: Value) -> tuple[Any, ...]:
    """Return alarms on capacity, CPU, memory and deadlocks, and on lag if there are readers.

    Args:
        cluster: The cluster.
        topic_arn: The topic to notify.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/
    Aurora.AuroraMonitoring.Metrics.html
    """
    dimensions = {"DBClusterIdentifier": cluster.identifier}
    alarms = [
        alarm(
            watched.title,
            watched.description,
            metric=(_NAMESPACE, watched.metric),
            dimensions=dimensions,
            threshold=watched.threshold,
            topic_arn=topic_arn,
            **watched.options,
        )
        for watched in _WATCHED
    ]
    if cluster.readers:
        alarms.append(_replica_lag(dimensions, topic_arn))
    return tuple(alarms)


def capacity_schedule_alarm(group_name: Value, *, topic_arn: Value) -> Any:
    """Return an alarm on capacity schedules that gave up on a change.

    Args:
        group_name: The schedule group.
        topic_arn: The topic to notify.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
    """
    return alarm(
        "CapacityScheduleAlarm",
        "A scheduled change of Aurora's capacity failed: the dead-letter queue has the reason.",
        metric=("AWS/Scheduler", "InvocationsSentToDeadLetterCount"),
        dimensions={"ScheduleGroup": group_name},
        threshold=1,
        evaluation_periods=1,
        statistic="Sum",
        topic_arn=topic_arn,
    )


def _replica_lag(dimensions: dict[str, Value], topic_arn: Value) -> Any:
    return alarm(
        "ReplicaLagAlarm",
        "A reader is behind the writer: it may be too small, or the writer too busy.",
        metric=(_NAMESPACE, "AuroraReplicaLagMaximum"),
        dimensions=dimensions,
        threshold=_REPLICA_LAG_MS,
        statistic="Maximum",
        topic_arn=topic_arn,
    )
