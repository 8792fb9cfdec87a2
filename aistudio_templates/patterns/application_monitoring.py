"""Alarms and widgets on the web application, on Amplify or behind a load balancer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aistudio_templates.model import Value
from aistudio_templates.patterns.alarm import BELOW, MathMetric, alarm, math_alarm
from aistudio_templates.patterns.dashboard import Metric, Widget, graph, log_query

_MIN_REQUESTS = 20
"""Requests in a period below which a share of errors says nothing."""

_MAX_ERROR_PERCENT = 5
_SLOW_SECONDS = 3
_RED = "#d13212"
_ORANGE = "#ff9900"
_GREEN = "#2ca02c"


@dataclass(frozen=True)
class Traffic:
    """What CloudWatch calls the requests of one kind of hosting.

    Attributes:
        namespace: Such as ``AWS/ApplicationELB``.
        dimensions: Dimension name → value, an expression.
        requests: Metric of all requests.
        client_errors: Metric of answers 4xx.
        server_errors: Metric of answers 5xx.
        latency: Metric of the answer's time, in seconds.
    """

    namespace: str
    dimensions: Mapping[str, Value]
    requests: str
    client_errors: str
    server_errors: str
    latency: str


def amplify_traffic(app_id: Value) -> Traffic:
    """Return the metrics of an Amplify application.

    Source: https://docs.aws.amazon.com/amplify/latest/userguide/access-logs.html
    """
    return Traffic(
        "AWS/AmplifyHosting",
        {"App": app_id},
        "Requests",
        "4xxErrors",
        "5xxErrors",
        "Latency",
    )


def load_balancer_traffic(load_balancer_name: Value) -> Traffic:
    """Return the metrics of a load balancer.

    Args:
        load_balancer_name: As CloudWatch names it: ``app/…/…``.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/
    load-balancer-cloudwatch-metrics.html
    """
    return Traffic(
        "AWS/ApplicationELB",
        {"LoadBalancer": load_balancer_name},
        "RequestCount",
        "HTTPCode_Target_4XX_Count",
        "HTTPCode_Target_5XX_Count",
        "TargetResponseTime",
    )


def traffic_alarms(traffic: Traffic, *, topic_arn: Value) -> tuple[Any, ...]:
    """Return alarms on the share of failed requests and on slow answers.

    Args:
        traffic: The metrics to watch.
        topic_arn: The topic to notify.
    """

    def count(identifier: str, name: str) -> MathMetric:
        return MathMetric(identifier, traffic.namespace, name, traffic.dimensions)

    return (
        math_alarm(
            "ApplicationErrorsAlarm",
            f"More than {_MAX_ERROR_PERCENT} % of at least {_MIN_REQUESTS} requests fail: see "
            "the application's log.",
            expression=f"IF(requests >= {_MIN_REQUESTS}, 100 * errors / requests, 0)",
            metrics=[
                count("errors", traffic.server_errors),
                count("requests", traffic.requests),
            ],
            threshold=_MAX_ERROR_PERCENT,
            evaluation_periods=2,
            topic_arn=topic_arn,
        ),
        alarm(
            "ApplicationLatencyAlarm",
            f"One request in a hundred takes longer than {_SLOW_SECONDS} s until it is answered.",
            metric=(traffic.namespace, traffic.latency),
            dimensions=traffic.dimensions,
            statistic="p99",
            threshold=_SLOW_SECONDS,
            evaluation_periods=2,
            topic_arn=topic_arn,
        ),
    )


def service_alarms(
    *,
    cluster_name: Value,
    service_name: Value,
    load_balancer_name: Value,
    target_group_name: Value,
    topic_arn: Value,
) -> tuple[Any, ...]:
    """Return alarms on an ECS service: targets, CPU and memory.

    Args:
        cluster_name: The cluster.
        service_name: The service.
        load_balancer_name: As CloudWatch names it.
        target_group_name: As CloudWatch names it.
        topic_arn: The topic to notify.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
    """
    service = {"ClusterName": cluster_name, "ServiceName": service_name}
    targets = {"LoadBalancer": load_balancer_name, "TargetGroup": target_group_name}
    return (
        alarm(
            "UnhealthyTargetsAlarm",
            "Tasks fail their health check: see the service's events and the application's log.",
            metric=("AWS/ApplicationELB", "UnHealthyHostCount"),
            dimensions=targets,
            statistic="Maximum",
            threshold=1,
            period_seconds=60,
            evaluation_periods=5,
            topic_arn=topic_arn,
        ),
        alarm(
            "NoHealthyTargetAlarm",
            "No task answers: the application is down. See the service's events.",
            metric=("AWS/ApplicationELB", "HealthyHostCount"),
            dimensions=targets,
            statistic="Maximum",
            comparison=BELOW,
            threshold=1,
            period_seconds=60,
            topic_arn=topic_arn,
        ),
        alarm(
            "ServiceCpuAlarm",
            "The tasks' CPU is busy, and scaling does not help: raise compute.ecs_max_count or "
            "compute.ecs_task_cpu.",
            metric=("AWS/ECS", "CPUUtilization"),
            dimensions=service,
            threshold=85,
            topic_arn=topic_arn,
        ),
        alarm(
            "ServiceMemoryAlarm",
            "The tasks are short of memory: raise compute.ecs_task_memory_mib, or look for a leak.",
            metric=("AWS/ECS", "MemoryUtilization"),
            dimensions=service,
            threshold=85,
            topic_arn=topic_arn,
        ),
    )


def traffic_row(traffic: Traffic, dimensions: Mapping[str, str]) -> list[Widget]:
    """Return a row of graphs: requests, errors, latency.

    Args:
        traffic: The metrics to draw.
        dimensions: Its dimensions as text of ``Fn::Sub``.
    """

    def line(name: str, statistic: str, color: str = "", label: str = "") -> Metric:
        return Metric(
            label=label or name,
            namespace=traffic.namespace,
            name=name,
            dimensions=dimensions,
            statistic=statistic,
            color=color,
        )

    percentiles = (("p50", _GREEN), ("p90", _ORANGE), ("p99", _RED))
    return [
        graph("Requests", [line(traffic.requests, "Sum")], width=8),
        graph(
            "Errors",
            [
                line(traffic.client_errors, "Sum", _ORANGE),
                line(traffic.server_errors, "Sum", _RED),
            ],
            width=8,
        ),
        graph(
            "Time until the answer",
            [line(traffic.latency, p, color, p) for p, color in percentiles],
            unit_label="s",
            width=8,
            threshold=("Alarm", _SLOW_SECONDS),
        ),
    ]


def log_rows(log_group: str) -> list[list[Widget]]:
    """Return rows of queries over the application's JSON log.

    Args:
        log_group: Its name as text of ``Fn::Sub``.
    """
    groups = [log_group]
    return [
        [
            log_query(
                "Recent errors",
                groups,
                [
                    "fields @timestamp, message, error.code as errorCode, requestId",
                    "filter level = 'error'",
                    "sort @timestamp desc",
                    "limit 20",
                ],
            ),
            log_query(
                "Slow operations",
                groups,
                [
                    "fields @timestamp, action, duration, requestId",
                    "filter ispresent(duration) and duration > 1000",
                    "sort duration desc",
                    "limit 20",
                ],
            ),
        ],
        [
            log_query(
                "Most active users",
                groups,
                [
                    "filter ispresent(userId)",
                    "stats count(*) as actions by userId",
                    "sort actions desc",
                    "limit 10",
                ],
            ),
            log_query(
                "Sign-in events",
                groups,
                ["filter action like /auth/", "stats count(*) as events by action"],
                view="pie",
            ),
        ],
    ]
