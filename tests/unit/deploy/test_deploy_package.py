"""The artifact bucket and uploads against a fake S3."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast

import pytest

from aistudio_templates.deploy.artifact_bucket import ensure_bucket
from aistudio_templates.deploy.bucket_settings import Bucket
from aistudio_templates.deploy.package import Upload, upload_missing
from aistudio_templates.errors import AssetError, AwsError
from support.fake_s3 import ACCOUNT, FakeS3

BUCKET = Bucket("artifacts", ACCOUNT, "us-east-1", "aws")
TAGS = {"Project": "AIStudio"}
SETTINGS = (
    "public access block",
    "ownership",
    "encryption",
    "versioning",
    "lifecycle",
    "policy",
    "tags",
)


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


def ensure(s3: FakeS3, bucket: Bucket = BUCKET) -> tuple[str, ...]:
    return ensure_bucket(cast("Any", s3), bucket, TAGS)


def upload(s3: FakeS3, *uploads: Upload) -> tuple[str, ...]:
    return upload_missing(cast("Any", s3), BUCKET, uploads)


def test_a_missing_bucket_is_made_safe(s3: FakeS3) -> None:
    assert ensure(s3) == ("created", *SETTINGS)
    assert s3.faults.called("create_bucket") == [
        {"Bucket": "artifacts", "ObjectOwnership": "BucketOwnerEnforced"}
    ]
    (statement,) = json.loads(s3.buckets["artifacts"]["policy"]["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (rule,) = s3.buckets["artifacts"]["lifecycle"]["Rules"]
    assert "Expiration" not in rule


def test_a_right_bucket_is_left_alone(s3: FakeS3) -> None:
    ensure(s3)
    s3.faults.calls.clear()
    assert ensure(s3) == ()
    assert [call for call, _ in s3.faults.calls if call.startswith("put")] == []


@pytest.mark.parametrize(
    ("key", "name"),
    list(
        zip(
            ("access", "ownership", "encryption", "versioning", "lifecycle", "policy", "tags"),
            SETTINGS,
            strict=True,
        )
    ),
)
def test_only_what_was_lost_is_repaired(s3: FakeS3, key: str, name: str) -> None:
    ensure(s3)
    before = json.dumps(s3.buckets["artifacts"], sort_keys=True)
    del s3.buckets["artifacts"][key]
    assert ensure(s3) == (name,)
    assert json.dumps(s3.buckets["artifacts"], sort_keys=True) == before


def test_repairs_keep_what_others_added(s3: FakeS3) -> None:
    ensure(s3)
    settings = s3.buckets["artifacts"]
    other = {"Sid": "Other", "Effect": "Deny"}
    settings["policy"] = {"Policy": json.dumps({"Statement": [other]})}
    settings["lifecycle"] = {"Rules": [{"ID": "other"}]}
    settings["tags"] = {"TagSet": [{"Key": "Team", "Value": "x"}]}
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    settings["encryption"] = {"ServerSideEncryptionConfiguration": {"Rules": [kms]}}
    assert ensure(s3) == ("lifecycle", "policy", "tags")
    assert other in json.loads(settings["policy"]["Policy"])["Statement"]
    assert {"ID": "other"} in settings["lifecycle"]["Rules"]
    assert {"Key": "Team", "Value": "x"} in settings["tags"]["TagSet"]


def test_other_regions_are_named_to_s3(s3: FakeS3) -> None:
    bucket = Bucket("artifacts", ACCOUNT, "eu-west-1", "aws")
    ensure(s3, bucket)
    (created,) = s3.faults.called("create_bucket")
    assert created["CreateBucketConfiguration"] == {"LocationConstraint": "eu-west-1"}


def test_race_for_our_own_bucket_is_no_failure(s3: FakeS3) -> None:
    ensure(s3)
    s3.faults.fail("head_bucket", "404")
    assert ensure(s3) == ()


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        ("head_bucket", "403", "another account"),
        ("head_bucket", "301", "another region"),
        ("head_bucket", "500", "s3:ListBucket"),
        ("create_bucket", "BucketAlreadyExists", "another account"),
        ("create_bucket", "TooManyBuckets", "TooManyBuckets"),
        ("put_bucket_policy", "AccessDenied", "s3:PutBucketPolicy"),
        ("get_bucket_policy", "AccessDenied", "s3:GetBucketPolicy"),
    ],
)
def test_refusals_are_explained(s3: FakeS3, call: str, code: str, words: str) -> None:
    s3.faults.fail(call, code)
    with pytest.raises(AwsError, match=words):
        ensure(s3)


def test_foreign_and_distant_buckets_are_refused(s3: FakeS3) -> None:
    ensure(s3)
    s3.regions["artifacts"] = "eu-west-1"
    with pytest.raises(AwsError, match="lies in eu-west-1"):
        ensure(s3)
    s3.owners["artifacts"] = "999999999999"
    with pytest.raises(AwsError, match="another account"):
        ensure(s3)


def test_every_call_but_the_creation_names_the_owner(s3: FakeS3) -> None:
    ensure(s3)
    upload(s3, Upload("k", lambda: b"x"))
    for call, arguments in s3.faults.calls:
        expected = None if call == "create_bucket" else ACCOUNT
        assert arguments.get("ExpectedBucketOwner") == expected, call


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def test_only_missing_objects_are_built_and_sent(s3: FakeS3) -> None:
    def never() -> bytes:
        raise AssertionError("was there already")

    many = [Upload(f"k{n}", lambda n=n: str(n).encode()) for n in range(30)]  # type: ignore[misc]
    assert upload(s3, *many) == tuple(f"k{n}" for n in range(30))
    assert s3.objects["artifacts", "k7"] == b"7"
    assert upload(s3, Upload("k7", never), Upload("k8", never, sha256(b"8"))) == ()


def test_an_object_with_other_content_is_replaced(s3: FakeS3) -> None:
    s3.objects["artifacts", "k"] = b"forged"
    assert upload(s3, Upload("k", lambda: b"ours", sha256(b"ours"))) == ("k",)
    assert s3.objects["artifacts", "k"] == b"ours"


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        ("head_object", "403", "GetObject"),
        ("head_object", "500", "GetObject"),
        ("put_object", "AccessDenied", "s3:PutObject on s3://artifacts/k"),
    ],
)
def test_refused_uploads(s3: FakeS3, call: str, code: str, words: str) -> None:
    s3.faults.fail(call, code)
    with pytest.raises(AwsError, match=words):
        upload(s3, Upload("k", lambda: b"x"))


def test_missing_list_permission_is_not_taken_for_absence(s3: FakeS3) -> None:
    s3.faults.fail("head_object", "403")
    with pytest.raises(AwsError) as caught:
        upload(s3, Upload("k", lambda: b"x"))
    assert "s3:ListBucket" in (caught.value.hint or "")
    assert s3.faults.called("put_object") == []


def test_a_build_failure_stops_the_upload(s3: FakeS3) -> None:
    def broken() -> bytes:
        raise AssetError("no source")

    with pytest.raises(AssetError):
        upload(s3, Upload("k", broken))
    assert s3.faults.called("put_object") == []
