"""Alarms on an ECS service and on what its load balancer finds behind it."""

from __future__ import annotations

from typing import Any

from aistudio_templates.model import Value
from aistudio_templates.patterns.alarm import BELOW, MetricAlarm, Threshold, alarm, alarms

_LOAD_BALANCER = "AWS/ApplicationELB"

_MAX_REFUSALS = 20
"""Requests in five minutes that a load balancer may answer itself with an error.

They never reach a task, so that they count neither as requests nor as errors of one.
"""

_BUSY_PERCENT = 85

_UNHEALTHY_TARGETS = MetricAlarm(
    "UnhealthyTargetsAlarm",
    "Tasks fail their health check: see the service's events and the application's log.",
    (_LOAD_BALANCER, "UnHealthyHostCount"),
    Threshold(1, period_seconds=60, evaluation_periods=5),
    "Maximum",
)

_REFUSALS = MetricAlarm(
    "LoadBalancerErrorsAlarm",
    "The load balancer answers itself, because no task does in time: see the service's "
    "events and the application's log.",
    (_LOAD_BALANCER, "HTTPCode_ELB_5XX_Count"),
    Threshold(_MAX_REFUSALS, evaluation_periods=1),
    "Sum",
)

_BUSY = (
    MetricAlarm(
        "ServiceCpuAlarm",
        "The tasks' CPU is busy, and scaling does not help: raise compute.ecs_max_count or "
        "compute.ecs_task_cpu.",
        ("AWS/ECS", "CPUUtilization"),
        Threshold(_BUSY_PERCENT),
    ),
    MetricAlarm(
        "ServiceMemoryAlarm",
        "The tasks are short of memory: raise compute.ecs_task_memory_mib, or look for a leak.",
        ("AWS/ECS", "MemoryUtilization"),
        Threshold(_BUSY_PERCENT),
    ),
)


def service_alarms(
    *,
    cluster_name: Value,
    service_name: Value,
    load_balancer_name: Value,
    target_group_name: Value,
    running: bool,
    topic_arn: Value,
) -> tuple[Any, ...]:
    """Return alarms on an ECS service: targets, CPU and memory.

    Args:
        cluster_name: The cluster.
        service_name: The service.
        load_balancer_name: As CloudWatch names it.
        target_group_name: As CloudWatch names it.
        running: Whether there should be tasks: there are none before the first image.
        topic_arn: The topic to notify.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
    """
    service = {"ClusterName": cluster_name, "ServiceName": service_name}
    balancer = {"LoadBalancer": load_balancer_name}
    targets = {**balancer, "TargetGroup": target_group_name}
    health = (_UNHEALTHY_TARGETS, _no_healthy_target(running=running))
    return (
        *alarms(health, dimensions=targets, topic_arn=topic_arn),
        alarm(_REFUSALS, dimensions=balancer, topic_arn=topic_arn),
        *alarms(_BUSY, dimensions=service, topic_arn=topic_arn),
    )


def _no_healthy_target(*, running: bool) -> MetricAlarm:
    """Return an alarm on a load balancer with nothing behind it.

    Without a single target the metric ends, rather than be 0.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/
    load-balancer-cloudwatch-metrics.html
    """
    return MetricAlarm(
        "NoHealthyTargetAlarm",
        "No task answers: the application is down. See the service's events.",
        (_LOAD_BALANCER, "HealthyHostCount"),
        Threshold(
            1,
            comparison=BELOW,
            period_seconds=60,
            missing="breaching" if running else "notBreaching",
        ),
        "Maximum",
    )
