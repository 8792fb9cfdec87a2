from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import ConfigError

DEV = EnvironmentConfig.get("dev")
PROD = EnvironmentConfig.get("prod")


def test_override_returns_a_new_value_and_keeps_the_old() -> None:
    changed = DEV.override(network={"nat_gateways": 0}, database={"max_capacity_acu": 4})
    assert (changed.network.nat_gateways, changed.database.max_capacity_acu) == (0, 4)
    assert (DEV.network.nat_gateways, DEV.database.max_capacity_acu) == (1, 2)
    assert EnvironmentConfig.get("dev") == DEV


def test_override_keeps_the_rest_of_a_section() -> None:
    changed = DEV.override(network={"nat_gateways": 0})
    assert changed.network.cidr == DEV.network.cidr
    assert changed.override(network={"nat_gateways": 1}) == DEV


def test_tables_within_a_section_are_merged() -> None:
    subnets = {
        tier: [f"10.0.{first}.0/24", f"10.0.{first + 1}.0/24"]
        for tier, first in (("public", 0), ("application", 4), ("data", 8), ("isolated", 12))
    }
    first = DEV.override(network={"subnet_cidrs": subnets})
    second = first.override(network={"subnet_cidrs": {"data": ["10.0.20.0/24", "10.0.21.0/24"]}})
    assert second.network.subnet_cidrs is not None
    assert second.network.subnet_cidrs.data == ("10.0.20.0/24", "10.0.21.0/24")
    assert second.network.subnet_cidrs.public == ("10.0.0.0/24", "10.0.1.0/24")


def test_values_cannot_be_assigned() -> None:
    with pytest.raises(ValidationError):
        DEV.network.nat_gateways = 3  # type: ignore[misc]


@given(st.integers(0, 2))
def test_no_override_ever_changes_the_defaults(gateways: int) -> None:
    before = EnvironmentConfig.get("dev").model_dump()
    DEV.override(network={"nat_gateways": gateways})
    assert EnvironmentConfig.get("dev").model_dump() == before


ECS = {"hosting": "ecs", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    # section, what the first line says, what the message or hint says is valid
    ({"netwrok": {}}, "netwrok: unknown key", "did you mean 'network'"),
    ({"network": {"natgateways": 1}}, "network.natgateways: unknown key", "nat_gateways"),
    ({"network": {"nat_gateways": "1"}}, "network.nat_gateways = '1'", "whole number"),
    ({"network": {"nat_gateways": True}}, "network.nat_gateways = True", "whole number"),
    ({"network": {"nat_gateways": 4}}, "network.nat_gateways = 4", "less than or equal to 3"),
    ({"network": {"nat_gateways": 3}}, "nat_gateways = 3 is more than", "availability_zones = 2"),
    ({"network": {"availability_zones": 4}}, "network.availability_zones = 4", "3"),
    ({"network": {"cidr": "10.0.0.1/16"}}, "network.cidr = '10.0.0.1/16'", "host bits"),
    ({"network": {"cidr": "10.0.0.0/8"}}, "network.cidr = '10.0.0.0/8'", "/16 to /24"),
    ({"network": {"cidr": "10.0.0.0"}}, "network.cidr = '10.0.0.0'", "prefix"),
    ({"network": {"cidr": "fd00::/64"}}, "network.cidr = 'fd00::/64'", "IPv4"),
    ({"network": {"cidr": 10}}, "network.cidr = 10", "text"),
    (
        {"network": {"reserved_cidrs": ["10.0.128.0/17"]}},
        "network.cidr = '10.0.0.0/16': overlaps network.reserved_cidrs[0]",
        "a range of its own",
    ),
    ({"network": {"interface_endpoints": ["s3"]}}, "interface_endpoints", "'s3' is not known"),
    ({"network": {"interface_endpoints": ["sqs", "sqs"]}}, "interface_endpoints", "twice"),
    ({"network": {"vpc_source": "steal"}}, "network.vpc_source = 'steal'", "share"),
    ({"network": {"vpc_source": "share:dev"}}, "network.vpc_source = 'share:dev'", "its own"),
    ({"network": {"vpc_source": "existing"}}, "vpc_source = 'existing'", "give existing_vpc"),
    ({"network": {"flow_log_retention_days": 8}}, "flow_log_retention_days = 8", "7, 14"),
    ({"database": {"min_capacity_acu": 3}}, "min_capacity_acu = 3 is above", "= 2"),
    ({"database": {"min_capacity_acu": 0.5}}, "auto_pause needs min_capacity_acu = 0", "0.5"),
    ({"database": {"auto_pause": False}}, "min_capacity_acu = 0 needs auto_pause", "true"),
    ({"database": {"proxy": True}}, "auto_pause and proxy exclude each other", "never"),
    ({"database": {"max_capacity_acu": 2.3}}, "database.max_capacity_acu = 2.3", "multiple of 0.5"),
    ({"database": {"max_capacity_acu": 257}}, "database.max_capacity_acu = 257", "256"),
    ({"database": {"seconds_until_auto_pause": 299}}, "seconds_until_auto_pause = 299", "300"),
    ({"database": {"readers": 16}}, "database.readers = 16", "15"),
    ({"database": {"backup_retention_days": 0}}, "backup_retention_days = 0", "1"),
    ({"database": {"engine_version": "17"}}, "database.engine_version = '17'", "match"),
    ({"database": {"schedule_timezone": "Mars/North"}}, "schedule_timezone = 'Mars/North'", "IANA"),
    ({"database": {"schedule_timezone": "../etc"}}, "schedule_timezone = '../etc'", "IANA"),
    (
        {"database": {"scheduled_capacity": [{"name": "x"}]}},
        "database.scheduled_capacity[0].cron: missing",
        "missing",
    ),
    ({"database": {"client_security_group_ids": ["x"]}}, "client_security_group_ids[0]", "sg-"),
    (
        {"database": {"performance_insights_retention_days": 8}},
        "performance_insights_retention_days = 8",
        "7, 31",
    ),
    ({"compute": {"lambda_memory_mib": 64}}, "compute.lambda_memory_mib = 64", "128"),
    ({"compute": {"lambda_memory_mib": 10_241}}, "compute.lambda_memory_mib = 10241", "10240"),
    ({"compute": {"lambda_timeout_seconds": 901}}, "lambda_timeout_seconds = 901", "900"),
    ({"compute": {"architecture": "riscv"}}, "compute.architecture = 'riscv'", "'arm64'"),
    ({"compute": {"ecs_task_cpu": 300}}, "ecs_task_cpu = 300", "256, 512"),
    ({"compute": {"ecs_task_memory_mib": 512}}, "ecs_task_memory_mib = 512", "1024, 2048"),
    ({"compute": {"ecs_desired_count": 9}}, "ecs_desired_count = 9", "ecs_max_count = 3"),
    (
        {"storage": {"extra_allowed_origins": ["http://example.com"]}},
        "storage.extra_allowed_origins",
        "http://localhost",
    ),
    ({"frontend": {"subdomain": "a.b"}}, "frontend.subdomain = 'a.b'", "match"),
    ({"monitoring": {"log_retention_days": 8}}, "monitoring.log_retention_days = 8", "7, 14"),
    ({"cost": {"monthly_budget_usd": 0}}, "cost.monthly_budget_usd = 0", "greater than 0"),
    ({"deploy": {"require_approval": "maybe"}}, "require_approval = 'maybe'", "'broadening'"),
    ({"network": 5}, "network = 5", "a table"),
    ({"name": "Prod"}, "name = 'Prod'", "match"),
]


