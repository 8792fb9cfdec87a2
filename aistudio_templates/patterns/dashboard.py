"""CloudWatch dashboards: typed widgets, laid out in rows, as readable JSON.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from troposphere import Sub, cloudwatch

GRID_WIDTH = 24
"""Width of a dashboard, in grid units."""

_INLINE_LENGTH = 160
"""Longest JSON value, in characters, that stands on one line of the body."""


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

    def body(self) -> list[Any]:
        """Return the metric as the dashboard body has it."""
        options: dict[str, Any] = {"label": self.label}
        if self.id:
            options["id"] = self.id
        if not self.visible:
            options["visible"] = False
        if self.right_axis:
            options["yAxis"] = "right"
        if self.expression:
            return [{"expression": self.expression, **options}]
        pairs = [text for pair in self.dimensions.items() for text in pair]
        return [self.namespace, self.name, *pairs, {"stat": self.statistic, **options}]


@dataclass(frozen=True)
class Widget:
    """A widget without its place.

    Attributes:
        kind: ``metric`` or ``text``, CloudWatch's widget types used here.
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
    minimum: float | None = 0,
    maximum: float | None = None,
    unit_label: str = "",
) -> Widget:
    """Return a time series graph of 12 by 6 grid units.

    Args:
        title: Heading.
        metrics: Lines, in order.
        period_seconds: Length of a data point, in seconds.
        minimum: Lower end of the left axis; ``None`` lets CloudWatch choose.
        maximum: Upper end of the left axis; ``None`` lets CloudWatch choose.
        unit_label: Label of the left axis.
    """
    axis = {"min": minimum, "max": maximum, "label": unit_label or None}
    properties = {
        "title": title,
        "view": "timeSeries",
        "region": "${AWS::Region}",
        "period": period_seconds,
        "metrics": [metric.body() for metric in metrics],
        "yAxis": {"left": {key: value for key, value in axis.items() if value is not None}},
    }
    return Widget("metric", properties, 12, 6)


def number(title: str, metrics: Iterable[Metric], *, period_seconds: int = 300) -> Widget:
    """Return a single-value widget of 6 by 4 grid units; period in seconds."""
    properties = {
        "title": title,
        "view": "singleValue",
        "region": "${AWS::Region}",
        "period": period_seconds,
        "metrics": [metric.body() for metric in metrics],
    }
    return Widget("metric", properties, 6, 4)


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


def _placed(widget: Widget, x: int, y: int) -> dict[str, Any]:
    return {
        "type": widget.kind,
        "x": x,
        "y": y,
        "width": widget.width,
        "height": widget.height,
        "properties": dict(widget.properties),
    }
