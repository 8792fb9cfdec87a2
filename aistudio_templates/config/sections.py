"""The smaller sections: compute, storage, frontend, monitoring, cost and deploy."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from aistudio_templates.config.limits import FARGATE_MEMORY_MIB, LOG_RETENTION_DAYS
from aistudio_templates.config.section import Section, one_of

_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:\d{1,5})?|http://localhost(:\d{1,5})?")


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
        return one_of(days, LOG_RETENTION_DAYS)


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
