"""CloudWatch alarms with the choices that every alarm of ours shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from troposphere import AccountId, Ref, Sub, cloudwatch, sns

from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle

Missing = Literal["breaching", "notBreaching", "ignore", "missing"]


@dataclass(frozen=True)
class AlarmTopic(Handle):
    """The topic that alarms notify, its policy, and its e-mail subscription."""

    topic: Any
    policy: Any
    subscription: Any | None


def alarm_topic(title: str, *, email: str | None) -> AlarmTopic:
    """Return a topic to which only this account's alarms may publish, over TLS only.

    Args:
        title: Logical id of the topic.
        email: Address to notify; it must confirm the subscription once. ``None``
            leaves the topic without a subscriber.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
    Notify_Users_Alarm_Changes.html
    """
    topic = sns.Topic(title)
    policy = sns.TopicPolicy(
        f"{title}Policy", Topics=[Ref(topic)], PolicyDocument=_topic_policy(Ref(topic))
    )
    subscription = (
        sns.SubscriptionResource(
            f"{title}Email", TopicArn=Ref(topic), Protocol="email", Endpoint=email
        )
        if email
        else None
    )
    return AlarmTopic(topic, policy, subscription)


def _topic_policy(topic_arn: Value) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AlarmsOfThisAccount",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": AccountId},
                    "ArnLike": {
                        "aws:SourceArn": Sub(
                            "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"
                        )
                    },
                },
            },
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def alarm(
    title: str,
    description: str,
    *,
    metric: tuple[str, str],
    dimensions: Mapping[str, Value],
    threshold: float,
    topic_arn: Value,
    statistic: str = "Average",
    comparison: str = "GreaterThanOrEqualToThreshold",
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
        statistic: ``Average``, ``Sum``, ``Minimum`` or ``Maximum``.
        comparison: CloudWatch's comparison operator.
        period_seconds: Length of one period, in seconds.
        evaluation_periods: How many periods in a row must breach.
        missing: What a period without data counts as.
    """
    namespace, name = metric
    return cloudwatch.Alarm(
        title,
        AlarmDescription=description,
        Namespace=namespace,
        MetricName=name,
        Dimensions=[
            cloudwatch.MetricDimension(Name=key, Value=value) for key, value in dimensions.items()
        ],
        Statistic=statistic,
        Period=period_seconds,
        EvaluationPeriods=evaluation_periods,
        Threshold=threshold,
        ComparisonOperator=comparison,
        TreatMissingData=missing,
        AlarmActions=[topic_arn],
        OKActions=[topic_arn],
    )
