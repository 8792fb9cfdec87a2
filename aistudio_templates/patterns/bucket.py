"""Private buckets: encrypted, TLS only, versioned, logged, and kept on deletion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import AccountId, GetAtt, Ref, Sub, s3

from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.properties import present
from aistudio_templates.policies.statements import tls_only

_ABORT_UPLOADS_AFTER_DAYS = 7
"""An upload that stalls for a week is given up; its parts are paid for until then."""


@dataclass(frozen=True)
class Bucket(Handle):
    """A bucket and its policy."""

    bucket: Any
    policy: Any

    @property
    def name(self) -> Value:
        """The bucket's name."""
        return Ref(self.bucket)

    @property
    def arn(self) -> Value:
        """The bucket's ARN."""
        return GetAtt(self.bucket, "Arn")


def private_bucket(
    title: str,
    *,
    lifecycle_rules: Sequence[Any],
    access_logs: tuple[Value, str] | None,
    versioned: bool = True,
    allowed_origins: Sequence[str] = (),
    event_notifications: bool = False,
    statements: Sequence[dict[str, Any]] = (),
) -> Bucket:
    """Return a bucket that nobody outside the account can read and no stack deletes.

    Args:
        title: Logical id; the name is CloudFormation's choice.
        lifecycle_rules: Rules beside the one that aborts stalled uploads.
        access_logs: Name of the bucket, and prefix, that receive the access log; ``None``
            for the bucket that holds the logs.
        versioned: Whether overwritten and deleted objects stay recoverable.
        allowed_origins: Web origins that may upload and download; none means no CORS.
        event_notifications: Whether EventBridge receives the bucket's events.
        statements: Policy statements beside the one that refuses unencrypted transport.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    bucket = s3.Bucket(
        title,
        BucketEncryption=_encryption(),
        PublicAccessBlockConfiguration=_no_public_access(),
        OwnershipControls=_owner_enforced(),
        LifecycleConfiguration=_lifecycle(lifecycle_rules),
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        **present(
            VersioningConfiguration=_versioning() if versioned else None,
            LoggingConfiguration=_logging(*access_logs) if access_logs else None,
            CorsConfiguration=_cors(allowed_origins) if allowed_origins else None,
            NotificationConfiguration=_event_notifications() if event_notifications else None,
        ),
    )
    return Bucket(bucket, _policy(title, bucket, statements))


def retained_versions(days: int) -> tuple[Any, Any]:
    """Return rules that remove old versions after ``days`` and their delete markers.

    They never touch a current object: what a user keeps, stays.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/
    intro-lifecycle-rules.html
    """
    return (
        s3.LifecycleRule(
            Id="ExpireNoncurrentVersions",
            Status="Enabled",
            NoncurrentVersionExpiration=s3.NoncurrentVersionExpiration(NoncurrentDays=days),
        ),
        s3.LifecycleRule(
            Id="RemoveExpiredDeleteMarkers", Status="Enabled", ExpiredObjectDeleteMarker=True
        ),
    )


def intelligent_tiering(after_days: int) -> Any:
    """Return a rule that moves objects to Intelligent-Tiering ``after_days``.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering.html
    """
    return s3.LifecycleRule(
        Id="IntelligentTiering",
        Status="Enabled",
        Transitions=[
            s3.LifecycleRuleTransition(
                StorageClass="INTELLIGENT_TIERING", TransitionInDays=after_days
            )
        ],
    )


def expiration(days: int) -> Any:
    """Return a rule that deletes objects after ``days``: for logs, never for documents."""
    return s3.LifecycleRule(Id="ExpireLogs", Status="Enabled", ExpirationInDays=days)


def log_delivery_statement(title: str, service: str, source_arn: Value) -> dict[str, Any]:
    """Return a statement by which an AWS service writes logs to the bucket ``title``.

    Args:
        title: Logical id of the bucket.
        service: Such as ``logging.s3.amazonaws.com``.
        source_arn: Pattern of the resources whose logs may be written.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    return {
        "Sid": "LogDelivery",
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "s3:PutObject",
        "Resource": Sub(f"${{{title}.Arn}}/*"),
        "Condition": {
            "StringEquals": {"aws:SourceAccount": AccountId},
            "ArnLike": {"aws:SourceArn": source_arn},
        },
    }


def _encryption() -> Any:
    return s3.BucketEncryption(
        ServerSideEncryptionConfiguration=[
            s3.ServerSideEncryptionRule(
                ServerSideEncryptionByDefault=s3.ServerSideEncryptionByDefault(
                    SSEAlgorithm="AES256"
                )
            )
        ]
    )


def _no_public_access() -> Any:
    return s3.PublicAccessBlockConfiguration(
        BlockPublicAcls=True,
        BlockPublicPolicy=True,
        IgnorePublicAcls=True,
        RestrictPublicBuckets=True,
    )


def _owner_enforced() -> Any:
    return s3.OwnershipControls(
        Rules=[s3.OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]
    )


def _lifecycle(rules: Sequence[Any]) -> Any:
    abort = s3.LifecycleRule(
        Id="AbortStalledUploads",
        Status="Enabled",
        AbortIncompleteMultipartUpload=s3.AbortIncompleteMultipartUpload(
            DaysAfterInitiation=_ABORT_UPLOADS_AFTER_DAYS
        ),
    )
    return s3.LifecycleConfiguration(Rules=[abort, *rules])


def _versioning() -> Any:
    return s3.VersioningConfiguration(Status="Enabled")


def _logging(bucket_name: Value, prefix: str) -> Any:
    return s3.LoggingConfiguration(DestinationBucketName=bucket_name, LogFilePrefix=prefix)


def _cors(origins: Sequence[str]) -> Any:
    return s3.CorsConfiguration(
        CorsRules=[
            s3.CorsRules(
                Id="Browser",
                AllowedOrigins=list(origins),
                AllowedMethods=["GET", "HEAD", "PUT", "POST"],
                AllowedHeaders=["*"],
                ExposedHeaders=["ETag"],
                MaxAge=3000,
            )
        ]
    )


def _event_notifications() -> Any:
    return s3.NotificationConfiguration(
        EventBridgeConfiguration=s3.EventBridgeConfiguration(EventBridgeEnabled=True)
    )


def _policy(title: str, bucket: Any, statements: Sequence[dict[str, Any]]) -> Any:
    refusal = tls_only("s3:*", [GetAtt(bucket, "Arn"), Sub(f"${{{title}.Arn}}/*")])
    return s3.BucketPolicy(
        f"{title}Policy",
        Bucket=Ref(bucket),
        PolicyDocument={"Version": "2012-10-17", "Statement": [refusal, *statements]},
        # Without its policy, a retained bucket would accept plain HTTP.
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )
