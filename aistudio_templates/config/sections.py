"""The sections of an environment's configuration: frozen, strict, each checked by itself.

Strict means that ``"5"`` is no 5: a wrong type is an error and never converted. What
involves several fields is checked where they stand; what involves several sections is
checked by :class:`~aistudio_templates.config.model.EnvironmentConfig`.
"""

from __future__ import annotations

import re
import zoneinfo
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from aistudio_templates.config.limits import (
    FARGATE_MEMORY_MIB,
    INTERFACE_ENDPOINT_SERVICES,
    LOG_RETENTION_DAYS,
    MAX_ACU,
    PERFORMANCE_INSIGHTS_RETENTION_DAYS,
)

Acu = Annotated[float, Field(ge=0, le=MAX_ACU, multiple_of=0.5)]
"""Aurora capacity units, in steps of a half."""

SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]
SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]

_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:\d{1,5})?|http://localhost(:\d{1,5})?")


class Section(BaseModel):
    """Base of every section."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


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
        return _one_of(days, LOG_RETENTION_DAYS)

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


class CapacitySchedule(Section):
    """A capacity that begins at a time of day."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,40}$", description="In kebab case.")
    cron: str = Field(
        pattern=r"^cron\(\S+ \S+ \S+ \S+ \S+ \S+\)$",
        description="When it begins: cron(minutes hours day month weekday year), local time.",
    )
    min_capacity_acu: Acu = Field(description="Minimum capacity from then on, in ACU.")
    max_capacity_acu: Acu = Field(ge=1, description="Maximum capacity from then on, in ACU.")

    @model_validator(mode="after")
    def _minimum_below_maximum(self) -> Self:
        _check_capacity(self.min_capacity_acu, self.max_capacity_acu)
        return self


