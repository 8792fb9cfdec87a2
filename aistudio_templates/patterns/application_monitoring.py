"""Alarms and widgets on the web application, on Amplify or behind a load balancer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aistudio_templates.model import Value
from aistudio_templates.patterns.alarm import (
    MathMetric,
    MetricAlarm,
    Threshold,
    alarm,
    math_alarm,
)
from aistudio_templates.patterns.dashboard import LogView, Metric, Widget, graph, log_query

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
            threshold=Threshold(_MAX_ERROR_PERCENT, evaluation_periods=2),
            topic_arn=topic_arn,
        ),
        alarm(
            MetricAlarm(
                "ApplicationLatencyAlarm",
                f"One request in a hundred takes longer than {_SLOW_SECONDS} s until it is "
                "answered.",
                (traffic.namespace, traffic.latency),
                Threshold(_SLOW_SECONDS, evaluation_periods=2),
                "p99",
            ),
            dimensions=traffic.dimensions,
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


@dataclass(frozen=True)
class _LogQuery:
    """A query over the application's log, and how its result is drawn."""

    title: str
    commands: tuple[str, ...]
    view: LogView = "table"


_LOG_QUERIES = (
    (
        _LogQuery(
            "Recent errors",
            (
                "fields @timestamp, message, error.code as errorCode, requestId",
                "filter level = 'error'",
                "sort @timestamp desc",
                "limit 20",
            ),
        ),
        _LogQuery(
            "Slow operations",
            (
                "fields @timestamp, action, duration, requestId",
                "filter ispresent(duration) and duration > 1000",
                "sort duration desc",
                "limit 20",
            ),
        ),
    ),
    (
        _LogQuery(
            "Most active users",
            (
                "filter ispresent(userId)",
                "stats count(*) as actions by userId",
                "sort actions desc",
                "limit 10",
            ),
        ),
        _LogQuery(
            "Sign-in events",
            ("filter action like /auth/", "stats count(*) as events by action"),
            view="pie",
        ),
    ),
)


def log_rows(log_group: str) -> list[list[Widget]]:
    """Return rows of queries over the application's JSON log.

    Args:
        log_group: Its name as text of ``Fn::Sub``.
    """
    return [
        [log_query(query.title, [log_group], query.commands, view=query.view) for query in row]
        for row in _LOG_QUERIES
    ]
