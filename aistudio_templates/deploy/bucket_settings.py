"""How the artifact bucket has to be: one setting a property, each read, judged, written.

Pure: names the client's methods, calls none of them.

Keys are content-addressed and stay as long as a template may refer to them, so current
objects never expire: only overwritten or deleted versions do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

_NONCURRENT_DAYS = 30
"""Long enough to notice a wrong deletion; storage of templates costs next to nothing."""

_MULTIPART_DAYS = 7
_TLS_SID = "DenyInsecureTransport"
_LIFECYCLE_ID = "expire-noncurrent-versions"
_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@dataclass(frozen=True)
class Bucket:
    """The artifact bucket of an account and region.

    Attributes:
        name: Its name.
        account_id: The account that must own it.
        region: Where it must lie: CloudFormation reads templates in the stack's region.
        partition: Such as ``aws``.
    """

    name: str
    account_id: str
    region: str
    partition: str

    @property
    def owned(self) -> dict[str, str]:
        """Arguments that name the bucket and its owner, for every call."""
        return {"Bucket": self.name, "ExpectedBucketOwner": self.account_id}


@dataclass(frozen=True)
class Setting:
    """One property of the bucket.

    Attributes:
        name: What people call it.
        permission: What follows ``s3:Get`` and ``s3:Put`` in IAM's names of its calls.
        method: What follows ``get_`` and ``put_`` in the client's methods.
        wanted: Arguments of the write for what was read, or ``None`` when that is right.
    """

    name: str
    permission: str
    method: str
    wanted: Callable[[Mapping[str, Any]], dict[str, Any] | None]


def settings(bucket: Bucket, tags: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return the bucket's properties, in the order in which they are to be repaired."""
    lifecycle, access = "bucket_lifecycle_configuration", "public_access_block"
    policy, tagging = partial(_policy, bucket), partial(_tagging, tags)
    return (
        Setting("public access block", "BucketPublicAccessBlock", access, _public_access),
        Setting("ownership", "BucketOwnershipControls", "bucket_ownership_controls", _ownership),
        Setting("encryption", "EncryptionConfiguration", "bucket_encryption", _encryption),
        Setting("versioning", "BucketVersioning", "bucket_versioning", _versioning),
        Setting("lifecycle", "LifecycleConfiguration", lifecycle, _lifecycle),
        Setting("policy", "BucketPolicy", "bucket_policy", policy),
        Setting("tags", "BucketTagging", "bucket_tagging", tagging),
    )


def _public_access(found: Mapping[str, Any]) -> dict[str, Any] | None:
    if found.get("PublicAccessBlockConfiguration") == _BLOCKED:
        return None
    return {"PublicAccessBlockConfiguration": _BLOCKED}


def _ownership(found: Mapping[str, Any]) -> dict[str, Any] | None:
    wanted = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    return None if found.get("OwnershipControls") == wanted else {"OwnershipControls": wanted}


def _encryption(found: Mapping[str, Any]) -> dict[str, Any] | None:
    # Whatever encrypts is right: an owner may prefer a key of their own.
    if found.get("ServerSideEncryptionConfiguration", {}).get("Rules"):
        return None
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    return {"ServerSideEncryptionConfiguration": {"Rules": [default]}}


def _versioning(found: Mapping[str, Any]) -> dict[str, Any] | None:
    if found.get("Status") == "Enabled":
        return None
    return {"VersioningConfiguration": {"Status": "Enabled"}}


def _lifecycle(found: Mapping[str, Any]) -> dict[str, Any] | None:
    ours = {
        "ID": _LIFECYCLE_ID,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": _NONCURRENT_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _MULTIPART_DAYS},
    }
    rules = found.get("Rules", [])
    if ours in rules:
        return None
    others = [rule for rule in rules if rule.get("ID") != _LIFECYCLE_ID]
    return {"LifecycleConfiguration": {"Rules": [*others, ours]}}


def _policy(bucket: Bucket, found: Mapping[str, Any]) -> dict[str, Any] | None:
    arn = f"arn:{bucket.partition}:s3:::{bucket.name}"
    ours = {
        "Sid": _TLS_SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    statements = json.loads(found["Policy"])["Statement"] if "Policy" in found else []
    if ours in statements:
        return None
    others = [statement for statement in statements if statement.get("Sid") != _TLS_SID]
    document = {"Version": "2012-10-17", "Statement": [*others, ours]}
    return {"Policy": json.dumps(document, sort_keys=True)}


def _tagging(tags: Mapping[str, str], found: Mapping[str, Any]) -> dict[str, Any] | None:
    present = {tag["Key"]: tag["Value"] for tag in found.get("TagSet", [])}
    wanted = {**present, **tags}
    if wanted == present:
        return None
    return {"Tagging": {"TagSet": [{"Key": k, "Value": v} for k, v in sorted(wanted.items())]}}