class DatabaseConfig(Section):
    """The Aurora cluster."""

    engine_version: str = Field(
        default="17.7",
        pattern=r"^\d{2}\.\d{1,2}$",
        description="Aurora PostgreSQL version; 17.7 is a long-term support release.",
    )
    database_name: str = Field(
        default="aistudio", pattern=r"^[a-z][a-z0-9_]{0,62}$", description="First database."
    )
    min_capacity_acu: Acu = Field(description="Minimum capacity of an instance, in ACU.")
    max_capacity_acu: Acu = Field(ge=1, description="Maximum capacity of an instance, in ACU.")
    auto_pause: bool = Field(description="Pause when idle; needs a minimum of 0 and no proxy.")
    seconds_until_auto_pause: int = Field(
        default=1800, ge=300, le=86_400, description="Idle seconds before a pause."
    )
    readers: int = Field(default=0, ge=0, le=15, description="Readers beside the writer.")
    backup_retention_days: int = Field(ge=1, le=35, description="Days of backups.")
    deletion_protection: bool = Field(description="Refuse deletion, keep the cluster.")
    proxy: bool = Field(
        default=False, description="An RDS proxy; at least 87.60 USD a month, and no pausing."
    )
    performance_insights_retention_days: int = Field(
        default=7,
        json_schema_extra={"enum": list(PERFORMANCE_INSIGHTS_RETENTION_DAYS)},
        description="Days of Performance Insights; 0 is off, 7 is free.",
    )
    storage_type: Literal["aurora", "aurora-iopt1"] = Field(
        default="aurora", description="aurora bills I/O, aurora-iopt1 includes it."
    )
    scheduled_capacity: tuple[CapacitySchedule, ...] = Field(
        default=(), description="Capacities by time of day."
    )
    schedule_timezone: str = Field(
        default="America/Los_Angeles", description="IANA time zone of scheduled_capacity."
    )
    snapshot_identifier: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="Snapshot to begin with; a change of it replaces the cluster.",
    )
    initialize_schema: bool = Field(default=True, description="Run migrations on deploy.")
    client_security_group_ids: tuple[SecurityGroupId, ...] = Field(
        default=(), description="Groups that may open PostgreSQL connections."
    )

    @field_validator("performance_insights_retention_days")
    @classmethod
    def _retention(cls, days: int) -> int:
        return _one_of(days, PERFORMANCE_INSIGHTS_RETENTION_DAYS)

    @field_validator("schedule_timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
            raise ValueError("no IANA time zone, such as America/Los_Angeles") from error
        return name

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _check_capacity(self.min_capacity_acu, self.max_capacity_acu)
        if self.auto_pause and self.min_capacity_acu > 0:
            raise ValueError(
                f"auto_pause needs min_capacity_acu = 0, not {self.min_capacity_acu:g}"
            )
        if not self.auto_pause and self.min_capacity_acu == 0:
            raise ValueError("min_capacity_acu = 0 needs auto_pause = true")
        if self.auto_pause and self.proxy:
            raise ValueError("auto_pause and proxy exclude each other: a proxy never lets it pause")
        self._check_schedules()
        return self

    def _check_schedules(self) -> None:
        names = [schedule.name for schedule in self.scheduled_capacity]
        if len(set(names)) < len(names):
            raise ValueError("two entries of scheduled_capacity have the same name")
        if self.proxy and any(s.min_capacity_acu == 0 for s in self.scheduled_capacity):
            raise ValueError("scheduled_capacity may not go to 0 with a proxy")


class ComputeConfig(Section):
    """Functions and tasks."""

    lambda_memory_mib: int = Field(ge=128, le=10_240, description="Default memory, in MiB.")
    lambda_timeout_seconds: int = Field(ge=1, le=900, description="Default timeout, in seconds.")
    architecture: Literal["arm64", "x86_64"] = Field(
        default="arm64", description="Of functions and tasks; arm64 costs 20 % less."
    )
    ecs_desired_count: int = Field(ge=1, le=100, description="Tasks after a deploy.")
    ecs_min_count: int = Field(ge=1, le=100, description="Fewest tasks.")
    ecs_max_count: int = Field(ge=1, le=100, description="Most tasks.")
    ecs_task_cpu: int = Field(
        json_schema_extra={"enum": list(FARGATE_MEMORY_MIB)},
        description="CPU units of a task; 1024 is one vCPU.",
    )
    ecs_task_memory_mib: int = Field(description="Memory of a task, in MiB.")
    ecs_fargate_spot: bool = Field(description="Run tasks beyond the first on Spot.")
    ecs_auto_scaling: bool = Field(description="Scale between the fewest and most tasks.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        memory = FARGATE_MEMORY_MIB.get(self.ecs_task_cpu)
        if memory is None:
            valid = ", ".join(map(str, FARGATE_MEMORY_MIB))
            raise ValueError(f"ecs_task_cpu = {self.ecs_task_cpu}; valid: {valid}")
        if self.ecs_task_memory_mib not in memory:
            raise ValueError(
                f"ecs_task_memory_mib = {self.ecs_task_memory_mib} with ecs_task_cpu = "
                f"{self.ecs_task_cpu}; valid: {', '.join(map(str, memory))}"
            )
        if not self.ecs_min_count <= self.ecs_desired_count <= self.ecs_max_count:
            raise ValueError(
                f"ecs_desired_count = {self.ecs_desired_count} is not between ecs_min_count = "
                f"{self.ecs_min_count} and ecs_max_count = {self.ecs_max_count}"
            )
        return self


class StorageConfig(Section):
    """Buckets."""

    noncurrent_version_retention_days: int = Field(
        ge=1, le=3650, description="Days that overwritten and deleted objects stay recoverable."
    )
    access_log_retention_days: int = Field(ge=1, le=3650, description="Days of access logs.")
    intelligent_tiering_after_days: int = Field(
        default=0, ge=0, le=365, description="Age of objects that move to Intelligent-Tiering."
    )
    extra_allowed_origins: tuple[str, ...] = Field(
        default=(), description="Web origins beside the application's; http for localhost only."
    )

    @field_validator("extra_allowed_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is no https://host or http://localhost origin, without a path"
                )
        return origins


class FrontendConfig(Section):
    """Where the application is served."""

    subdomain: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="Host below the base domain. Default: the base domain itself.",
    )


class MonitoringConfig(Section):
    """Logs, traces, alarms and dashboards."""

    detailed_metrics: bool = Field(description="Metrics of containers and requests in detail.")
    alarms_enabled: bool = Field(description="Create alarms and their topics.")
    tracing_enabled: bool = Field(description="X-Ray tracing of functions.")
    dashboards_enabled: bool = Field(
        default=True, description="Create dashboards; 3 USD a month each beyond the third."
    )
    log_retention_days: int = Field(
        json_schema_extra={"enum": list(LOG_RETENTION_DAYS)},
        description="Days of logs.",
    )

    @field_validator("log_retention_days")
    @classmethod
    def _retention(cls, days: int) -> int:
        return _one_of(days, LOG_RETENTION_DAYS)


class CostConfig(Section):
    """What it may cost."""

    cost_optimization: bool = Field(description="Prefer the cheaper choice where there is one.")
    monthly_budget_usd: float = Field(gt=0, le=1_000_000, description="Budget, in USD a month.")


class DeployConfig(Section):
    """How it is deployed."""

    require_approval: Literal["never", "broadening", "any-change"] = Field(
        description="When a deploy asks for approval."
    )
    termination_protection: bool = Field(description="Refuse deletion of the root stack.")


def _one_of(value: int, valid: tuple[int, ...]) -> int:
    if value not in valid:
        raise ValueError(f"valid: {', '.join(map(str, valid))}")
    return value


def _check_capacity(minimum: float, maximum: float) -> None:
    if minimum > maximum:
        raise ValueError(f"min_capacity_acu = {minimum:g} is above max_capacity_acu = {maximum:g}")
