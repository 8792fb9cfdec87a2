"""IPv4 ranges: the subnets of a VPC, computed or explicit, and what may not overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations

from aistudio_templates.config.network import NetworkConfig
from aistudio_templates.errors import ConfigError

TIERS = ("public", "application", "data", "isolated")
"""The tiers, in the order in which they are laid out."""

_SMALLEST_PREFIX = 28
"""Longest prefix of a subnet. Source: https://docs.aws.amazon.com/vpc/latest/userguide/
subnet-sizing.html"""

_TIER_BITS = {"public": 8, "application": 6, "data": 8, "isolated": 8}
"""How much longer a subnet's prefix is than the VPC's: /24 and /22 in a /16."""

_VPC_PREFIXES = range(16, 25)
_LARGEST_SUBNET_LIMIT = {"application": 26}


@dataclass(frozen=True)
class SubnetPlan:
    """IPv4 ranges of all subnets, one a zone in each tier."""

    public: tuple[str, ...]
    application: tuple[str, ...]
    data: tuple[str, ...]
    isolated: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(f"{tier} {', '.join(getattr(self, tier))}" for tier in TIERS)


def parse_cidr(key: str, text: str) -> IPv4Network:
    """Return ``text`` as a network.

    Args:
        key: The configuration key, for the message.
        text: Such as ``10.0.0.0/16``.

    Raises:
        ConfigError: It is no IPv4 range, or has host bits set.
    """
    try:
        network = IPv4Network(text)
    except ValueError as error:
        raise ConfigError(
            f"{key} = {text!r}: {error}", "give an IPv4 range such as 10.0.0.0/16"
        ) from error
    if "/" not in text:
        raise ConfigError(f"{key} = {text!r}: has no prefix length", "such as 10.0.0.0/16")
    return network


def plan_subnets(network: NetworkConfig) -> SubnetPlan:
    """Return the subnets of a VPC: the explicit ones, or a plan in ascending order.

    Computed subnets follow each other at the next address that suits their size, so
    that a /16 has /24 subnets, and /22 for the application.

    Raises:
        ConfigError: They do not fit into the VPC, overlap, or are too few or many.
    """
    vpc = parse_cidr("network.cidr", network.cidr)
    if vpc.prefixlen not in _VPC_PREFIXES:
        raise ConfigError(f"network.cidr = {network.cidr!r}: must be /16 to /24")
    explicit = network.subnet_cidrs
    if explicit is None:
        plan = _computed(vpc, network.availability_zones)
    else:
        plan = SubnetPlan(**{tier: getattr(explicit, tier) for tier in TIERS})
    _check_plan(plan, vpc, network.availability_zones)
    return plan


def check_disjoint(ranges: Mapping[str, str]) -> None:
    """Check that no two ranges overlap.

    Args:
        ranges: Configuration key → IPv4 range.

    Raises:
        ConfigError: Names the two that overlap.
    """
    networks = {key: parse_cidr(key, text) for key, text in ranges.items()}
    for (key, network), (other_key, other) in combinations(networks.items(), 2):
        if network.overlaps(other):
            raise ConfigError(
                f"{key} = {str(network)!r}: overlaps {other_key} = {str(other)!r}",
                "give each a range of its own",
            )


def _computed(vpc: IPv4Network, zones: int) -> SubnetPlan:
    address = int(vpc.network_address)
    plan: dict[str, tuple[str, ...]] = {}
    for tier in TIERS:
        limit = _LARGEST_SUBNET_LIMIT.get(tier, _SMALLEST_PREFIX)
        prefix = min(vpc.prefixlen + _TIER_BITS[tier], limit)
        size = 2 ** (32 - prefix)
        subnets = []
        for _ in range(zones):
            address = -(-address // size) * size
            subnets.append(str(IPv4Network((address, prefix))))
            address += size
        plan[tier] = tuple(subnets)
    return SubnetPlan(**plan)


def _check_plan(plan: SubnetPlan, vpc: IPv4Network, zones: int) -> None:
    keyed: dict[str, str] = {}
    for tier in TIERS:
        cidrs = getattr(plan, tier)
        if len(cidrs) != zones:
            raise ConfigError(
                f"network.subnet_cidrs.{tier} has {len(cidrs)} entries: "
                f"availability_zones = {zones}",
                "give one range a zone",
            )
        keyed |= {f"network.subnet_cidrs.{tier}[{i}]": cidr for i, cidr in enumerate(cidrs)}
    _check_inside(keyed.items(), vpc, plan)
    check_disjoint(keyed)


def _check_inside(keyed: Iterable[tuple[str, str]], vpc: IPv4Network, plan: SubnetPlan) -> None:
    for key, cidr in keyed:
        network = parse_cidr(key, cidr)
        if network.prefixlen > _SMALLEST_PREFIX:
            raise ConfigError(f"{key} = {cidr!r}: smaller than /{_SMALLEST_PREFIX}")
        if not network.subnet_of(vpc):
            raise ConfigError(
                f"network.cidr = {str(vpc)!r}: {key} = {cidr!r} does not fit into it",
                f"the plan: {plan}",
            )
