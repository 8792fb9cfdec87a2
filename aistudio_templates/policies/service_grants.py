"""Grants on services that the platform uses without owning what they act on.

Models of Bedrock, documents in Textract, schedules that users make, e-mail, metrics, and
what the web application's hosting needs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from awacs import bedrock, cloudwatch, ecr, logs, scheduler, ses, ssmmessages, textract
from awacs.aws import Statement
from troposphere import GetAtt, Sub

from aistudio_templates.model import Value
from aistudio_templates.policies.statements import allow, allow_if

_PROFILE = re.compile(r"(?:apac|au|ca|eu|global|jp|us|us-gov)\.(?P<model>.+)")
"""An inference profile of AWS: its geography, and the model that it leads to.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
"""


def invoke_model(model_id: str) -> tuple[Statement, ...]:
    """Let a role invoke one of Bedrock's foundation models, directly or through a profile.

    A profile spreads over regions: whoever invokes it needs the model in all of them.

    Args:
        model_id: Such as ``cohere.embed-v4:0``, or ``us.cohere.embed-v4:0`` for a profile.

    Source: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    profile = _PROFILE.fullmatch(model_id)
    if profile is None:
        arn = f"arn:${{AWS::Partition}}:bedrock:${{AWS::Region}}::foundation-model/{model_id}"
        return (allow([bedrock.InvokeModel], Sub(arn)),)
    account = "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}"
    everywhere = "arn:${AWS::Partition}:bedrock:*::foundation-model/${Model}"
    return (
        allow(
            [bedrock.InvokeModel],
            Sub(everywhere, Model=profile["model"]),
            Sub(f"{account}:inference-profile/{model_id}"),
        ),
    )


def invoke_models(model_ids: Sequence[str]) -> tuple[Statement, ...]:
    """Let a role invoke models of Bedrock, directly or through inference profiles.

    A profile spreads over regions, so the models are allowed in all of them.

    Args:
        model_ids: Model ids, or prefixes that end with ``*``.

    Source: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    account = "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}"
    return (
        allow(
            [bedrock.InvokeModel, bedrock.InvokeModelWithResponseStream],
            *(Sub(f"arn:${{AWS::Partition}}:bedrock:*::foundation-model/{m}") for m in model_ids),
            *(Sub(f"{account}:inference-profile/*.{m}") for m in model_ids),
        ),
    )


def publish_metrics(namespace: str) -> tuple[Statement, ...]:
    """Let a role report metrics in one namespace.

    CloudWatch has no resource to name.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
    iam-cw-condition-keys-namespace.html
    """
    return (allow_if("cloudwatch:namespace", namespace, [cloudwatch.PutMetricData], "*"),)


def write_amplify_logs(log_group: Any) -> tuple[Statement, ...]:
    """Let Amplify write an application's log, for which it looks among all log groups.

    Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/
    AdministratorAccess-Amplify.html
    """
    every = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*"
    actions = [logs.CreateLogGroup, logs.CreateLogStream, logs.PutLogEvents]
    return (
        allow(actions, GetAtt(log_group, "Arn")),
        allow([logs.DescribeLogGroups], Sub(every)),
    )


def pull_images(repository_arn: Value) -> tuple[Statement, ...]:
    """Let a role pull images from one repository.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
    """
    actions = [ecr.BatchCheckLayerAvailability, ecr.BatchGetImage, ecr.GetDownloadUrlForLayer]
    return (allow([ecr.GetAuthorizationToken], "*"), allow(actions, repository_arn))


def open_shells() -> tuple[Statement, ...]:
    """Let operators open a shell in a task that has this role (ECS Exec).

    Session Manager's channels have no resource to name.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    actions = [
        ssmmessages.CreateControlChannel,
        ssmmessages.CreateDataChannel,
        ssmmessages.OpenControlChannel,
        ssmmessages.OpenDataChannel,
    ]
    return (allow(actions, "*"),)


def start_text_detection() -> tuple[Statement, ...]:
    """Let a role have Textract read documents; of S3 it reads what the role may read.

    Textract has no resource to name.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_textract.html
    """
    return (allow([textract.StartDocumentTextDetection], "*"),)


def read_text_detection() -> tuple[Statement, ...]:
    """Let a role fetch what Textract read; see :func:`start_text_detection`."""
    return (allow([textract.GetDocumentTextDetection], "*"),)


def detect_text() -> tuple[Statement, ...]:
    """Let a role have Textract read single pages; see :func:`start_text_detection`."""
    return (allow([textract.DetectDocumentText], "*"),)


def manage_schedules(group_name: Value) -> tuple[Statement, ...]:
    """Let a role make, change and delete the schedules of one group.

    Their names are not known before they are made.
    """
    actions = [
        scheduler.CreateSchedule,
        scheduler.DeleteSchedule,
        scheduler.GetSchedule,
        scheduler.UpdateSchedule,
    ]
    arn = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${Group}/*"
    return (allow(actions, Sub(arn, Group=group_name)),)


def send_email(
    sender_address: str, *, identity_arns: Sequence[Value], configuration_set_arn: Value
) -> tuple[Statement, ...]:
    """Let a role send e-mail from one address, and through one configuration set.

    In SES's sandbox the recipients are identities too, which this does not name: there,
    only the sender itself and SES's mailbox simulator can be written to.

    Args:
        sender_address: What stands in ``From``.
        identity_arns: The identities that may stand for it: SES checks the address where
            that is verified, else its domain.
        configuration_set_arn: The configuration set.

    Source: https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
    """
    resources = [*identity_arns, configuration_set_arn]
    # SendEmail of API v2 asks for the second one when a message is MIME, and AWS does not say
    # whether an attachment makes it so. https://github.com/anymail/django-anymail/issues/384
    actions = [ses.SendEmail, ses.SendRawEmail]
    return (allow_if("ses:FromAddress", sender_address, actions, *resources),)
