"""The network stack: the VPC that an environment creates, shares or already has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import Join, Ref

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Outputs, StackTemplate, Value, exported, stack_template
from aistudio_templates.patterns.dashboard import Metric, Widget, dashboard, graph, text
from aistudio_templates.patterns.flow_logs import flow_logs
from aistudio_templates.patterns.handle import resources
from aistudio_templates.patterns.ssm import published_parameters
from aistudio_templates.patterns.vpc_endpoints import InterfaceEndpoints, interface_endpoints
from aistudio_templates.patterns.vpc_provider import ProvidedVpc, vpc_provider

_SUBNET_IDS = "List<AWS::EC2::Subnet::Id>"


@dataclass(frozen=True)
class NetworkOutputs(Outputs):
    """What other stacks may know of the network."""

    vpc_id: Value = exported("AWS::EC2::VPC::Id", "The VPC", published=True)
    vpc_cidr: Value = exported("String", "IPv4 range of the VPC", published=True)
    public_subnet_ids: Value = exported(
        _SUBNET_IDS, "Subnets of load balancers, one a zone", published=True
    )
    application_subnet_ids: Value = exported(
        _SUBNET_IDS, "Subnets of tasks, one a zone", published=True
    )
    data_subnet_ids: Value = exported(
        _SUBNET_IDS, "Subnets of the database, one a zone", published=True
    )
    isolated_subnet_ids: Value = exported(
        _SUBNET_IDS, "Subnets without any route out, one a zone", published=True
    )


def build(config: EnvironmentConfig) -> StackTemplate[NetworkOutputs]:
    """Return the network stack of ``config``.

    Flow logs, endpoints and the dashboard belong to whoever owns the VPC; an
    environment that shares one or brings its own adds none of them.

    Raises:
        ConfigError: The subnets do not fit into the VPC's CIDR.
    """
    provided = vpc_provider(config)
    outputs = NetworkOutputs(
        vpc_id=provided.vpc_id,
        vpc_cidr=provided.cidr,
        public_subnet_ids=provided.public_subnet_ids,
        application_subnet_ids=provided.application_subnet_ids,
        data_subnet_ids=provided.data_subnet_ids,
        isolated_subnet_ids=provided.isolated_subnet_ids,
    )
    return stack_template(
        f"AI Studio, {config.name}: VPC, subnets, NAT gateways and endpoints",
        resources(provided, _owned(config, provided), _published(config, provided)),
        outputs,
        parameters=provided.parameters,
    )


def _published(config: EnvironmentConfig, provided: ProvidedVpc) -> list[Any]:
    return list(
        published_parameters(
            config.name,
            {
                "vpc-id": provided.vpc_id,
                "vpc-owner-stack-id": Ref("AWS::StackName"),
                "vpc-cidr": provided.cidr,
                "vpc-azs": Join(",", provided.availability_zones),
                "vpc-public-subnet-ids": Join(",", provided.public_subnet_ids),
                "vpc-private-subnet-ids": Join(",", provided.application_subnet_ids),
                "vpc-data-subnet-ids": Join(",", provided.data_subnet_ids),
                "vpc-isolated-subnet-ids": Join(",", provided.isolated_subnet_ids),
            },
        )
    )


def _owned(config: EnvironmentConfig, provided: ProvidedVpc) -> list[Any]:
    created = provided.created
    if created is None:
        return []
    endpoints = interface_endpoints(
        config, vpc_id=provided.vpc_id, subnet_ids=created.isolated.subnet_ids
    )
    logs = flow_logs(config, vpc_id=provided.vpc_id)
    gateways = [gateway.title for gateway in created.nat.gateways]
    return list(resources(endpoints, logs, _dashboards(config, gateways, endpoints)))


def _dashboards(
    config: EnvironmentConfig, gateways: list[str], endpoints: InterfaceEndpoints | None
) -> list[Any]:
    if not config.monitoring.dashboards_enabled:
        return []
    rows: list[list[Widget]] = [
        [text(f"# VPC, {config.name}\n{config.network.cidr}, {len(gateways)} NAT gateways")]
    ]
    if gateways:
        rows.append(
            [
                graph("NAT gateways, bytes out", _nat_metrics(gateways, "BytesOutToDestination")),
                graph("NAT gateways, packets", _nat_metrics(gateways, "PacketsOutToDestination")),
            ]
        )
        rows.append(
            [
                graph("NAT gateways, dropped packets", _nat_metrics(gateways, "PacketsDropCount")),
                graph("NAT gateways, no free port", _nat_metrics(gateways, "ErrorPortAllocation")),
            ]
        )
    if endpoints is not None:
        rows.append([graph("Interface endpoints, bytes", [_endpoint_metric()])])
    name = names.physical_name(config.name, "vpc-metrics")
    return [dashboard("VpcDashboard", name, rows)]


def _nat_metrics(gateways: list[str], metric: str) -> list[Metric]:
    return [
        Metric(
            label=title,
            namespace="AWS/NATGateway",
            name=metric,
            dimensions={"NatGatewayId": f"${{{title}}}"},
            statistic="Sum",
        )
        for title in gateways
    ]


def _endpoint_metric() -> Metric:
    # CloudWatch reports endpoints by VPC, service and more dimensions at once; a search
    # on the VPC finds them all, those added later too.
    dimensions = '"Endpoint Type","Service Name","Subnet Id","VPC Endpoint Id","VPC Id"'
    return Metric(
        label="",
        expression=(
            f"SEARCH('{{AWS/PrivateLinkEndpoints,{dimensions}}} "
            'MetricName="BytesProcessed" "VPC Id"="${Vpc}"\', \'Sum\')'
        ),
    )
