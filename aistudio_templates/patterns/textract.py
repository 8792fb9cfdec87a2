"""Textract's way to say that it has read a document: role, topic and subscription."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Sub, iam

from aistudio_templates.model import Value
from aistudio_templates.patterns.access import Access
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.topic import Topic, topic
from aistudio_templates.policies.grants import pass_role, policy, publish_messages
from aistudio_templates.policies.service_grants import start_text_detection
from aistudio_templates.policies.trust import service_trust

_SERVICE = "textract.amazonaws.com"

_JOBS = "arn:${AWS::Partition}:textract:*:${AWS::AccountId}:*"
"""Textract's jobs have no ARN that would be known before.

Source: https://docs.aws.amazon.com/textract/latest/dg/
cross-service-confused-deputy-prevention.html
"""

_SNS_KEY = "alias/aws/sns"
"""The AWS-managed key: it lets roles of this account in, and Textract comes with one."""


@dataclass(frozen=True)
class TextractChannel(Handle):
    """Where Textract announces what it has read.

    Attributes:
        topic: The topic.
        role: What Textract assumes to publish to it, and to nothing else.
    """

    topic: Topic
    role: Any

    @property
    def access(self) -> Access:
        """What a function needs that has Textract read documents."""
        role_arn = GetAtt(self.role, "Arn")
        return Access(
            {"TEXTRACT_ROLE_ARN": role_arn, "TEXTRACT_TOPIC_ARN": self.topic.arn},
            (*start_text_detection(), *pass_role(role_arn, _SERVICE)),
        )


def textract_channel(title: str, *, name: Value) -> TextractChannel:
    """Return a topic for finished Textract jobs, and the role by which Textract publishes.

    Args:
        title: Stem of the logical ids: ``…Topic``, ``…Role``.
        name: The topic's physical name.

    Source: https://docs.aws.amazon.com/textract/latest/dg/api-async-roles.html
    """
    completion = topic(f"{title}Topic", name=name, kms_key_id=_SNS_KEY)
    role = iam.Role(
        f"{title}Role",
        AssumeRolePolicyDocument=service_trust(_SERVICE, source_arn=Sub(_JOBS)),
        Policies=[
            iam.Policy(
                PolicyName="Publish", PolicyDocument=policy(publish_messages(completion.arn))
            )
        ],
    )
    return TextractChannel(completion, role)
