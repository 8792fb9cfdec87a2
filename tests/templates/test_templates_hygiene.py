"""Every resource of every environment: encrypted, kept long enough, tagged and watched."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from aistudio_templates.application import compose
from aistudio_templates.config import EnvironmentConfig, Organization
from aistudio_templates.deploy.stateful import is_stateful
from aistudio_templates.model import Assembly
from aistudio_templates.model.limits import MAX_ENTRIES, MAX_TEMPLATE_BYTES
from aistudio_templates.model.render import render
from aistudio_templates.rehearsal.schemas import resource_schema
from support.environments import ENVIRONMENTS, assembly, composed
from support.wiring import Wiring

SHARE_OF_A_LIMIT = 0.9
ECS = {"hosting": "ecs", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}
TABLES = {"AWS::DynamoDB::Table"}

SETS: dict[str, tuple[str, Assembly]] = {
    **{name: (name, assembly(name)) for name in ENVIRONMENTS},
    **{
        f"{name} on ECS": (name, composed(EnvironmentConfig.get(name).override(frontend=ECS)))
        for name in ENVIRONMENTS
    },
}
WIRINGS = {variant: Wiring(built) for variant, (_, built) in SETS.items()}

UNWATCHED = {
    ("AWS::Lambda::Function", "power_tuning"): "started by hand; the execution says what failed",
    ("AWS::SQS::Queue", "power_tuning"): "the same",
}
"""Resources without an alarm of their own, and why."""


def by_type(resource_type: str) -> list[Any]:
    return [
        pytest.param(variant, place, id=f"{variant}: {'/'.join(place)}")
        for variant, wiring in WIRINGS.items()
        for place in wiring.resources(resource_type)
    ]


def properties(variant: str, place: tuple[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = WIRINGS[variant].resource(place)["Properties"]
    return found


ENCRYPTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "AWS::SQS::Queue": lambda p: p["SqsManagedSseEnabled"] is True,
    "AWS::DynamoDB::Table": lambda p: p["SSESpecification"]["SSEEnabled"] is True,
    "AWS::S3::Bucket": lambda p: p["BucketEncryption"]["ServerSideEncryptionConfiguration"],
    "AWS::SNS::Topic": lambda p: p["KmsMasterKeyId"],
    "AWS::RDS::DBCluster": lambda p: p["StorageEncrypted"] is True,
    "AWS::ECR::Repository": lambda p: p["EncryptionConfiguration"],
}
"""How a type is encrypted where that is a choice; log groups, secrets and functions always are.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/data-protection.html
"""


@pytest.mark.parametrize("resource_type", ENCRYPTED)
def test_everything_is_encrypted_at_rest(resource_type: str) -> None:
    found = by_type(resource_type)
    assert found or resource_type == "AWS::ECR::Repository"
    for parameters in found:
        variant, place = parameters.values
        assert ENCRYPTED[resource_type](properties(variant, place)), (variant, place)


@pytest.mark.parametrize("variant", WIRINGS)
def test_every_queue_bucket_and_topic_refuses_plain_http(variant: str) -> None:
    policies = {
        "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues"),
        "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
        "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics"),
    }
    wiring = WIRINGS[variant]
    for resource_type, (policy_type, key) in policies.items():
        refusing = set()
        for (stack, _), policy in wiring.resources(policy_type).items():
            denied = [
                statement
                for statement in policy["Properties"]["PolicyDocument"]["Statement"]
                if statement["Effect"] == "Deny"
                and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            ]
            targets = policy["Properties"][key]
            if denied:
                refusing |= {
                    wiring.target(stack, target)
                    for target in (targets if isinstance(targets, list) else [targets])
                }
        assert set(wiring.resources(resource_type)) == refusing


@pytest.mark.parametrize(("variant", "place"), by_type("AWS::Logs::LogGroup"))
def test_every_log_group_has_a_retention(variant: str, place: tuple[str, str]) -> None:
    name, _ = SETS[variant]
    days = properties(variant, place)["RetentionInDays"]
    assert days >= 1
    if place[0] not in {"network"}:
        assert days >= EnvironmentConfig.get(name).monitoring.log_retention_days


@pytest.mark.parametrize(("variant", "place"), by_type("AWS::Lambda::Function"))
def test_every_function_logs_to_a_group_of_ours(variant: str, place: tuple[str, str]) -> None:
    logging = properties(variant, place)["LoggingConfig"]
    target = WIRINGS[variant].target(place[0], logging["LogGroup"])
    assert target is not None
    assert WIRINGS[variant].resource(target)["Type"] == "AWS::Logs::LogGroup"
    assert logging["LogFormat"] == "JSON"


@pytest.mark.parametrize(("variant", "place"), by_type("AWS::Lambda::Function"))
def test_every_function_has_the_cost_tags(variant: str, place: tuple[str, str]) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in properties(variant, place)["Tags"]}
    assert tags["ManagedBy"] == "OptimizedLambda"
    assert tags["Architecture"] == properties(variant, place)["Architectures"][0] == "arm64"
    assert tags["OptimizedMemory"] == str(properties(variant, place)["MemorySize"])
    assert tags["PowerTuned"] == "false"
    assert tags["PerformanceProfile"] in {"critical", "standard", "batch"}


@pytest.mark.parametrize("variant", WIRINGS)
def test_everything_taggable_is_tagged(variant: str) -> None:
    name, _ = SETS[variant]
    for place, resource in WIRINGS[variant].resources().items():
        if not resource["Type"].startswith("AWS::"):
            continue
        tagging = resource_schema(resource["Type"], "us-east-1").document.get("tagging", {})
        own = resource["Properties"].get("Tags", resource["Properties"].get("UserPoolTags"))
        if tagging.get("tagProperty") not in {"/properties/Tags", "/properties/UserPoolTags"}:
            continue
        assert own, (place, resource["Type"])
        tags = own if isinstance(own, dict) else {tag["Key"]: tag["Value"] for tag in own}
        assert tags["Project"] == "AIStudio"
        assert tags["Environment"] == name
        assert tags["Stack"] == place[0]
        assert "ManagedBy" in tags


@pytest.mark.parametrize("variant", WIRINGS)
def test_what_holds_data_outlives_its_stack(variant: str) -> None:
    for place, resource in WIRINGS[variant].resources().items():
        if not is_stateful(resource["Type"]):
            continue
        if "DBClusterIdentifier" in resource["Properties"] and place[1] != "Cluster":
            continue  # An instance of a cluster holds no data of its own.
        # What a failed creation takes along has nothing in it yet.
        kept = {"Retain", "RetainExceptOnCreate", "Snapshot"}
        assert resource["DeletionPolicy"] in kept, place
        assert resource["UpdateReplacePolicy"] in {"Retain", "Snapshot"}, place


def watched(wiring: Wiring) -> set[tuple[str, str]]:
    """Return what some alarm of the set has as a dimension."""
    found = set()
    for (stack, _), alarm in wiring.resources("AWS::CloudWatch::Alarm").items():
        text = json.dumps(alarm["Properties"])
        metrics = [
            q["MetricStat"]["Metric"]
            for q in alarm["Properties"].get("Metrics", [])
            if "MetricStat" in q
        ] or [alarm["Properties"]]
        assert text
        for metric in metrics:
            for dimension in metric.get("Dimensions", []):
                target = wiring.target(stack, dimension["Value"])
                if target:
                    found.add(target)
    return found


@pytest.mark.parametrize("variant", WIRINGS)
def test_functions_queues_and_the_cluster_have_alarms_where_there_are_alarms(variant: str) -> None:
    name, _ = SETS[variant]
    wiring = WIRINGS[variant]
    if not EnvironmentConfig.get(name).monitoring.alarms_enabled:
        assert not wiring.resources("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
        return
    found = watched(wiring)
    for resource_type in ("AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::RDS::DBCluster"):
        for place in wiring.resources(resource_type):
            assert place in found or (resource_type, place[0]) in UNWATCHED, place


@pytest.mark.parametrize("variant", WIRINGS)
def test_every_alarm_tells_what_is_wrong_to_the_alarm_topic(variant: str) -> None:
    for place, alarm in WIRINGS[variant].resources("AWS::CloudWatch::Alarm").items():
        declared = alarm["Properties"]
        assert len(declared["AlarmDescription"]) > 40, place
        assert declared["AlarmActions"] == declared["OKActions"] == [{"Ref": "AlarmTopic"}]


@pytest.mark.parametrize("variant", WIRINGS)
def test_no_template_is_near_a_limit(variant: str) -> None:
    _, built = SETS[variant]
    for stack in built.stacks:
        for section, limit in MAX_ENTRIES.items():
            count = len(stack.body.get(section, {}))
            assert count <= limit * SHARE_OF_A_LIMIT, (stack.name, section)
    for file, content in render(built).items():
        assert len(content) <= MAX_TEMPLATE_BYTES * SHARE_OF_A_LIMIT, file


@pytest.mark.parametrize("variant", WIRINGS)
def test_queues_wait_longer_than_their_consumers_run(variant: str) -> None:
    wiring = WIRINGS[variant]
    for (stack, _), source in wiring.resources("AWS::Lambda::EventSourceMapping").items():
        function = wiring.target(stack, source["Properties"]["FunctionName"])
        queue = wiring.target(stack, source["Properties"]["EventSourceArn"])
        assert function
        assert queue
        timeout = wiring.resource(function)["Properties"]["Timeout"]
        assert wiring.resource(queue)["Properties"]["VisibilityTimeout"] >= 6 * timeout
        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["Properties"]["ScalingConfig"]["MaximumConcurrency"] >= 2
        assert "RedrivePolicy" in wiring.resource(queue)["Properties"]


PUBLISHED = {
    "db-cluster-arn",
    "db-secret-arn",
    "documents-bucket-name",
    "ecs-internal-endpoint",
    "internal-api-secret-arn",
    "notification-queue-url",
    "notification-sender-function-arn",
    "schedule-executor-function-arn",
    "scheduler-execution-role-arn",
    "ses-configuration-set",
    "vpc-azs",
    "vpc-cidr",
    "vpc-data-subnet-ids",
    "vpc-id",
    "vpc-isolated-subnet-ids",
    "vpc-owner-stack-id",
    "vpc-private-subnet-ids",
    "vpc-public-subnet-ids",
}
"""SSM parameters that the application and scripts read, below ``/aistudio/<env>/``."""

PUBLISHED_ON_ECS = {"alb-dns-name", "ecr-repository-uri", "ecs-cluster-name", "ecs-service-name"}


@pytest.mark.parametrize("variant", WIRINGS)
def test_every_parameter_that_others_read_is_published(variant: str) -> None:
    name, _ = SETS[variant]
    found = {
        parameter["Properties"]["Name"]
        for parameter in WIRINGS[variant].resources("AWS::SSM::Parameter").values()
    }
    hosting = PUBLISHED_ON_ECS if variant.endswith("ECS") else {"amplify-app-id"}
    assert {f"/aistudio/{name}/{key}" for key in PUBLISHED | hosting} <= found


@pytest.mark.parametrize("hosting", [{}, ECS])
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_domain_comes_from_configuration_alone(name: str, hosting: dict[str, str]) -> None:
    elsewhere = Organization(base_domain="school.example.org", alert_email="a@school.example.org")
    config = EnvironmentConfig.get(name).override(frontend=hosting)
    for file, content in render(compose(config, elsewhere)).items():
        assert b"example.com" not in content, file
