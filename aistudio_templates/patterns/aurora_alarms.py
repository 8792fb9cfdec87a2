"""Alarms on an Aurora Serverless v2 cluster, made here or existing."""

from __future__ import annotations

from typing import Any

from aistudio_templates.model import Value
from aistudio_templates.patterns.alarm import BELOW, MetricAlarm, Threshold, alarm, alarms
from aistudio_templates.patterns.aurora import ClusterReference

_NAMESPACE = "AWS/RDS"
_LITTLE_MEMORY_BYTES = 256 * 1024 * 1024
_REPLICA_LAG_MS = 1_000


_WATCHED = (
    MetricAlarm(
        "ClusterCapacityAlarm",
        "Aurora is close to its maximum capacity: raise database.max_capacity_acu, or look "
        "for expensive statements in Performance Insights.",
        (_NAMESPACE, "ACUUtilization"),
        Threshold(90),
    ),
    MetricAlarm(
        "ClusterCpuAlarm",
        "Aurora's CPU is busy: look for expensive statements in Performance Insights.",
        (_NAMESPACE, "CPUUtilization"),
        Threshold(85),
    ),
    MetricAlarm(
        "ClusterMemoryAlarm",
        "Aurora is short of memory: raise database.max_capacity_acu.",
        (_NAMESPACE, "FreeableMemory"),
        Threshold(_LITTLE_MEMORY_BYTES, comparison=BELOW),
    ),
    MetricAlarm(
        "ClusterDeadlocksAlarm",
        "Transactions block each other: see the PostgreSQL log for the statements.",
        (_NAMESPACE, "Deadlocks"),
        Threshold(1, evaluation_periods=1),
        "Maximum",
    ),
)

_REPLICA_LAG = MetricAlarm(
    "ReplicaLagAlarm",
    "A reader is behind the writer: it may be too small, or the writer too busy.",
    (_NAMESPACE, "AuroraReplicaLagMaximum"),
    Threshold(_REPLICA_LAG_MS),
    "Maximum",
)

_CAPACITY_SCHEDULE = MetricAlarm(
    "CapacityScheduleAlarm",
    "A scheduled change of Aurora's capacity failed: the dead-letter queue has the reason.",
    ("AWS/Scheduler", "InvocationsSentToDeadLetterCount"),
    Threshold(1, evaluation_periods=1),
    "Sum",
)


def aurora_alarms(cluster: ClusterReference, *, topic_arn: Value) -> tuple[Any, ...]:
    """Return alarms on capacity, CPU, memory and deadlocks, and on lag if there are readers.

    Args:
        cluster: The cluster.
        topic_arn: The topic to notify.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/
    Aurora.AuroraMonitoring.Metrics.html
    """
    watched = (*_WATCHED, _REPLICA_LAG) if cluster.readers else _WATCHED
    dimensions = {"DBClusterIdentifier": cluster.identifier}
    return alarms(watched, dimensions=dimensions, topic_arn=topic_arn)


def capacity_schedule_alarm(group_name: Value, *, topic_arn: Value) -> Any:
    """Return an alarm on capacity schedules that gave up on a change.

    Args:
        group_name: The schedule group.
        topic_arn: The topic to notify.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
    """
    dimensions = {"ScheduleGroup": group_name}
    return alarm(_CAPACITY_SCHEDULE, dimensions=dimensions, topic_arn=topic_arn)
