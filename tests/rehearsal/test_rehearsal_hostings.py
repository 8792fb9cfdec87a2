"""Both hostings of the application, deployed to the emulator; what the application reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.rehearsal import Emulator, emulator
from support.rehearsed_set import deployed_set

ZONE = "Z0123456789ABCDEFGHIJ"
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012"
HOSTINGS: dict[str, dict[str, Any]] = {
    "amplify": {
        "hosted_zone_id": ZONE,
        "waf_enabled": True,
        "repository_url": "https://github.com/example/aistudio",
    },
    "ecs": {"hosting": "ecs", "hosted_zone_id": ZONE, "image": "v1.0.0"},
    "ecs without a zone": {"hosting": "ecs", "certificate_arn": CERTIFICATE},
}


class Rehearsed:
    """One hosting, deployed, and clients to look at it."""

    def __init__(self, running: Emulator, outputs: Mapping[str, str]) -> None:
        self.outputs = outputs
        self.recorded = running.observed().recorded
        session: Any = boto3.Session(*running.credentials, region_name=running.region)
        self.ssm = session.client("ssm", endpoint_url=running.endpoint_url)
        self.ecs = session.client("ecs", endpoint_url=running.endpoint_url)

    def parameters(self) -> dict[str, str]:
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(
            Path="/aistudio/dev", Recursive=True
        )
        return {
            p["Name"].removeprefix("/aistudio/dev/"): p["Value"]
            for page in pages
            for p in page["Parameters"]
        }


@pytest.fixture(scope="module", params=HOSTINGS)
def rehearsed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Rehearsed]]:
    config = EnvironmentConfig.get("dev").override(
        frontend=HOSTINGS[request.param], monitoring={"alarms_enabled": True}
    )
    with emulator() as running:
        outputs = deployed_set(running, config, tmp_path_factory.mktemp("templates"))
        yield request.param, Rehearsed(running, outputs)


def test_every_output_is_resolved(rehearsed: tuple[str, Rehearsed]) -> None:
    _, bench = rehearsed
    assert len(bench.outputs) > 20
    for name, value in bench.outputs.items():
        assert value, name
        assert "${" not in value, name
        assert "{{resolve" not in value, name


def test_every_parameter_has_a_plausible_value(rehearsed: tuple[str, Rehearsed]) -> None:
    hosting, bench = rehearsed
    found = bench.parameters()
    shapes = {
        "db-cluster-arn": "arn:aws:rds:us-east-1:000000000000:cluster:aistudio-dev-cluster-",
        "db-secret-arn": "arn:aws:secretsmanager:us-east-1:000000000000:secret:",
        "documents-bucket-name": "aistudio-dev-storage-",
        "ecs-internal-endpoint": "https://dev.example.com",
        "internal-api-secret-arn": "arn:aws:secretsmanager:us-east-1:000000000000:secret:",
        "notification-queue-url": "http://127.0.0.1:",
        "notification-sender-function-arn": (
            "arn:aws:lambda:us-east-1:000000000000:function:aistudio-dev-notification-sender"
        ),
        "schedule-executor-function-arn": (
            "arn:aws:lambda:us-east-1:000000000000:function:aistudio-dev-schedule-executor"
        ),
        "scheduler-execution-role-arn": "arn:aws:iam::000000000000:role/",
        "ses-configuration-set": "aistudio-dev-email-config",
        "vpc-azs": "us-east-1a,us-east-1b",
        "vpc-cidr": "10.0.0.0/16",
        "vpc-data-subnet-ids": "subnet-",
        "vpc-id": "vpc-",
        "vpc-isolated-subnet-ids": "subnet-",
        "vpc-owner-stack-id": "aistudio-dev-Network-",
        "vpc-private-subnet-ids": "subnet-",
        "vpc-public-subnet-ids": "subnet-",
    }
    if hosting == "amplify":
        shapes["amplify-app-id"] = "d"
    else:
        shapes |= {"alb-dns-name": "", "ecr-repository-uri": "000000000000.dkr.ecr.us-east-1."}
        shapes |= {"ecs-cluster-name": "", "ecs-service-name": ""}
    assert shapes.keys() <= found.keys()
    for name, start in shapes.items():
        assert found[name].startswith(start), (name, found[name])
        assert found[name], name


def test_tasks_are_asked_for_once_there_is_an_image(rehearsed: tuple[str, Rehearsed]) -> None:
    hosting, bench = rehearsed
    if hosting == "amplify":
        assert not bench.ecs.list_clusters()["clusterArns"]
        return
    cluster = bench.outputs["FrontendEcsClusterName"]
    (service,) = bench.ecs.describe_services(
        cluster=cluster, services=[bench.outputs["FrontendEcsServiceName"]]
    )["services"]
    assert service["desiredCount"] == (1 if hosting == "ecs" else 0)


def test_what_an_operator_must_make_first_is_told(rehearsed: tuple[str, Rehearsed]) -> None:
    hosting, bench = rehearsed
    assert "secret aistudio-dev-google-oauth" in bench.recorded
    assert ("secret aistudio-github-token" in bench.recorded) == (hosting == "amplify")
    assert (f"hosted zone {ZONE}" in bench.recorded) == (hosting != "ecs without a zone")
