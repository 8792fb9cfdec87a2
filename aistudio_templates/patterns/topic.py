"""SNS topics: encrypted, TLS only, and written to by named AWS services alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import AccountId, Ref, sns

from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.properties import present
from aistudio_templates.policies.statements import tls_only


@dataclass(frozen=True)
class Publisher:
    """An AWS service that may publish, in the name of this account's resources.

    Attributes:
        service: Such as ``cloudwatch.amazonaws.com``.
        source_arn: Pattern of the resources in whose name; ``None`` for a service that
            tells the account alone.
    """

    service: str
    source_arn: Value | None = None


@dataclass(frozen=True)
class Topic(Handle):
    """A topic and its policy."""

    topic: Any
    policy: Any

    @property
    def arn(self) -> Value:
        """The topic's ARN."""
        return Ref(self.topic)


def topic(
    title: str,
    *,
    publishers: Sequence[Publisher] = (),
    name: str | None = None,
    kms_key_id: Value | None = None,
) -> Topic:
    """Return a topic.

    Args:
        title: Logical id.
        publishers: AWS services that may publish; roles of this account need grants only.
        name: Physical name, where something outside knows it.
        kms_key_id: Key that encrypts it. The AWS-managed key keeps AWS services out, so
            that a topic for them has none unless a key of ours lets them in.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html
    """
    made = sns.Topic(title, **present(TopicName=name, KmsMasterKeyId=kms_key_id))
    policy = sns.TopicPolicy(
        f"{title}Policy",
        Topics=[Ref(made)],
        PolicyDocument={
            "Version": "2012-10-17",
            "Statement": [
                *(_may_publish(publisher, Ref(made)) for publisher in publishers),
                tls_only("sns:Publish", Ref(made)),
            ],
        },
    )
    return Topic(made, policy)


def _may_publish(publisher: Publisher, topic_arn: Value) -> dict[str, Any]:
    condition: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": AccountId}}
    if publisher.source_arn is not None:
        condition["ArnLike"] = {"aws:SourceArn": publisher.source_arn}
    service = publisher.service.partition(".")[0]
    return {
        "Sid": "".join(part.capitalize() for part in service.split("-")) + "OfThisAccount",
        "Effect": "Allow",
        "Principal": {"Service": publisher.service},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": condition,
    }
