"""An S3 client with one account's buckets in memory, as far as the engine uses S3."""

# ruff: noqa: N803 # argument names are boto3's

from __future__ import annotations

import base64
import hashlib
from typing import Any

from support.fake_cloudformation import Faults, api, client_error

ACCOUNT = "111122223333"


class FakeS3:
    """Buckets, their settings and objects.

    Attributes:
        buckets: Settings by bucket and the name of the call that reads them.
        objects: Bodies by bucket and key.
        owners: Owner by bucket, where it is not :data:`ACCOUNT`.
        regions: Region by bucket, where it is not ``us-east-1``.
        faults: Failures to come and calls made.
    """

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, Any]] = {}
        self.objects: dict[tuple[str, str], bytes] = {}
        self.owners: dict[str, str] = {}
        self.regions: dict[str, str] = {}
        self.faults = Faults()

    def fetch(self, url: str) -> str:
        bucket, _, rest = url.removeprefix("https://").partition(".s3.")
        return self.objects[bucket, rest.split("/", 1)[1]].decode()

    @api
    def head_bucket(self, *, Bucket: str, ExpectedBucketOwner: str) -> dict[str, Any]:
        if Bucket not in self.buckets:
            raise client_error("404", "Not Found", "HeadBucket")
        self._check_owner(Bucket, ExpectedBucketOwner)
        return {"BucketRegion": self.regions.get(Bucket, "us-east-1")}

    @api
    def create_bucket(self, *, Bucket: str, **_: Any) -> dict[str, Any]:
        if Bucket in self.buckets:
            raise client_error("BucketAlreadyOwnedByYou", "yours", "CreateBucket")
        self.buckets[Bucket] = {}
        return {}

    @api
    def head_object(
        self, *, Bucket: str, ExpectedBucketOwner: str, Key: str, ChecksumMode: str
    ) -> dict[str, Any]:
        self._check_owner(Bucket, ExpectedBucketOwner)
        if (Bucket, Key) not in self.objects:
            raise client_error("404", "Not Found", "HeadObject")
        digest = hashlib.sha256(self.objects[Bucket, Key]).digest()
        return {"ChecksumSHA256": base64.b64encode(digest).decode()}

    @api
    def put_object(
        self, *, Bucket: str, ExpectedBucketOwner: str, Key: str, Body: bytes, ChecksumSHA256: str
    ) -> dict[str, Any]:
        self._check_owner(Bucket, ExpectedBucketOwner)
        assert base64.b64decode(ChecksumSHA256) == hashlib.sha256(Body).digest()
        self.objects[Bucket, Key] = Body
        return {}

    def _check_owner(self, bucket: str, expected: str) -> None:
        if self.owners.get(bucket, ACCOUNT) != expected:
            raise client_error("403", "Forbidden", "HeadBucket")

    def _get(self, bucket: str, setting: str, missing: str) -> dict[str, Any]:
        found = self.buckets[bucket].get(setting)
        if found is None:
            raise client_error(missing, "not set", setting)
        return dict(found)

    @api
    def get_public_access_block(self, *, Bucket: str, ExpectedBucketOwner: str) -> dict[str, Any]:
        return self._get(Bucket, "access", "NoSuchPublicAccessBlockConfiguration")

    @api
    def put_public_access_block(
        self, *, Bucket: str, ExpectedBucketOwner: str, **value: Any
    ) -> None:
        self.buckets[Bucket]["access"] = value

    @api
    def get_bucket_ownership_controls(
        self, *, Bucket: str, ExpectedBucketOwner: str
    ) -> dict[str, Any]:
        return self._get(Bucket, "ownership", "OwnershipControlsNotFoundError")

    @api
    def put_bucket_ownership_controls(
        self, *, Bucket: str, ExpectedBucketOwner: str, **value: Any
    ) -> None:
        self.buckets[Bucket]["ownership"] = value

    @api
    def get_bucket_encryption(self, *, Bucket: str, ExpectedBucketOwner: str) -> dict[str, Any]:
        missing = "ServerSideEncryptionConfigurationNotFoundError"
        return self._get(Bucket, "encryption", missing)

    @api
    def put_bucket_encryption(self, *, Bucket: str, ExpectedBucketOwner: str, **value: Any) -> None:
        self.buckets[Bucket]["encryption"] = value

    @api
    def get_bucket_versioning(self, *, Bucket: str, ExpectedBucketOwner: str) -> dict[str, Any]:
        return dict(self.buckets[Bucket].get("versioning", {}))

    @api
    def put_bucket_versioning(
        self, *, Bucket: str, ExpectedBucketOwner: str, VersioningConfiguration: dict[str, str]
    ) -> None:
        self.buckets[Bucket]["versioning"] = VersioningConfiguration

    @api
    def get_bucket_lifecycle_configuration(
        self, *, Bucket: str, ExpectedBucketOwner: str
    ) -> dict[str, Any]:
        return self._get(Bucket, "lifecycle", "NoSuchLifecycleConfiguration")

    @api
    def put_bucket_lifecycle_configuration(
        self, *, Bucket: str, ExpectedBucketOwner: str, LifecycleConfiguration: dict[str, Any]
    ) -> None:
        self.buckets[Bucket]["lifecycle"] = LifecycleConfiguration

    @api
    def get_bucket_policy(self, *, Bucket: str, ExpectedBucketOwner: str) -> dict[str, Any]:
        return self._get(Bucket, "policy", "NoSuchBucketPolicy")

    @api
    def put_bucket_policy(self, *, Bucket: str, ExpectedBucketOwner: str, **value: Any) -> None:
        self.buckets[Bucket]["policy"] = value

    @api
    def get_bucket_tagging(self, *, Bucket: str, ExpectedBucketOwner: str) -> dict[str, Any]:
        return self._get(Bucket, "tags", "NoSuchTagSet")

    @api
    def put_bucket_tagging(
        self, *, Bucket: str, ExpectedBucketOwner: str, Tagging: dict[str, Any]
    ) -> None:
        self.buckets[Bucket]["tags"] = Tagging
