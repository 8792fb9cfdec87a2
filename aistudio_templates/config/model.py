"""An environment as one immutable value, and how to derive another from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, field_validator

from aistudio_templates import names
from aistudio_templates.config.compute import ComputeConfig
from aistudio_templates.config.database import DatabaseConfig
from aistudio_templates.config.environments import ENVIRONMENTS
from aistudio_templates.config.frontend import FrontendConfig
from aistudio_templates.config.limits import TASK_SERVICES
from aistudio_templates.config.network import NetworkConfig
from aistudio_templates.config.problems import config_error, frozen
from aistudio_templates.config.section import Section
from aistudio_templates.config.sections import (
    CostConfig,
    DeployConfig,
    MonitoringConfig,
    StorageConfig,
)
from aistudio_templates.config.services import (
    AuthConfig,
    EmailConfig,
    PowerTuningConfig,
    ProcessingConfig,
    SchedulerConfig,
)
from aistudio_templates.config.subnets import check_disjoint, parse_cidr, plan_subnets
from aistudio_templates.errors import ConfigError, valid_choices

GLOBAL_REGION = "us-east-1"
"""Where CloudFront's firewalls and certificates live."""

DEFAULT_REGION = "us-east-1"

Region = Annotated[
    str,
    Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="Region that deploys must go to."),
]

_RESERVED_WORDS = ("aws", "amazon", "cognito")
"""What Cognito refuses in the prefix of a sign-in domain.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/
cognito-user-pools-assign-domain-prefix.html
"""


class EnvironmentConfig(Section):
    """Everything that differs between environments.

    Validated as a whole whenever it is made; equal values are interchangeable.
    """

    name: str = Field(
        pattern=rf"^{names.ENVIRONMENT_PATTERN.pattern}$",
        max_length=names.ENVIRONMENT_MAX_LENGTH,
        description="Name of the environment.",
    )
    region: Region = DEFAULT_REGION
    network: NetworkConfig = Field(description="VPC, subnets, NAT gateways and endpoints.")
    database: DatabaseConfig = Field(description="The Aurora cluster.")
    compute: ComputeConfig = Field(description="Functions and tasks.")
    storage: StorageConfig = Field(description="Buckets.")
    auth: AuthConfig = Field(description="Who may sign in.")
    frontend: FrontendConfig = Field(description="How and where the application is served.")
    processing: ProcessingConfig = Field(description="Files, pages and embeddings.")
    scheduler: SchedulerConfig = Field(description="Scheduled executions.")
    email: EmailConfig = Field(description="Notifications by e-mail.")
    power_tuning: PowerTuningConfig = Field(description="Finding a function's best memory.")
    monitoring: MonitoringConfig = Field(description="Logs, traces, alarms and dashboards.")
    cost: CostConfig = Field(description="What it may cost.")
    deploy: DeployConfig = Field(description="How it is deployed.")

    @field_validator("name")
    @classmethod
    def _usable_in_a_domain(cls, name: str) -> str:
        for word in _RESERVED_WORDS:
            if word in name:
                raise ValueError(f"may not contain {word!r}: it is part of the sign-in domain")
        return name

    @classmethod
    def get(cls, name: str) -> EnvironmentConfig:
        """Return the default configuration of ``dev``, ``staging`` or ``prod``.

        Raises:
            ConfigError: There is no environment of that name.
        """
        if name not in ENVIRONMENTS:
            raise ConfigError(
                f"environment {name!r}: no such environment", valid_choices(name, ENVIRONMENTS)
            )
        return cls.create(ENVIRONMENTS[name])

    @classmethod
    def create(cls, values: Mapping[str, Any], *, place: str = "") -> Self:
        """Return a configuration from plain values.

        Args:
            values: ``name`` and sections, as dictionaries.
            place: What precedes each key in an error's message.

        Raises:
            ConfigError: A key is unknown or missing, a value of the wrong type or out
                of range, or values do not fit together.
        """
        try:
            config = cls.model_validate(frozen(values))
        except ValidationError as error:
            raise config_error(error, cls, place=place) from error
        try:
            config._check_ranges()
            config._check_region()
            config._check_way_out()
        except ConfigError as error:
            raise ConfigError(place + error.message, error.hint) from error
        return config

    def override(self, **sections: Mapping[str, Any]) -> Self:
        """Return a copy with some values changed; this one stays as it is.

        Args:
            sections: Section → key → value. Tables within a section are merged too;
                lists are replaced.

        Raises:
            ConfigError: A section or key is unknown, or the result is invalid.
        """
        return self.create(merge(self.model_dump(), sections))

    def _check_ranges(self) -> None:
        """Check IPv4 ranges, which pydantic does not know, with errors of our own."""
        network = self.network
        if network.vpc_source == f"share:{self.name}":
            raise ConfigError(
                f"network.vpc_source = {network.vpc_source!r}: an environment cannot share its own",
                "use 'create', or name another environment",
            )
        if network.vpc_source == "create":
            plan_subnets(network)
        for index, cidr in enumerate(network.reserved_cidrs):
            key = f"network.reserved_cidrs[{index}]"
            check_disjoint({"network.cidr": network.cidr, key: cidr})
        parse_cidr("network.cidr", network.cidr)
        if network.existing_vpc is not None:
            parse_cidr("network.existing_vpc.cidr", network.existing_vpc.cidr)

    def _check_region(self) -> None:
        """Check what AWS offers in one region only.

        Source: https://docs.aws.amazon.com/amplify/latest/userguide/WAF-integration.html
        """
        frontend = self.frontend
        if frontend.hosting == "amplify" and frontend.waf_enabled and self.region != GLOBAL_REGION:
            raise ConfigError(
                f"frontend.waf_enabled = true with region = {self.region!r}: a firewall of an "
                f"Amplify application can be made in {GLOBAL_REGION} only",
                "set frontend.waf_enabled = false, or frontend.hosting = 'ecs'",
            )

    def _check_way_out(self) -> None:
        """Check that tasks reach what ECS needs to start them.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
        """
        network = self.network
        if self.frontend.hosting != "ecs" or network.vpc_source != "create" or network.nat_gateways:
            return
        missing = [s for s in TASK_SERVICES if s not in network.interface_endpoints]
        if missing:
            raise ConfigError(
                "network.nat_gateways = 0 with frontend.hosting = 'ecs': tasks cannot start "
                f"without {', '.join(missing)}",
                "set network.nat_gateways = 1, or add them to network.interface_endpoints",
            )


SECTIONS = tuple(name for name in EnvironmentConfig.model_fields if name not in {"name", "region"})
"""Names of an environment's sections, in order."""


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``changes``: tables are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in changes.items():
        known = merged.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(known, value)
        else:
            merged[key] = value
    return merged
