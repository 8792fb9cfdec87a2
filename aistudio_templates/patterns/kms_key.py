"""Keys that let AWS services use an encrypted resource, which AWS-managed keys do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from troposphere import AccountId, Sub, kms

_ROOT = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"


def service_key(title: str, description: str, *, services: Sequence[str]) -> Any:
    """Return a rotated key that some AWS services may use for this account's resources.

    Args:
        title: Logical id.
        description: What it encrypts.
        services: Such as ``cloudwatch.amazonaws.com``.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    return kms.Key(
        title,
        Description=description,
        EnableKeyRotation=True,
        KeyPolicy={
            "Version": "2012-10-17",
            "Statement": [_administration(), *(_use(service) for service in services)],
        },
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )


def _administration() -> dict[str, Any]:
    # Without it, no policy of the account could ever let anybody manage the key.
    return {
        "Sid": "PoliciesOfThisAccount",
        "Effect": "Allow",
        "Principal": {"AWS": Sub(_ROOT)},
        "Action": "kms:*",
        "Resource": "*",
    }


def _use(service: str) -> dict[str, Any]:
    return {
        "Sid": service.partition(".")[0].capitalize() + "OfThisAccount",
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": AccountId}},
    }
