"""The dashboard of the service that runs the web application, minute by minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.dashboard import Metric, Widget, dashboard, graph, text
from aistudio_templates.patterns.ecs_service import EcsService
from aistudio_templates.patterns.load_balancer import LoadBalancer

_GREEN = "#2ca02c"
_BLUE = "#1f77b4"
_ORANGE = "#ff9900"
_RED = "#d13212"
_BALANCING = "AWS/ApplicationELB"
_PERIOD_SECONDS = 60


@dataclass(frozen=True)
class _Dimensions:
    """Dimensions of the metrics, as text of ``Fn::Sub``."""

    service: Mapping[str, str]
    balancer: Mapping[str, str]
    targets: Mapping[str, str]


def ecs_dashboard(config: EnvironmentConfig, service: EcsService, balancer: LoadBalancer) -> Any:
    """Return the dashboard of a service and its load balancer.

    Args:
        config: The environment, and whether Container Insights count tasks.
        service: The service.
        balancer: What stands before it.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
    """
    cluster, balancing = service.cluster.title, balancer.balancer.title
    dimensions = _Dimensions(
        service={
            "ClusterName": f"${{{cluster}}}",
            "ServiceName": f"${{{service.service.title}.Name}}",
        },
        balancer={"LoadBalancer": f"${{{balancing}.LoadBalancerFullName}}"},
        targets={
            "TargetGroup": f"${{{balancer.target_group.title}.TargetGroupFullName}}",
            "LoadBalancer": f"${{{balancing}.LoadBalancerFullName}}",
        },
    )
    rows = [
        [
            text(
                f"# Web application, {config.name}\n"
                f"Service `${{{service.service.title}.Name}}` of cluster `${{{cluster}}}` behind "
                f"`${{{balancing}.DNSName}}`",
                height=2,
            )
        ],
        _tasks(config, dimensions),
        _requests(dimensions),
        _connections(dimensions),
        _streams(config),
    ]
    return dashboard("EcsDashboard", f"{names.APPLICATION}-ecs-{config.name}", rows)


def _tasks(config: EnvironmentConfig, dimensions: _Dimensions) -> list[Widget]:
    return [
        _graph(
            "CPU and memory",
            _metric("AWS/ECS", "CPUUtilization", dimensions.service, color=_BLUE),
            _metric(
                "AWS/ECS", "MemoryUtilization", dimensions.service, color=_ORANGE, right_axis=True
            ),
            unit_label="CPU, %",
            right_label="Memory, %",
        ),
        _graph(
            "Tasks",
            _running_tasks(config, dimensions),
            _metric(_BALANCING, "HealthyHostCount", dimensions.targets, color=_GREEN),
            _metric(_BALANCING, "UnHealthyHostCount", dimensions.targets, color=_RED),
        ),
    ]


def _running_tasks(config: EnvironmentConfig, dimensions: _Dimensions) -> Metric:
    """Return the number of running tasks.

    Only Container Insights count them. Without, as many tasks run as report their CPU,
    once a minute each.
    """
    if config.monitoring.detailed_metrics:
        return _metric("ECS/ContainerInsights", "RunningTaskCount", dimensions.service, color=_BLUE)
    return _metric(
        "AWS/ECS",
        "CPUUtilization",
        dimensions.service,
        statistic="SampleCount",
        label="Tasks that report",
        color=_BLUE,
    )


def _requests(dimensions: _Dimensions) -> list[Widget]:
    def count(name: str, color: str) -> Metric:
        return _metric(_BALANCING, name, dimensions.balancer, statistic="Sum", color=color)

    return [
        _graph("Requests", count("RequestCount", _BLUE)),
        _graph(
            "Errors",
            count("HTTPCode_Target_4XX_Count", _ORANGE),
            count("HTTPCode_Target_5XX_Count", _RED),
        ),
    ]


def _connections(dimensions: _Dimensions) -> list[Widget]:
    percentiles = (("p50", _GREEN), ("p90", _ORANGE), ("p99", _RED))
    return [
        _graph(
            "Time until the answer begins",
            *(
                _metric(
                    _BALANCING,
                    "TargetResponseTime",
                    dimensions.balancer,
                    statistic=percentile,
                    label=percentile,
                    color=color,
                )
                for percentile, color in percentiles
            ),
            unit_label="s",
        ),
        _graph(
            "Connections",
            *(
                _metric(_BALANCING, name, dimensions.balancer, statistic="Sum", color=color)
                for name, color in (
                    ("ActiveConnectionCount", _BLUE),
                    ("NewConnectionCount", _GREEN),
                )
            ),
        ),
    ]


def _streams(config: EnvironmentConfig) -> list[Widget]:
    def stream(name: str, statistic: str, color: str) -> Metric:
        return _metric(
            names.STREAMING_NAMESPACE,
            name,
            {"Environment": config.name},
            statistic=statistic,
            label=f"{name}, {statistic}",
            color=color,
        )

    return [
        _graph(
            "Time to first token",
            stream("TimeToFirstToken", "Average", _BLUE),
            stream("TimeToFirstToken", "p99", _RED),
            unit_label="ms",
        ),
        _graph("Failed streams", stream("StreamingErrors", "Sum", _RED)),
    ]


def _graph(title: str, *metrics: Metric, unit_label: str = "", right_label: str = "") -> Widget:
    return graph(
        title,
        metrics,
        period_seconds=_PERIOD_SECONDS,
        unit_label=unit_label,
        right_label=right_label,
    )


def _metric(
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    *,
    statistic: str = "Average",
    label: str = "",
    color: str = "",
    right_axis: bool = False,
) -> Metric:
    return Metric(
        label=label or name,
        namespace=namespace,
        name=name,
        dimensions=dimensions,
        statistic=statistic,
        color=color,
        right_axis=right_axis,
    )
