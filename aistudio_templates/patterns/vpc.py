"""A VPC with four tiers of subnets, NAT gateways and gateway endpoints.

========== ===================== ==========================================
tier       default route         holds
========== ===================== ==========================================
public     internet gateway      load balancers, NAT gateways
application NAT gateway, if any  tasks and functions inside the VPC
data       none                  the database
isolated   none                  interface endpoints, RDS proxies
========== ===================== ==========================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, GetAZs, Ref, Select, Sub, Tags, ec2

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig, plan_subnets
from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle

GATEWAY_ENDPOINT_SERVICES = ("s3", "dynamodb")
"""Services with a gateway endpoint: free of charge, so always there."""


@dataclass(frozen=True)
class SubnetTier(Handle):
    """The subnets of one tier, one a zone, with their route tables.

    Attributes:
        name: Such as ``application``.
        subnets: In order of the zones.
        route_tables: One for all subnets, or one for each of them.
        associations: Of each subnet with its route table.
    """

    name: str
    subnets: tuple[Any, ...]
    route_tables: tuple[Any, ...]
    associations: tuple[Any, ...]

    @property
    def subnet_ids(self) -> list[Value]:
        """The subnets' ids, in order of the zones."""
        return [Ref(subnet) for subnet in self.subnets]


@dataclass(frozen=True)
class NatGateways(Handle):
    """NAT gateways in the first public subnets, their addresses, and the routes to them."""

    gateways: tuple[Any, ...]
    addresses: tuple[Any, ...]
    routes: tuple[Any, ...]


@dataclass(frozen=True)
class Vpc(Handle):
    """A VPC and everything that gives its subnets their routes."""

    vpc: Any
    internet_gateway: Any
    attachment: Any
    public: SubnetTier
    application: SubnetTier
    data: SubnetTier
    isolated: SubnetTier
    public_route: Any
    nat: NatGateways
    gateway_endpoints: tuple[Any, ...]

    @property
    def tiers(self) -> tuple[SubnetTier, ...]:
        """All tiers, from the most public to the least."""
        return (self.public, self.application, self.data, self.isolated)


def vpc(config: EnvironmentConfig) -> Vpc:
    """Return the VPC that ``config.network`` describes.

    NAT gateways are shared by the zones when there are fewer gateways than zones.

    Raises:
        ConfigError: The subnets do not fit into the VPC's CIDR.
    """
    plan = plan_subnets(config.network)
    network = _network(config)
    gateway = ec2.InternetGateway("InternetGateway", Tags=_name_tag(config, "internet-gateway"))
    attachment = ec2.VPCGatewayAttachment(
        "InternetGatewayAttachment", VpcId=Ref(network), InternetGatewayId=Ref(gateway)
    )
    public = _tier(config, "public", plan.public, table_each=False)
    application = _tier(config, "application", plan.application, table_each=True)
    data = _tier(config, "data", plan.data, table_each=False)
    isolated = _tier(config, "isolated", plan.isolated, table_each=False)
    return Vpc(
        vpc=network,
        internet_gateway=gateway,
        attachment=attachment,
        public=public,
        application=application,
        data=data,
        isolated=isolated,
        public_route=_public_route(public, gateway, attachment),
        nat=_nat_gateways(config, public, application, attachment),
        gateway_endpoints=_gateway_endpoints(config, (public, application, data, isolated)),
    )


def _network(config: EnvironmentConfig) -> Any:
    return ec2.VPC(
        "Vpc",
        CidrBlock=config.network.cidr,
        EnableDnsHostnames=True,
        EnableDnsSupport=True,
        Tags=_name_tag(config, "vpc"),
    )


def _public_route(public: SubnetTier, gateway: Any, attachment: Any) -> Any:
    return ec2.Route(
        "PublicDefaultRoute",
        RouteTableId=Ref(public.route_tables[0]),
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=Ref(gateway),
        DependsOn=attachment.title,
    )


def _tier(
    config: EnvironmentConfig, name: str, cidrs: Sequence[str], *, table_each: bool
) -> SubnetTier:
    title = names.pascal_case(name)
    subnets = tuple(_subnet(config, name, zone, cidr) for zone, cidr in enumerate(cidrs, start=1))
    suffixes = [str(zone) for zone in range(1, len(cidrs) + 1)] if table_each else [""]
    tables = tuple(
        ec2.RouteTable(
            f"{title}RouteTable{suffix}",
            VpcId=Ref("Vpc"),
            Tags=_name_tag(config, f"{name}{suffix and '-' + suffix}"),
        )
        for suffix in suffixes
    )
    associations = tuple(
        ec2.SubnetRouteTableAssociation(
            f"{subnet.title}RouteTableAssociation",
            SubnetId=Ref(subnet),
            RouteTableId=Ref(tables[index] if table_each else tables[0]),
        )
        for index, subnet in enumerate(subnets)
    )
    return SubnetTier(name, subnets, tables, associations)


def _subnet(config: EnvironmentConfig, tier: str, zone: int, cidr: str) -> Any:
    return ec2.Subnet(
        f"{names.pascal_case(tier)}Subnet{zone}",
        VpcId=Ref("Vpc"),
        CidrBlock=cidr,
        AvailabilityZone=Select(zone - 1, GetAZs("")),
        # Load balancers and NAT gateways bring their own addresses; nothing else of
        # ours is reachable from outside just because of its subnet.
        MapPublicIpOnLaunch=False,
        Tags=_name_tag(config, f"{tier}-{zone}") + Tags(Tier=tier),
    )


def _nat_gateways(
    config: EnvironmentConfig, public: SubnetTier, application: SubnetTier, attachment: Any
) -> NatGateways:
    count = config.network.nat_gateways
    addresses = tuple(
        ec2.EIP(
            f"NatGatewayAddress{zone}",
            Domain="vpc",
            DependsOn=attachment.title,
            Tags=_name_tag(config, f"nat-{zone}"),
        )
        for zone in range(1, count + 1)
    )
    gateways = tuple(
        ec2.NatGateway(
            f"NatGateway{zone}",
            AllocationId=GetAtt(address, "AllocationId"),
            SubnetId=Ref(public.subnets[zone - 1]),
            Tags=_name_tag(config, f"nat-{zone}"),
        )
        for zone, address in enumerate(addresses, start=1)
    )
    routes = tuple(
        ec2.Route(
            f"ApplicationDefaultRoute{index + 1}",
            RouteTableId=Ref(table),
            DestinationCidrBlock="0.0.0.0/0",
            NatGatewayId=Ref(gateways[index % count]),
        )
        for index, table in enumerate(application.route_tables if count else ())
    )
    return NatGateways(gateways, addresses, routes)


def _gateway_endpoints(config: EnvironmentConfig, tiers: Sequence[SubnetTier]) -> tuple[Any, ...]:
    tables = [table for tier in tiers for table in tier.route_tables]
    return tuple(
        ec2.VPCEndpoint(
            f"{names.pascal_case(service)}GatewayEndpoint",
            VpcId=Ref("Vpc"),
            VpcEndpointType="Gateway",
            ServiceName=Sub(f"com.amazonaws.${{AWS::Region}}.{service}"),
            RouteTableIds=[Ref(table) for table in tables],
            Tags=_name_tag(config, service),
        )
        for service in GATEWAY_ENDPOINT_SERVICES
    )


def _name_tag(config: EnvironmentConfig, name: str) -> Tags:
    return Tags(Name=names.physical_name(config.name, name))
