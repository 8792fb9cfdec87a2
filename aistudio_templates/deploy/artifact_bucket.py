"""The bucket of templates and function code: made when missing, kept in shape.

Talks to S3 through the client it is handed. Every call names the account that must own
the bucket, so that somebody else's bucket under our name is never written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from aistudio_templates.deploy.aws_errors import translated
from aistudio_templates.deploy.aws_failure import DENIED, code_of
from aistudio_templates.deploy.bucket_settings import Bucket, Setting, settings
from aistudio_templates.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DEFAULT_REGION = "us-east-1"
_ABSENT = frozenset({"404", "NoSuchBucket"})
_NOT_SET = frozenset(
    {
        "NoSuchBucketPolicy",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)


def ensure_bucket(s3: S3Client, bucket: Bucket, tags: Mapping[str, str]) -> tuple[str, ...]:
    """Make sure that the bucket exists, is ours, and is as safe as it should be.

    Args:
        s3: S3's client.
        bucket: The bucket.
        tags: Tags that it must have; others stay.

    Returns:
        What was done, such as ``("created", "encryption")``; empty for nothing.

    Raises:
        AwsError: The bucket is another account's or lies in another region, or a call
            is refused.
    """
    done = [] if _exists(s3, bucket) else _create(s3, bucket)
    done.extend(setting.name for setting in settings(bucket, tags) if _repair(s3, bucket, setting))
    return tuple(done)


def _exists(s3: S3Client, bucket: Bucket) -> bool:
    try:
        with translated("s3:ListBucket", bucket.name):
            region = s3.head_bucket(**cast("Any", bucket.owned)).get("BucketRegion")
    except AwsError as error:
        code = code_of(error.__cause__)
        if code in _ABSENT:
            return False
        if code in DENIED:
            raise AwsError(
                f"artifact bucket {bucket.name}: belongs to another account than "
                f"{bucket.account_id}, or s3:ListBucket is not allowed on it",
                "if it is yours, ask for s3:ListBucket; otherwise its name was taken: tell AWS",
            ) from error
        if code in {"301", "PermanentRedirect"}:
            raise _elsewhere(bucket, "another region") from error
        raise
    if region is not None and region != bucket.region:
        raise _elsewhere(bucket, region)
    return True


def _elsewhere(bucket: Bucket, region: str) -> AwsError:
    return AwsError(
        f"artifact bucket {bucket.name}: lies in {region}, must lie in {bucket.region}",
        "delete that bucket if it is yours, then deploy again",
    )


def _create(s3: S3Client, bucket: Bucket) -> list[str]:
    arguments: dict[str, Any] = {"Bucket": bucket.name, "ObjectOwnership": "BucketOwnerEnforced"}
    if bucket.region != _DEFAULT_REGION:
        # S3 refuses the constraint for its oldest region.
        arguments["CreateBucketConfiguration"] = {"LocationConstraint": bucket.region}
    try:
        with translated("s3:CreateBucket", bucket.name):
            s3.create_bucket(**arguments)
    except AwsError as error:
        code = code_of(error.__cause__)
        if code == "BucketAlreadyOwnedByYou":
            return []
        if code == "BucketAlreadyExists":
            raise AwsError(
                f"artifact bucket {bucket.name}: belongs to another account",
                "its name was taken: tell AWS",
            ) from error
        raise
    return ["created"]


def _repair(s3: S3Client, bucket: Bucket, setting: Setting) -> bool:
    arguments = setting.wanted(_read(s3, bucket, setting))
    if arguments is None:
        return False
    with translated(f"s3:Put{setting.permission}", bucket.name):
        getattr(s3, f"put_{setting.method}")(**bucket.owned, **arguments)
    return True


def _read(s3: S3Client, bucket: Bucket, setting: Setting) -> Mapping[str, Any]:
    try:
        with translated(f"s3:Get{setting.permission}", bucket.name):
            answer: Mapping[str, Any] = getattr(s3, f"get_{setting.method}")(**bucket.owned)
    except AwsError as error:
        if code_of(error.__cause__) in _NOT_SET:
            return {}
        raise
    return answer
