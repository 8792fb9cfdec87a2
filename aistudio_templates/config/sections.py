"""The smaller sections: storage, monitoring, cost and deploy."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from aistudio_templates.config.limits import LOG_RETENTION_DAYS
from aistudio_templates.config.section import Section, one_of

_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:\d{1,5})?|http://localhost(:\d{1,5})?")


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


class MonitoringConfig(Section):
    """Logs, traces, alarms and dashboards."""

    detailed_metrics: bool = Field(description="Metrics of containers and requests in detail.")
    alarms_enabled: bool = Field(description="Create alarms.")
    tracing_enabled: bool = Field(description="X-Ray tracing of functions.")
    dashboards_enabled: bool = Field(
        default=True, description="Create dashboards; 3 USD a month each beyond the third."
    )
    function_dashboards_enabled: bool = Field(
        description="A dashboard of its own for every function; 3 USD a month each."
    )
    lambda_insights_layer_arn: str | None = Field(
        default=None,
        pattern=(
            r"^arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:layer:LambdaInsightsExtension(-Arm64)?:\d+$"
        ),
        description="Layer version of Lambda Insights in the environment's region, as AWS "
        "lists them; about 2.40 USD a month for each function. Default: off.",
    )
    log_level: Literal["DEBUG", "INFO", "WARN", "ERROR"] = Field(
        default="INFO", description="The least severe application logs that functions keep."
    )
    log_retention_days: int = Field(
        json_schema_extra={"enum": list(LOG_RETENTION_DAYS)},
        description="Days of logs.",
    )

    @field_validator("log_retention_days")
    @classmethod
    def _retention(cls, days: int) -> int:
        return one_of(days, LOG_RETENTION_DAYS)


class CostConfig(Section):
    """What it may cost."""

    cost_optimization: bool = Field(description="Prefer the cheaper choice where there is one.")
    monthly_budget_usd: float = Field(gt=0, le=1_000_000, description="Budget, in USD a month.")
    anomaly_detection: bool = Field(
        default=False,
        description="Report unusual costs of the environment's tag; in the account that pays "
        "only, for AWS refuses it in a member account of an organisation.",
    )
    anomaly_threshold_usd: float = Field(
        default=20.0,
        gt=0,
        le=1_000_000,
        description="Impact from which a cost anomaly is reported, in USD.",
    )


class DeployConfig(Section):
    """How it is deployed."""

    require_approval: Literal["never", "broadening", "any-change"] = Field(
        description="When a deploy asks for approval."
    )
    termination_protection: bool = Field(description="Refuse deletion of the root stack.")
