"""Alarms and widgets on the streams that the application sends to browsers.

The application reports them itself, as custom metrics with the dimension ``Environment``;
its role may write this namespace only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.alarm import (
    MathMetric,
    MetricAlarm,
    Threshold,
    alarms,
    math_alarm,
)
from aistudio_templates.patterns.dashboard import Metric, Widget, graph, text

_MIN_STREAMS = 20
"""Streams in a period below which a share of failures says nothing."""

_MAX_FAILED_PERCENT = 10

_BLUE = "#1f77b4"
_BROWN = "#8c564b"
_GREEN = "#2ca02c"
_ORANGE = "#ff7f0e"
_RED = "#d62728"
_VIOLET = "#9467bd"


_EVENT_ALARMS = (
    MetricAlarm(
        "SseFieldMismatchesAlarm",
        "The application and its AI SDK disagree on an event's fields: a release of the SDK "
        "is not compatible.",
        (names.STREAMING_NAMESPACE, "SSEFieldMismatches"),
        Threshold(1, evaluation_periods=1),
        "Sum",
    ),
    MetricAlarm(
        "SseParseErrorsAlarm",
        "Browsers receive events that are no JSON: see the application's log.",
        (names.STREAMING_NAMESPACE, "SSEParseErrors"),
        Threshold(10, evaluation_periods=2),
        "Sum",
    ),
    MetricAlarm(
        "SseUnknownEventsAlarm",
        "Events of a kind that the application does not know: the SDK may be newer.",
        (names.STREAMING_NAMESPACE, "SSEUnknownEvents"),
        Threshold(50, period_seconds=900, evaluation_periods=2),
        "Sum",
    ),
)


@dataclass(frozen=True)
class _Line:
    """A line of a graph; its label is the metric's name."""

    metric: str
    color: str
    statistic: str = "Average"
    right_axis: bool = False


@dataclass(frozen=True)
class _Graph:
    """A third of a row."""

    title: str
    unit_label: str
    lines: tuple[_Line, ...]


_WRONG = (
    _Graph("SSE field mismatches", "Events", (_Line("SSEFieldMismatches", _RED, "Sum"),)),
    _Graph("SSE parse errors", "Events", (_Line("SSEParseErrors", _ORANGE, "Sum"),)),
    _Graph("SSE unknown events", "Events", (_Line("SSEUnknownEvents", _BLUE, "Sum"),)),
)

_SPEED = (
    _Graph(
        "Streams completed and failed",
        "Streams",
        (_Line("SSEStreamCompleted", _GREEN, "Sum"), _Line("StreamingErrors", _RED, "Sum")),
    ),
    _Graph(
        "Stream duration, time to first token",
        "ms",
        (_Line("SSEStreamDuration", _VIOLET), _Line("TimeToFirstToken", _BLUE, "p99")),
    ),
    _Graph(
        "Throughput",
        "Events a second",
        (
            _Line("SSEEventsPerSecond", _BROWN),
            _Line("SSETotalEvents", _GREEN, "Sum", right_axis=True),
        ),
    ),
)


def streaming_alarms(config: EnvironmentConfig, *, topic_arn: Value) -> tuple[Any, ...]:
    """Return alarms on malformed events and failing streams.

    Args:
        config: The environment.
        topic_arn: The topic to notify.
    """
    return (
        *alarms(_EVENT_ALARMS, dimensions=_dimensions(config), topic_arn=topic_arn),
        _failures_alarm(config, topic_arn),
    )


def streaming_rows(config: EnvironmentConfig) -> list[list[Widget]]:
    """Return the dashboard's rows on streams: what is wrong, then how much and how fast."""
    return [
        [text("## Streams to browsers\nServer-sent events, as the application reports them.")],
        *([_widget(config, drawn) for drawn in row] for row in (_WRONG, _SPEED)),
    ]


def _failures_alarm(config: EnvironmentConfig, topic_arn: Value) -> Any:
    def count(identifier: str, metric: str) -> MathMetric:
        return MathMetric(identifier, names.STREAMING_NAMESPACE, metric, _dimensions(config))

    return math_alarm(
        "SseStreamFailuresAlarm",
        f"More than {_MAX_FAILED_PERCENT} % of at least {_MIN_STREAMS} streams fail: see the "
        "application's log and the models' quotas.",
        expression=(
            f"IF(failed + completed >= {_MIN_STREAMS}, 100 * failed / (failed + completed), 0)"
        ),
        metrics=[count("failed", "StreamingErrors"), count("completed", "SSEStreamCompleted")],
        threshold=Threshold(_MAX_FAILED_PERCENT, period_seconds=600, evaluation_periods=2),
        topic_arn=topic_arn,
    )


def _widget(config: EnvironmentConfig, drawn: _Graph) -> Widget:
    lines = [
        Metric(
            label=line.metric,
            namespace=names.STREAMING_NAMESPACE,
            name=line.metric,
            dimensions=_dimensions(config),
            statistic=line.statistic,
            right_axis=line.right_axis,
            color=line.color,
        )
        for line in drawn.lines
    ]
    return graph(drawn.title, lines, unit_label=drawn.unit_label, width=8)


def _dimensions(config: EnvironmentConfig) -> dict[str, str]:
    return {"Environment": config.name}
