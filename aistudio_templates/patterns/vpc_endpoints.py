"""Interface endpoints: a priced choice (about 7.30 USD per zone and month each).

Source: https://aws.amazon.com/privatelink/pricing/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import Ref, Sub, Tags, ec2

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.security_group import no_egress


@dataclass(frozen=True)
class InterfaceEndpoints(Handle):
    """Interface endpoints with the security group that they share."""

    security_group: Any
    endpoints: tuple[Any, ...]


def interface_endpoints(
    config: EnvironmentConfig, *, vpc_id: Value, subnet_ids: Sequence[Value]
) -> InterfaceEndpoints | None:
    """Return the endpoints that ``config.network.interface_endpoints`` lists.

    Args:
        config: Names the services and the VPC's CIDR, from which HTTPS is let in.
        vpc_id: The VPC.
        subnet_ids: One subnet a zone; each adds the price of one endpoint.

    Returns:
        ``None`` when the list is empty.
    """
    services = config.network.interface_endpoints
    if not services:
        return None
    group = _security_group(config, vpc_id)
    endpoints = tuple(
        ec2.VPCEndpoint(
            names.pascal_case(service.replace(".", "-")) + "InterfaceEndpoint",
            VpcId=vpc_id,
            VpcEndpointType="Interface",
            ServiceName=Sub(f"com.amazonaws.${{AWS::Region}}.{service}"),
            PrivateDnsEnabled=True,
            SecurityGroupIds=[Ref(group)],
            SubnetIds=list(subnet_ids),
            Tags=Tags(Name=names.physical_name(config.name, service.replace(".", "-"))),
        )
        for service in services
    )
    return InterfaceEndpoints(group, endpoints)


def _security_group(config: EnvironmentConfig, vpc_id: Value) -> Any:
    return ec2.SecurityGroup(
        "InterfaceEndpointSecurityGroup",
        VpcId=vpc_id,
        GroupDescription="HTTPS from inside the VPC to interface endpoints",
        SecurityGroupIngress=[
            ec2.SecurityGroupRule(
                IpProtocol="tcp",
                FromPort=443,
                ToPort=443,
                CidrIp=config.network.cidr,
                Description="HTTPS from inside the VPC",
            )
        ],
        SecurityGroupEgress=no_egress(),
        Tags=Tags(Name=names.physical_name(config.name, "interface-endpoints")),
    )
