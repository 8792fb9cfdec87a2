"""One VPC for whoever asks: created here, shared from another environment, or existing.

Get-or-create by declaration: ``network.vpc_source`` says which, and all three give the
same values. A shared VPC is read from the SSM parameters that its owner publishes, so
no stack names another and both can be deployed on their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import GetAtt, Parameter, Ref, Split

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import ConfigError
from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.vpc import Vpc, vpc

_TEXT = "AWS::SSM::Parameter::Value<String>"

_SHARED_PARAMETERS = {
    "vpc-id": "AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>",
    "vpc-cidr": _TEXT,
    "vpc-azs": _TEXT,
    "vpc-public-subnet-ids": _TEXT,
    "vpc-private-subnet-ids": _TEXT,
    "vpc-data-subnet-ids": _TEXT,
    "vpc-isolated-subnet-ids": _TEXT,
}
"""Name below ``/aistudio/<environment>/`` → type of the parameter that reads it.

Lists are published as text with commas. CloudFormation's list types are for Parameter
Store's ``StringList``, so the text is split here.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/
cloudformation-supplied-parameter-types.html
"""


@dataclass(frozen=True)
class ProvidedVpc(Handle):
    """A VPC's values, whatever their source; lists have one entry a zone, in order.

    Attributes:
        vpc_id: The VPC's id.
        cidr: Its IPv4 range.
        availability_zones: Names of the zones.
        public_subnet_ids: Subnets with a route to the internet gateway.
        application_subnet_ids: Subnets with a route to a NAT gateway, if there is one.
        data_subnet_ids: Subnets of the database.
        isolated_subnet_ids: Subnets of interface endpoints.
        created: The resources, when this set creates the VPC.
        parameters: SSM-typed parameters that the stack must declare.
    """

    vpc_id: Value
    cidr: Value
    availability_zones: Value
    public_subnet_ids: Value
    application_subnet_ids: Value
    data_subnet_ids: Value
    isolated_subnet_ids: Value
    created: Vpc | None = None
    parameters: tuple[Parameter, ...] = ()


def vpc_provider(config: EnvironmentConfig) -> ProvidedVpc:
    """Return the VPC that ``config.network.vpc_source`` names.

    Raises:
        ConfigError: The subnets of a VPC to create do not fit into its CIDR.
    """
    source = config.network.vpc_source
    if source == "create":
        return _created(config)
    if source == "existing":
        return _existing(config)
    return _shared(source.removeprefix("share:"))


def _created(config: EnvironmentConfig) -> ProvidedVpc:
    created = vpc(config)
    return ProvidedVpc(
        vpc_id=Ref(created.vpc),
        cidr=config.network.cidr,
        availability_zones=[
            GetAtt(subnet, "AvailabilityZone") for subnet in created.public.subnets
        ],
        public_subnet_ids=created.public.subnet_ids,
        application_subnet_ids=created.application.subnet_ids,
        data_subnet_ids=created.data.subnet_ids,
        isolated_subnet_ids=created.isolated.subnet_ids,
        created=created,
    )


def _existing(config: EnvironmentConfig) -> ProvidedVpc:
    known = config.network.existing_vpc
    if known is None:
        raise ConfigError(
            "network.existing_vpc = None: required with vpc_source = 'existing'",
            "give the VPC's id, CIDR, zones and subnets",
        )
    return ProvidedVpc(
        vpc_id=known.vpc_id,
        cidr=known.cidr,
        availability_zones=list(known.availability_zones),
        public_subnet_ids=list(known.public_subnet_ids),
        application_subnet_ids=list(known.application_subnet_ids),
        data_subnet_ids=list(known.data_subnet_ids),
        isolated_subnet_ids=list(known.isolated_subnet_ids),
    )


def _shared(owner: str) -> ProvidedVpc:
    parameters = {
        name: Parameter(
            f"Shared{names.pascal_case(name)}",
            Type=parameter_type,
            Default=names.ssm_parameter(owner, name),
            Description=f"Published by the network stack of {owner}",
        )
        for name, parameter_type in _SHARED_PARAMETERS.items()
    }

    def listed(name: str) -> Value:
        return Split(",", Ref(parameters[name]))

    return ProvidedVpc(
        vpc_id=Ref(parameters["vpc-id"]),
        cidr=Ref(parameters["vpc-cidr"]),
        availability_zones=listed("vpc-azs"),
        public_subnet_ids=listed("vpc-public-subnet-ids"),
        application_subnet_ids=listed("vpc-private-subnet-ids"),
        data_subnet_ids=listed("vpc-data-subnet-ids"),
        isolated_subnet_ids=listed("vpc-isolated-subnet-ids"),
        parameters=tuple(parameters.values()),
    )