@pytest.mark.parametrize(("sections", "first_line", "valid"), REFUSED)
def test_invalid_values_are_named_with_what_is_valid(
    sections: dict[str, Any], first_line: str, valid: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        DEV.override(**sections)
    assert first_line in caught.value.message
    assert valid in f"{caught.value.message} {caught.value.hint}"
    assert "\n" not in caught.value.message


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        DEV.override(network={"nat_gateways": 9, "x": 1}, compute={"lambda_memory_mib": 1})
    told = f"{caught.value.message}\n{caught.value.hint}"
    assert "network.nat_gateways = 9" in told
    assert "network.x: unknown key" in told
    assert "compute.lambda_memory_mib = 1" in told


def test_a_proxy_goes_with_a_cluster_that_never_pauses() -> None:
    assert PROD.override(database={"proxy": True}).database.proxy is True


def test_a_schedule_may_not_pause_a_cluster_with_a_proxy() -> None:
    night = {
        "name": "n",
        "cron": "cron(0 20 ? * * *)",
        "min_capacity_acu": 0,
        "max_capacity_acu": 1,
    }
    with pytest.raises(ConfigError, match="0 with a proxy"):
        PROD.override(database={"proxy": True, "scheduled_capacity": [night]})


ENDPOINTS = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]


@pytest.mark.parametrize(
    ("endpoints", "missing"), [([], "ecr.api"), (ENDPOINTS[:3], "secretsmanager")]
)
def test_tasks_without_a_way_out_are_refused(endpoints: list[str], missing: str) -> None:
    with pytest.raises(ConfigError, match=f"tasks cannot start without.*{missing}"):
        DEV.override(frontend=ECS, network={"nat_gateways": 0, "interface_endpoints": endpoints})


def test_endpoints_are_a_way_out_and_amplify_needs_none() -> None:
    closed = {"nat_gateways": 0}
    assert DEV.override(frontend=ECS, network={**closed, "interface_endpoints": ENDPOINTS})
    assert DEV.override(network=closed)


def test_existing_vpc_needs_one_subnet_a_zone() -> None:
    ids = ["subnet-00000000000000001", "subnet-00000000000000002"]
    existing = {
        "vpc_id": "vpc-0123456789abcdef0",
        "cidr": "10.9.0.0/16",
        "availability_zones": ["a", "b"],
        "public_subnet_ids": ids,
        "application_subnet_ids": ids,
        "data_subnet_ids": ids[:1],
        "isolated_subnet_ids": ids,
    }
    with pytest.raises(ConfigError, match="data_subnet_ids has 1 entries for 2 zones"):
        DEV.override(network={"vpc_source": "existing", "existing_vpc": existing})
