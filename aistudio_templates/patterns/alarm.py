"""CloudWatch alarms with the choices that every alarm of ours shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from troposphere import Sub, cloudwatch

from aistudio_templates.model import Value

ABOVE = "GreaterThanOrEqualToThreshold"
BELOW = "LessThanThreshold"

Missing = Literal["breaching", "notBreaching", "ignore", "missing"]


@dataclass(frozen=True)
class Threshold:
    """When an alarm fires.

    Attributes:
        value: In the unit of the metric or expression.
        comparison: CloudWatch's comparison operator.
        period_seconds: Length of one period, in seconds.
        evaluation_periods: How many periods in a row must breach.
        missing: What a period without data counts as.
    """

    value: float
    comparison: str = ABOVE
    period_seconds: int = 300
    evaluation_periods: int = 3
    missing: Missing = "notBreaching"


@dataclass(frozen=True)
class MetricAlarm:
    """What an alarm watches, on whichever resource.

    Attributes:
        title: Logical id.
        description: What is wrong and what to look at first; the e-mail shows it.
        metric: Namespace and metric name.
        threshold: When it fires.
        statistic: ``Average``, ``Sum``, ``Minimum``, ``Maximum`` or a percentile as ``p99``.
    """

    title: str
    description: str
    metric: tuple[str, str]
    threshold: Threshold
    statistic: str = "Average"


@dataclass(frozen=True)
class MathMetric:
    """A metric that an alarm's expression refers to.

    Attributes:
        id: Its name in the expression.
        namespace: Such as ``AWS/SES``.
        name: Metric name.
        dimensions: Dimension name → value.
        statistic: Such as ``Sum``.
    """

    id: str
    namespace: str
    name: str
    dimensions: Mapping[str, Value]
    statistic: str = "Sum"


def alarm(watched: MetricAlarm, *, dimensions: Mapping[str, Value], topic_arn: Value) -> Any:
    """Return an alarm that notifies a topic when it fires and when it clears.

    Args:
        watched: What is watched, and when that fires.
        dimensions: Dimension name → value, of the resource whose metric it is.
        topic_arn: The topic to notify.
    """
    namespace, name = watched.metric
    kind = "ExtendedStatistic" if watched.statistic.startswith("p") else "Statistic"
    metric = {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": _dimensions(dimensions),
        "Period": watched.threshold.period_seconds,
        kind: watched.statistic,
    }
    return cloudwatch.Alarm(
        watched.title,
        AlarmDescription=watched.description,
        **metric,
        **_firing(watched.threshold, topic_arn),
    )


def alarms(
    watched: Iterable[MetricAlarm], *, dimensions: Mapping[str, Value], topic_arn: Value
) -> tuple[Any, ...]:
    """Return alarms on several metrics of one resource; the arguments are :func:`alarm`'s."""
    return tuple(alarm(each, dimensions=dimensions, topic_arn=topic_arn) for each in watched)


def math_alarm(
    title: str,
    description: str,
    *,
    expression: str,
    metrics: Sequence[MathMetric],
    threshold: Threshold,
    topic_arn: Value,
) -> Any:
    """Return an alarm on metric math.

    Args:
        title: Logical id.
        description: What is wrong and what to look at first; the e-mail shows it.
        expression: Metric math over the metrics' ids.
        metrics: What the expression refers to, at most 10 with it.
        threshold: When it fires.
        topic_arn: The topic to notify.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    result = cloudwatch.MetricDataQuery(
        Id="result", Expression=expression, Label=title, ReturnData=True
    )
    return cloudwatch.Alarm(
        title,
        AlarmDescription=description,
        Metrics=[*(_query(metric, threshold.period_seconds) for metric in metrics), result],
        **_firing(threshold, topic_arn),
    )


def any_alarm(title: str, description: str, alarms: Sequence[Any]) -> Any:
    """Return a composite alarm that is on while any of ``alarms`` is.

    It notifies nobody: its parts do. It answers "is this part of the platform well?" with
    one state, for dashboards and for people.

    Args:
        title: Logical id.
        description: What the alarms have in common.
        alarms: Alarms of the same template, at most 100.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html
    """
    rule = " OR ".join(f'ALARM("${{{part.title}.Arn}}")' for part in alarms)
    return cloudwatch.CompositeAlarm(title, AlarmDescription=description, AlarmRule=Sub(rule))


def _firing(threshold: Threshold, topic_arn: Value) -> dict[str, Any]:
    """Return the properties that say when an alarm fires, and who is told."""
    return {
        "EvaluationPeriods": threshold.evaluation_periods,
        "Threshold": threshold.value,
        "ComparisonOperator": threshold.comparison,
        "TreatMissingData": threshold.missing,
        "AlarmActions": [topic_arn],
        "OKActions": [topic_arn],
    }


def _query(metric: MathMetric, period_seconds: int) -> Any:
    return cloudwatch.MetricDataQuery(
        Id=metric.id,
        ReturnData=False,
        MetricStat=cloudwatch.MetricStat(
            Metric=cloudwatch.Metric(
                Namespace=metric.namespace,
                MetricName=metric.name,
                Dimensions=_dimensions(metric.dimensions),
            ),
            Period=period_seconds,
            Stat=metric.statistic,
        ),
    )


def _dimensions(dimensions: Mapping[str, Value]) -> list[Any]:
    return [cloudwatch.MetricDimension(Name=key, Value=value) for key, value in dimensions.items()]
