import pytest

from aistudio_templates.config import EnvironmentConfig
from support.environments import ENVIRONMENTS, assembly, composed, stack

CONTENT = ("DocumentsBucket", "RepositoriesBucket")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_bucket_is_private_encrypted_and_kept(name: str) -> None:
    view = stack(assembly(name), "storage")
    assert set(view.of_type("AWS::S3::Bucket")) == {*CONTENT, "AccessLogsBucket"}
    for title in view.of_type("AWS::S3::Bucket"):
        bucket = view.get(title)
        assert bucket.resource["DeletionPolicy"] == "Retain"
        assert bucket.resource["UpdateReplacePolicy"] == "Retain"
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
        rules = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rules[0]["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        assert "BucketName" not in bucket.properties


@pytest.mark.parametrize("title", [*CONTENT, "AccessLogsBucket"])
def test_plain_http_is_refused_on_buckets_and_objects(title: str) -> None:
    policy = stack(assembly("prod"), "storage").get(f"{title}Policy")
    statement = policy.properties["PolicyDocument"]["Statement"][0]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [
        {"Fn::GetAtt": [title, "Arn"]},
        {"Fn::Sub": f"${{{title}.Arn}}/*"},
    ]


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("title", CONTENT)
def test_no_rule_ever_expires_a_live_document(name: str, title: str) -> None:
    bucket = stack(assembly(name), "storage").get(title)
    rules = bucket.properties["LifecycleConfiguration"]["Rules"]
    for rule in rules:
        assert "ExpirationInDays" not in rule
        assert "ExpirationDate" not in rule
    assert {rule["Id"] for rule in rules} == {
        "AbortStalledUploads",
        "IntelligentTiering",
        "ExpireNoncurrentVersions",
        "RemoveExpiredDeleteMarkers",
    }
    bucket.has(VersioningConfiguration={"Status": "Enabled"})


def test_old_versions_go_after_the_configured_days() -> None:
    days = {"noncurrent_version_retention_days": 45}
    config = EnvironmentConfig.get("dev").override(storage=days)
    bucket = stack(composed(config), "storage").get("DocumentsBucket")
    rules = bucket.properties["LifecycleConfiguration"]["Rules"]
    expirations = [rule.get("NoncurrentVersionExpiration") for rule in rules]
    assert [found for found in expirations if found] == [{"NoncurrentDays": 45}]


@pytest.mark.parametrize(("name", "host"), [("dev", "dev."), ("staging", "staging."), ("prod", "")])
def test_browsers_are_let_in_from_the_applications_own_host(name: str, host: str) -> None:
    bucket = stack(assembly(name), "storage").get("DocumentsBucket")
    (rule,) = bucket.properties["CorsConfiguration"]["CorsRules"]
    assert f"https://{host}example.com" in rule["AllowedOrigins"]
    assert rule["AllowedMethods"] == ["GET", "HEAD", "PUT", "POST"]
    assert rule["ExposedHeaders"] == ["ETag"]


def test_production_lets_in_no_other_host() -> None:
    bucket = stack(assembly("prod"), "storage").get("DocumentsBucket")
    (rule,) = bucket.properties["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["https://example.com"]


@pytest.mark.parametrize("title", CONTENT)
def test_content_buckets_log_access_and_notify_eventbridge(title: str) -> None:
    stack(assembly("prod"), "storage").get(title).has(
        LoggingConfiguration={
            "DestinationBucketName": {"Ref": "AccessLogsBucket"},
            "LogFilePrefix": f"{title}/",
        },
        NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
    )


def test_only_this_accounts_buckets_may_deliver_access_logs() -> None:
    policy = stack(assembly("prod"), "storage").get("AccessLogsBucketPolicy")
    (delivery,) = [
        s for s in policy.properties["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"
    ]
    assert delivery["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert delivery["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_bucket_names_are_published() -> None:
    view = stack(assembly("prod"), "storage")
    published = {v["Properties"]["Name"] for v in view.of_type("AWS::SSM::Parameter").values()}
    assert published == {
        "/aistudio/prod/documents-bucket-name",
        "/aistudio/prod/repositories-bucket-name",
    }
