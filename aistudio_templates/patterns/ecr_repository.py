"""A repository of container images: scanned, immutable, tidied, kept on deletion."""

from __future__ import annotations

import json
from typing import Any

from troposphere import ecr

_KEPT_IMAGES = 30
"""A month of working days: who rolls back does not look further, at 0.10 USD a GB."""

_UNTAGGED_DAYS = 7


def ecr_repository(title: str) -> Any:
    """Return a repository.

    A tag never means two images, so that a task definition tells what runs.

    Args:
        title: Logical id; the name is CloudFormation's choice.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
    """
    return ecr.Repository(
        title,
        EncryptionConfiguration=ecr.EncryptionConfiguration(EncryptionType="AES256"),
        ImageScanningConfiguration=ecr.ImageScanningConfiguration(ScanOnPush=True),
        ImageTagMutability="IMMUTABLE",
        LifecyclePolicy=ecr.LifecyclePolicy(LifecyclePolicyText=_lifecycle()),
        EmptyOnDelete=False,
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )


def _lifecycle() -> str:
    """Return the lifecycle policy; a rule on any tag must come last.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": _UNTAGGED_DAYS,
    }
    kept = {
        "tagStatus": "any",
        "countType": "imageCountMoreThan",
        "countNumber": _KEPT_IMAGES,
    }
    rules = [
        {
            "rulePriority": priority,
            "description": description,
            "selection": selection,
            "action": {"type": "expire"},
        }
        for priority, (description, selection) in enumerate(
            (
                (f"Expire untagged images after {_UNTAGGED_DAYS} days", untagged),
                (f"Keep the newest {_KEPT_IMAGES} images", kept),
            ),
            start=1,
        )
    ]
    return json.dumps({"rules": rules})
