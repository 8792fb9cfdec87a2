"""Trust policies: which AWS service may assume a role, and on whose behalf."""

from __future__ import annotations

from awacs import sts
from awacs.aws import (
    Allow,
    ArnLike,
    Condition,
    PolicyDocument,
    Principal,
    SourceAccount,
    SourceArn,
    Statement,
    StringEquals,
)
from troposphere import AccountId

from aistudio_templates.model import Value


def service_trust(service: str, *, source_arn: Value | None = None) -> PolicyDocument:
    """Return a trust policy for one AWS service, safe from the confused deputy.

    Args:
        service: Such as ``"scheduler.amazonaws.com"``.
        source_arn: Pattern of the resource in whose name the service acts; ``None``
            for services that send the account alone.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    conditions = [StringEquals(SourceAccount, AccountId)]
    if source_arn is not None:
        conditions.append(ArnLike(SourceArn, source_arn))
    return PolicyDocument(
        Version="2012-10-17",
        Statement=[
            Statement(
                Effect=Allow,
                Action=[sts.AssumeRole],
                Principal=Principal("Service", service),
                Condition=Condition(conditions),
            )
        ],
    )


def lambda_trust() -> PolicyDocument:
    """Return the trust policy of a function's execution role.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    return unconditional_trust("lambda.amazonaws.com")


def unconditional_trust(service: str) -> PolicyDocument:
    """Return a trust policy for a service that does not tell on whose behalf it acts.

    Lambda sends no source account when it assumes an execution role, nor does Amplify
    promise to for a compute role: a condition on it would lock both out.

    Args:
        service: Such as ``lambda.amazonaws.com``.

    Source: https://docs.aws.amazon.com/amplify/latest/userguide/amplify-SSR-compute-role.html
    """
    return PolicyDocument(
        Version="2012-10-17",
        Statement=[
            Statement(
                Effect=Allow,
                Action=[sts.AssumeRole],
                Principal=Principal("Service", service),
            )
        ],
    )
