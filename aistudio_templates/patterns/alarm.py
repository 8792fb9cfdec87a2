"""CloudWatch alarms with the choices that every alarm of ours shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from troposphere import Sub, cloudwatch

from aistudio_templates.model import Value

ABOVE = "GreaterThanOrEqualToThreshold"
BELOW = "LessThanThreshold"

Missing = Literal["breaching", "notBreaching", "ignore", "missing"]


def alarm(
    title: str,
    description: str,
    *,
    metric: tuple[str, str],
    dimensions: Mapping[str, Value],
    threshold: float,
    topic_arn: Value,
    statistic: str = "Average",
    comparison: str = ABOVE,
    period_seconds: int = 300,
    evaluation_periods: int = 3,
    missing: Missing = "notBreaching",
) -> Any:
    """Return an alarm that notifies a topic when it fires and when it clears.

    Args:
        title: Logical id.
        description: What is wrong and what to look at first; the e-mail shows it.
        metric: Namespace and metric name.
        dimensions: Dimension name → value.
        threshold: In the metric's own unit.
        topic_arn: The topic to notify.
        statistic: ``Average``, ``Sum``, ``Minimum``, ``Maximum`` or a percentile as ``p99``.
        comparison: CloudWatch's comparison operator.
        period_seconds: Length of one period, in seconds.
        evaluation_periods: How many periods in a row must breach.
        missing: What a period without data counts as.
    """
    namespace, name = metric
    kind = "ExtendedStatistic" if statistic.startswith("p") else "Statistic"
    return cloudwatch.Alarm(
        title,
        AlarmDescription=description,
        Namespace=namespace,
        MetricName=name,
        Dimensions=_dimensions(dimensions),
        Period=period_seconds,
        EvaluationPeriods=evaluation_periods,
        Threshold=threshold,
        ComparisonOperator=comparison,
        TreatMissingData=missing,
        **{kind: statistic},
        **_actions(topic_arn),
    )


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


def math_alarm(
    title: str,
    description: str,
    *,
    expression: str,
    metrics: Sequence[MathMetric],
    threshold: float,
    topic_arn: Value,
    comparison: str = ABOVE,
    period_seconds: int = 300,
    evaluation_periods: int = 3,
    missing: Missing = "notBreaching",
) -> Any:
    """Return an alarm on metric math; the arguments are those of :func:`alarm`.

    Args:
        title: Logical id.
        description: What is wrong and what to look at first.
        expression: Metric math over the metrics' ids.
        metrics: What the expression refers to, at most 10 with it.
        threshold: In the expression's own unit.
        topic_arn: The topic to notify.
        comparison: CloudWatch's comparison operator.
        period_seconds: Length of one period, in seconds.
        evaluation_periods: How many periods in a row must breach.
        missing: What a period without data counts as.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    queries = [
        cloudwatch.MetricDataQuery(
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
        for metric in metrics
    ]
    result = cloudwatch.MetricDataQuery(
        Id="result", Expression=expression, Label=title, ReturnData=True
    )
    return cloudwatch.Alarm(
        title,
        AlarmDescription=description,
        Metrics=[*queries, result],
        EvaluationPeriods=evaluation_periods,
        Threshold=threshold,
        ComparisonOperator=comparison,
        TreatMissingData=missing,
        **_actions(topic_arn),
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


def _dimensions(dimensions: Mapping[str, Value]) -> list[Any]:
    return [cloudwatch.MetricDimension(Name=key, Value=value) for key, value in dimensions.items()]


def _actions(topic_arn: Value) -> dict[str, Any]:
    return {"AlarmActions": [topic_arn], "OKActions": [topic_arn]}
