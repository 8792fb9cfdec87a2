"""Alarms and widgets on the streams that the application sends to browsers.

The application reports them itself, as custom metrics with the dimension ``Environment``;
its role may write this namespace only.
"""

from __future__ import annotations

from typing import Any

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.alarm import MathMetric, alarm, math_alarm
from aistudio_templates.patterns.dashboard import Metric, Widget, graph, text

_MIN_STREAMS = 20
"""Streams in a period below which a share of failures says nothing."""

_MAX_FAILED_PERCENT = 10


def streaming_alarms(config: EnvironmentConfig, *, topic_arn: Value) -> tuple[Any, ...]:
    """Return alarms on malformed events and failing streams.

    Args:
        config: The environment.
        topic_arn: The topic to notify.
    """
    return (
        _count_alarm(
            "SseFieldMismatchesAlarm",
            "SSEFieldMismatches",
            "The application and its AI SDK disagree on an event's fields: a release of the SDK "
            "is not compatible.",
            config,
            topic_arn,
            threshold=1,
        ),
        _count_alarm(
            "SseParseErrorsAlarm",
            "SSEParseErrors",
            "Browsers receive events that are no JSON: see the application's log.",
            config,
            topic_arn,
            threshold=10,
            evaluation_periods=2,
        ),
        _count_alarm(
            "SseUnknownEventsAlarm",
            "SSEUnknownEvents",
            "Events of a kind that the application does not know: the SDK may be newer.",
            config,
            topic_arn,
            threshold=50,
            period_seconds=900,
            evaluation_periods=2,
        ),
        _failures_alarm(config, topic_arn),
    )


def streaming_rows(config: EnvironmentConfig) -> list[list[Widget]]:
    """Return the dashboard's rows on streams: what is wrong, then how much and how fast."""

    def third(title: str, *metrics: Metric, unit_label: str) -> Widget:
        return graph(title, metrics, unit_label=unit_label, width=8)

    return [
        [text("## Streams to browsers\nServer-sent events, as the application reports them.")],
        [
            third(
                "SSE field mismatches",
                _metric(config, "SSEFieldMismatches", "#d62728", statistic="Sum"),
                unit_label="Events",
            ),
            third(
                "SSE parse errors",
                _metric(config, "SSEParseErrors", "#ff7f0e", statistic="Sum"),
                unit_label="Events",
            ),
            third(
                "SSE unknown events",
                _metric(config, "SSEUnknownEvents", "#1f77b4", statistic="Sum"),
                unit_label="Events",
            ),
        ],
        [
            third(
                "Streams completed and failed",
                _metric(config, "SSEStreamCompleted", "#2ca02c", statistic="Sum"),
                _metric(config, "StreamingErrors", "#d62728", statistic="Sum"),
                unit_label="Streams",
            ),
            third(
                "Stream duration, time to first token",
                _metric(config, "SSEStreamDuration", "#9467bd"),
                _metric(config, "TimeToFirstToken", "#1f77b4", statistic="p99"),
                unit_label="ms",
            ),
            third(
                "Throughput",
                _metric(config, "SSEEventsPerSecond", "#8c564b"),
                _metric(config, "SSETotalEvents", "#2ca02c", right_axis=True, statistic="Sum"),
                unit_label="Events a second",
            ),
        ],
    ]


def _count_alarm(
    title: str,
    metric: str,
    description: str,
    config: EnvironmentConfig,
    topic_arn: Value,
    *,
    threshold: float,
    period_seconds: int = 300,
    evaluation_periods: int = 1,
) -> Any:
    return alarm(
        title,
        description,
        metric=(names.STREAMING_NAMESPACE, metric),
        dimensions={"Environment": config.name},
        statistic="Sum",
        threshold=threshold,
        period_seconds=period_seconds,
        evaluation_periods=evaluation_periods,
        topic_arn=topic_arn,
    )


def _failures_alarm(config: EnvironmentConfig, topic_arn: Value) -> Any:
    def count(identifier: str, metric: str) -> MathMetric:
        dimensions = {"Environment": config.name}
        return MathMetric(identifier, names.STREAMING_NAMESPACE, metric, dimensions)

    return math_alarm(
        "SseStreamFailuresAlarm",
        f"More than {_MAX_FAILED_PERCENT} % of at least {_MIN_STREAMS} streams fail: see the "
        "application's log and the models' quotas.",
        expression=(
            f"IF(failed + completed >= {_MIN_STREAMS}, 100 * failed / (failed + completed), 0)"
        ),
        metrics=[count("failed", "StreamingErrors"), count("completed", "SSEStreamCompleted")],
        threshold=_MAX_FAILED_PERCENT,
        period_seconds=600,
        evaluation_periods=2,
        topic_arn=topic_arn,
    )


def _metric(
    config: EnvironmentConfig,
    name: str,
    color: str,
    *,
    statistic: str = "Average",
    right_axis: bool = False,
) -> Metric:
    return Metric(
        label=name,
        namespace=names.STREAMING_NAMESPACE,
        name=name,
        dimensions={"Environment": config.name},
        statistic=statistic,
        right_axis=right_axis,
        color=color,
    )
