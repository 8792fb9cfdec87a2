"""The ``network`` section: VPC, subnets, NAT gateways and endpoints."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from aistudio_templates.config.limits import INTERFACE_ENDPOINT_SERVICES, LOG_RETENTION_DAYS
from aistudio_templates.config.section import Section, one_of

SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]


class SubnetCidrs(Section):
    """Explicit IPv4 ranges of subnets, one a zone in each tier."""

    public: tuple[str, ...] = Field(description="Public subnets, one a zone.")
    application: tuple[str, ...] = Field(description="Application subnets, one a zone.")
    data: tuple[str, ...] = Field(description="Data subnets, one a zone.")
    isolated: tuple[str, ...] = Field(description="Isolated subnets, one a zone.")


class ExistingVpc(Section):
    """A VPC that somebody else owns, by its ids; lists have one entry a zone."""

    vpc_id: str = Field(pattern=r"^vpc-[0-9a-f]{8,17}$", description="The VPC's id.")
    cidr: str = Field(description="Its IPv4 range.")
    availability_zones: tuple[str, ...] = Field(min_length=2, description="Names of its zones.")
    public_subnet_ids: tuple[SubnetId, ...] = Field(description="Public subnets.")
    application_subnet_ids: tuple[SubnetId, ...] = Field(description="Application subnets.")
    data_subnet_ids: tuple[SubnetId, ...] = Field(description="Subnets of the database.")
    isolated_subnet_ids: tuple[SubnetId, ...] = Field(description="Isolated subnets.")

    @model_validator(mode="after")
    def _one_subnet_a_zone(self) -> Self:
        zones = len(self.availability_zones)
        for tier in ("public", "application", "data", "isolated"):
            count = len(getattr(self, f"{tier}_subnet_ids"))
            if count != zones:
                raise ValueError(f"{tier}_subnet_ids has {count} entries for {zones} zones")
        return self


class NetworkConfig(Section):
    """VPC, subnets, NAT gateways and endpoints."""

    vpc_source: str = Field(
        default="create",
        pattern=r"^(create|existing|share:[a-z][a-z0-9-]*)$",
        description="create, existing (see existing_vpc) or share:<environment>.",
    )
    cidr: str = Field(description="IPv4 range of the VPC, /16 to /24.")
    availability_zones: int = Field(ge=2, le=3, description="Zones, 2 or 3.")
    nat_gateways: int = Field(
        ge=0, le=3, description="NAT gateways, 0 to one a zone; about 33 USD a month each."
    )
    interface_endpoints: tuple[str, ...] = Field(
        default=(),
        description="Services with an interface endpoint; about 7.30 USD a month and zone each.",
    )
    subnet_cidrs: SubnetCidrs | None = Field(
        default=None, description="Explicit ranges of subnets. Default: computed from cidr."
    )
    reserved_cidrs: tuple[str, ...] = Field(
        default=(), description="Ranges the VPC must not overlap, such as the district's own."
    )
    flow_logs: Literal["none", "reject", "all"] = Field(
        default="reject", description="reject goes to CloudWatch Logs, all to S3."
    )
    flow_log_retention_days: int = Field(
        default=7,
        json_schema_extra={"enum": list(LOG_RETENTION_DAYS)},
        description="How long flow logs are kept, in days.",
    )
    existing_vpc: ExistingVpc | None = Field(
        default=None, description="Required with vpc_source = existing."
    )

    @field_validator("interface_endpoints")
    @classmethod
    def _known_services(cls, services: tuple[str, ...]) -> tuple[str, ...]:
        for service in services:
            if service not in INTERFACE_ENDPOINT_SERVICES:
                raise ValueError(
                    f"{service!r} is not known; valid: {', '.join(INTERFACE_ENDPOINT_SERVICES)}"
                )
        if len(set(services)) < len(services):
            raise ValueError("a service is listed twice")
        return services

    @field_validator("flow_log_retention_days")
    @classmethod
    def _retention(cls, days: int) -> int:
        return one_of(days, LOG_RETENTION_DAYS)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.nat_gateways > self.availability_zones:
            raise ValueError(
                f"nat_gateways = {self.nat_gateways} is more than "
                f"availability_zones = {self.availability_zones}"
            )
        if (self.vpc_source == "existing") != (self.existing_vpc is not None):
            raise ValueError(
                f"vpc_source = {self.vpc_source!r} and existing_vpc: "
                "give existing_vpc with 'existing', and only then"
            )
        return self
