from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistudio_templates.config import EnvironmentConfig, NetworkConfig, plan_subnets
from aistudio_templates.config.subnets import TIERS
from aistudio_templates.errors import ConfigError


def network(cidr: str, zones: int = 2, **more: object) -> NetworkConfig:
    return NetworkConfig(
        cidr=cidr,
        availability_zones=zones,
        nat_gateways=0,
        **more,  # type: ignore[arg-type]
    )


def test_two_zones_are_laid_out_as_in_the_system_in_service() -> None:
    plan = plan_subnets(EnvironmentConfig.get("dev").network)
    assert plan.public == ("10.0.0.0/24", "10.0.1.0/24")
    assert plan.application == ("10.0.4.0/22", "10.0.8.0/22")
    assert plan.data == ("10.0.12.0/24", "10.0.13.0/24")
    assert plan.isolated == ("10.0.14.0/24", "10.0.15.0/24")


def test_three_zones_are_laid_out_as_in_the_system_in_service() -> None:
    plan = plan_subnets(network("10.0.0.0/16", 3))
    assert plan.public == ("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24")
    assert plan.application == ("10.0.4.0/22", "10.0.8.0/22", "10.0.12.0/22")
    assert plan.data == ("10.0.16.0/24", "10.0.17.0/24", "10.0.18.0/24")
    assert plan.isolated == ("10.0.19.0/24", "10.0.20.0/24", "10.0.21.0/24")


@given(
    prefix=st.integers(16, 23),
    zones=st.integers(2, 3),
    position=st.integers(0, 2**24 - 1),
)
def test_plans_are_aligned_disjoint_inside_and_complete(
    prefix: int, zones: int, position: int
) -> None:
    size = 2 ** (32 - prefix)
    vpc = IPv4Network(((10 << 24) + position // size * size, prefix))
    plan = plan_subnets(network(str(vpc), zones))
    subnets = [IPv4Network(cidr) for tier in TIERS for cidr in getattr(plan, tier)]
    assert len(subnets) == len(TIERS) * zones
    assert all(subnet.subnet_of(vpc) and subnet.prefixlen <= 28 for subnet in subnets)
    assert not any(a.overlaps(b) for a, b in combinations(subnets, 2))


def test_what_does_not_fit_is_shown_with_the_plan() -> None:
    with pytest.raises(ConfigError, match=r"network.cidr = '10.0.0.0/24'") as caught:
        plan_subnets(network("10.0.0.0/24", 3))
    assert "the plan: public 10.0.0.0/28" in (caught.value.hint or "")


def explicit(**tiers: list[str]) -> dict[str, object]:
    plan = plan_subnets(network("10.0.0.0/16"))
    return {"subnet_cidrs": {tier: getattr(plan, tier) for tier in TIERS} | tiers}


@pytest.mark.parametrize(
    ("tiers", "message"),
    [
        ({"data": ["10.0.12.0/24"]}, "subnet_cidrs.data has 1 entries"),
        ({"data": ["10.0.12.0/24", "10.1.0.0/24"]}, "does not fit into it"),
        ({"data": ["10.0.12.0/24", "10.0.0.0/25"]}, "overlaps"),
        ({"data": ["10.0.12.0/24", "10.0.13.0/29"]}, "smaller than /28"),
        ({"data": ["10.0.12.0/24", "10.0.13.9/24"]}, "host bits"),
        ({"data": ["10.0.12.0/24", "nonsense"]}, "nonsense"),
    ],
)
def test_explicit_subnets_are_checked(tiers: dict[str, list[str]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        EnvironmentConfig.get("dev").override(network=explicit(**tiers))


def test_explicit_subnets_are_taken_as_they_are() -> None:
    chosen = explicit(data=["10.0.100.0/24", "10.0.101.0/24"])
    config = EnvironmentConfig.get("dev").override(network=chosen)
    assert plan_subnets(config.network).data == ("10.0.100.0/24", "10.0.101.0/24")
