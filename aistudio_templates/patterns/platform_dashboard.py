"""The dashboard ``AIStudio-<environment>-Monitoring``: the whole platform on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.application_monitoring import (
    Traffic,
    amplify_traffic,
    load_balancer_traffic,
    log_rows,
    traffic_row,
)
from aistudio_templates.patterns.dashboard import (
    Metric,
    Widget,
    alarm_status,
    dashboard,
    graph,
    text,
)
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_metrics import function_metric
from aistudio_templates.patterns.job_table import TableFacts
from aistudio_templates.patterns.queue import QueueFacts
from aistudio_templates.patterns.streaming import streaming_rows

_MAX_ALARMS = 100
"""Most alarms of one widget.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
CloudWatch-Dashboard-Body-Structure.html
"""


@dataclass(frozen=True)
class PlatformMetrics:
    """What the dashboard shows; names are text of ``Fn::Sub``.

    Attributes:
        amplify_app_id: The application on Amplify, if it is there.
        load_balancer_name: Else its load balancer, as CloudWatch names it.
        application_log_group: Where the application logs.
        cluster_identifier: The Aurora cluster.
        functions: Functions with their names.
        queues: Queues with their names.
        tables: Tables with their names.
        areas: ARNs of the alarms that sum up a part of the platform.
        parts: ARNs of all other alarms.
    """

    amplify_app_id: str | None
    load_balancer_name: str | None
    application_log_group: str
    cluster_identifier: str
    functions: Sequence[tuple[FunctionFacts, str]]
    queues: Sequence[tuple[QueueFacts, str]]
    tables: Sequence[tuple[TableFacts, str]]
    areas: Sequence[str]
    parts: Sequence[str]


def platform_dashboard(config: EnvironmentConfig, metrics: PlatformMetrics) -> Any:
    """Return the dashboard.

    Args:
        config: The environment.
        metrics: What it shows.
    """
    rows: list[list[Widget]] = [
        [text(_heading(config), height=2)],
        *([[alarm_status("Health by area", metrics.areas)]] if metrics.areas else []),
        _traffic(metrics),
        *log_rows(metrics.application_log_group),
        [_functions(metrics, "Errors"), _functions(metrics, "Invocations")],
        [_queues(metrics), _dead_letters(metrics)],
        [_database(metrics), _tables(metrics)],
        *streaming_rows(config),
        *(
            [alarm_status("Alarms", metrics.parts[start : start + _MAX_ALARMS], height=8)]
            for start in range(0, len(metrics.parts), _MAX_ALARMS)
        ),
    ]
    title = f"{names.PROJECT}-{config.name}-Monitoring"
    return dashboard("PlatformDashboard", title, rows)


def _heading(config: EnvironmentConfig) -> str:
    return (
        f"# AI Studio, {config.name}\n"
        "Region ${AWS::Region}. See also the dashboards "
        f"`lambda-cost-{config.name}`, `aurora-cost-{config.name}` and "
        f"`{names.document_name(config.name, 'DocumentProcessing')}`."
    )


def _traffic(metrics: PlatformMetrics) -> list[Widget]:
    traffic: Traffic
    if metrics.amplify_app_id is not None:
        traffic, name = amplify_traffic(metrics.amplify_app_id), metrics.amplify_app_id
    else:
        name = metrics.load_balancer_name or ""
        traffic = load_balancer_traffic(name)
    return traffic_row(traffic, dict.fromkeys(traffic.dimensions, name))


def _functions(metrics: PlatformMetrics, metric: str) -> Widget:
    lines = [function_metric(name, metric, label=facts.title) for facts, name in metrics.functions]
    return graph(f"Functions: {metric.lower()}", lines, legend="right")


def _queues(metrics: PlatformMetrics) -> Widget:
    lines = [
        _queue_metric(facts, name, "ApproximateAgeOfOldestMessage")
        for facts, name in metrics.queues
        if not facts.dead_letter
    ]
    return graph("Queues: age of the oldest message", lines, unit_label="s", legend="right")


def _dead_letters(metrics: PlatformMetrics) -> Widget:
    lines = [
        _queue_metric(facts, name, "ApproximateNumberOfMessagesVisible")
        for facts, name in metrics.queues
        if facts.dead_letter
    ]
    return graph("Dead-letter queues: messages", lines, legend="right")


def _queue_metric(facts: QueueFacts, name: str, metric: str) -> Metric:
    return Metric(
        label=facts.title,
        namespace="AWS/SQS",
        name=metric,
        dimensions={"QueueName": name},
        statistic="Maximum",
    )


def _database(metrics: PlatformMetrics) -> Widget:
    def line(name: str, *, right_axis: bool = False) -> Metric:
        return Metric(
            label=name,
            namespace="AWS/RDS",
            name=name,
            dimensions={"DBClusterIdentifier": metrics.cluster_identifier},
            right_axis=right_axis,
        )

    return graph(
        "Database",
        [line("ServerlessDatabaseCapacity"), line("ACUUtilization", right_axis=True)],
        unit_label="ACU",
        right_label="%",
    )


def _tables(metrics: PlatformMetrics) -> Widget:
    lines = [
        Metric(
            label=f"{facts.title}, {name}",
            namespace="AWS/DynamoDB",
            name=name,
            dimensions={"TableName": table},
            statistic="Sum",
        )
        for facts, table in metrics.tables
        for name in ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
    ]
    return graph("Tables: consumed capacity", lines, legend="right")
