"""CloudWatch dashboards: typed widgets, laid out in rows, as readable JSON.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from troposphere import Sub, cloudwatch, encode_to_dict

from aistudio_templates.model import Value

GRID_WIDTH = 24
"""Width of a dashboard, in grid units."""

_GRAPH_HEIGHT = 6
"""Height of a graph, in grid units."""

_INLINE_LENGTH = 160
"""Longest JSON value, in characters, that stands on one line of the body."""

LogView = Literal["table", "pie", "bar", "timeSeries"]


@dataclass(frozen=True)
class Metric:
    """One line of a graph: a metric, or an expression over other lines.

    Attributes:
        label: Legend text.
        namespace: Such as ``AWS/RDS``; empty for an expression.
        name: Metric name; empty for an expression.
        dimensions: Dimension name → value; values may hold ``${Name}`` of ``Fn::Sub``.
        statistic: Such as ``Average`` or ``p99``.
        expression: Metric math or SEARCH; excludes namespace and name.
        id: Name for expressions to refer to.
        visible: Whether the line is drawn.
        right_axis: Whether the line uses the right axis.
        color: Such as ``#d13212``; empty lets CloudWatch choose.
    """

    label: str
    namespace: str = ""
    name: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Average"
    expression: str = ""
    id: str = ""
    visible: bool = True
    right_axis: bool = False
    color: str = ""

    def body(self) -> list[Any]:
        """Return the metric as the dashboard body has it."""
        options: dict[str, Any] = {"label": self.label}
        if self.id:
            options["id"] = self.id
        if not self.visible:
            options["visible"] = False
        if self.right_axis:
            options["yAxis"] = "right"
        if self.color:
            options["color"] = self.color
        if self.expression:
            return [{"expression": self.expression, **options}]
        pairs = [text for pair in self.dimensions.items() for text in pair]
        return [self.namespace, self.name, *pairs, {"stat": self.statistic, **options}]


@dataclass(frozen=True)
class Widget:
    """A widget without its place.

    Attributes:
        kind: ``alarm``, ``log``, ``metric`` or ``text``: CloudWatch's widget types.
        properties: Its properties.
        width: In grid units, 1 to 24.
        height: In grid units.
    """

    kind: str
    properties: Mapping[str, Any]
    width: int
    height: int


def text(markdown: str, *, width: int = GRID_WIDTH, height: int = 3) -> Widget:
    """Return a text widget; sizes in grid units."""
    return Widget("text", {"markdown": markdown}, width, height)


def graph(
    title: str,
    metrics: Iterable[Metric],
    *,
    period_seconds: int = 300,
    maximum: float | None = None,
    unit_label: str = "",
    right_label: str = "",
    stacked: bool = False,
    legend: Literal["bottom", "right", "hidden"] = "bottom",
    threshold: tuple[str, float] | None = None,
    width: int = 12,
) -> Widget:
    """Return a time series graph, whose axes begin at zero.

    Args:
        title: Heading.
        metrics: Lines, in order.
        period_seconds: Length of a data point, in seconds.
        maximum: Upper end of the left axis; ``None`` lets CloudWatch choose.
        unit_label: Label of the left axis.
        right_label: Label of the right axis.
        stacked: Whether lines are areas on top of each other.
        legend: Where the legend stands.
        threshold: Label and height of a horizontal line, such as an alarm's threshold.
        width: In grid units, 1 to 24.
    """
    lines = list(metrics)
    has_right = bool(right_label) or any(line.right_axis for line in lines)
    right = {"right": _axis(right_label)} if has_right else {}
    properties = {
        "title": title,
        "view": "timeSeries",
        "stacked": stacked,
        **_series(lines, period_seconds),
        "yAxis": {"left": _axis(unit_label, maximum), **right},
        "legend": {"position": legend},
        **(_horizontal_line(*threshold) if threshold else {}),
    }
    return Widget("metric", properties, width, _GRAPH_HEIGHT)


def number(
    title: str,
    metrics: Iterable[Metric],
    *,
    period_seconds: int = 300,
    sparkline: bool = False,
    width: int = 6,
    height: int = 4,
) -> Widget:
    """Return a single-value widget.

    Args:
        title: Heading.
        metrics: Values, in order.
        period_seconds: Length of a data point, in seconds.
        sparkline: Whether a small graph stands behind the value.
        width: In grid units, 1 to 24.
        height: In grid units.
    """
    properties = {
        "title": title,
        "view": "singleValue",
        "sparkline": sparkline,
        **_series(metrics, period_seconds),
    }
    return Widget("metric", properties, width, height)


def alarm_status(
    title: str, alarm_arns: Iterable[str], *, width: int = GRID_WIDTH, height: int = 3
) -> Widget:
    """Return a widget with the state of some alarms.

    Args:
        title: Heading.
        alarm_arns: ARNs, such as ``${ErrorsAlarm.Arn}`` of ``Fn::Sub``; at most 100.
        width: In grid units, 1 to 24.
        height: In grid units.
    """
    properties = {"title": title, "alarms": list(alarm_arns), "sortBy": "stateUpdatedTimestamp"}
    return Widget("alarm", properties, width, height)


def log_query(
    title: str,
    log_groups: Sequence[str],
    query: Sequence[str],
    *,
    view: LogView = "table",
    width: int = 12,
    height: int = 6,
) -> Widget:
    """Return a widget with the result of a CloudWatch Logs Insights query.

    Args:
        title: Heading.
        log_groups: Names, such as ``${LogGroup}`` of ``Fn::Sub``; at most 50.
        query: Its commands, in order, without the pipes between them.
        view: How the result is drawn.
        width: In grid units, 1 to 24.
        height: In grid units.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
    """
    sources = [f"SOURCE '{group}'" for group in log_groups]
    properties = {
        "title": title,
        "view": view,
        "region": "${AWS::Region}",
        "query": "\n| ".join([*sources, *query]),
    }
    return Widget("log", properties, width, height)


def text_of(reference: Value) -> str:
    """Return a ``Ref`` as text of ``Fn::Sub``: ``Ref("Queue")`` → ``${Queue}``.

    Dashboards are text; this keeps them wired to the same references as everything else.
    """
    return f"${{{encode_to_dict(reference)['Ref']}}}"


def dashboard(title: str, name: str, rows: Sequence[Sequence[Widget]]) -> Any:
    """Return a dashboard of rows of widgets, placed from left to right.

    Args:
        title: Logical id.
        name: The dashboard's name, at most 255 characters.
        rows: Widgets; a row is as high as its highest widget.
    """
    placed, y = [], 0
    for row in rows:
        x = 0
        for widget in row:
            placed.append(_placed(widget, x, y))
            x += widget.width
        y += max((widget.height for widget in row), default=0)
    body = _readable({"widgets": placed})
    return cloudwatch.Dashboard(title, DashboardName=name, DashboardBody=Sub(body))


def _readable(value: Any, indent: str = "") -> str:
    """Return JSON with short values on one line, so that a diff shows one line a metric."""
    inline = json.dumps(value)
    if len(inline) <= _INLINE_LENGTH or not isinstance(value, dict | list):
        return inline
    inner = indent + " "
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {_readable(item, inner)}" for key, item in value.items()]
        opening, closing = "{", "}"
    else:
        items = [_readable(item, inner) for item in value]
        opening, closing = "[", "]"
    separator = f",\n{inner}"
    return f"{opening}\n{inner}{separator.join(items)}\n{indent}{closing}"


def _series(metrics: Iterable[Metric], period_seconds: int) -> dict[str, Any]:
    return {
        "region": "${AWS::Region}",
        "period": period_seconds,
        "metrics": [metric.body() for metric in metrics],
    }


def _axis(label: str, maximum: float | None = None) -> dict[str, Any]:
    # A label of ours says the unit; CloudWatch would add its own beside it.
    named = {"label": label, "showUnits": False} if label else {}
    return {"min": 0, **({} if maximum is None else {"max": maximum}), **named}


def _horizontal_line(label: str, value: float) -> dict[str, Any]:
    return {"annotations": {"horizontal": [{"label": label, "value": value}]}}


def _placed(widget: Widget, x: int, y: int) -> dict[str, Any]:
    return {
        "type": widget.kind,
        "x": x,
        "y": y,
        "width": widget.width,
        "height": widget.height,
        "properties": dict(widget.properties),
    }
