"""The ``database`` section: the Aurora cluster and its capacity by the clock."""

from __future__ import annotations

import zoneinfo
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from aistudio_templates.config.limits import MAX_ACU, PERFORMANCE_INSIGHTS_RETENTION_DAYS
from aistudio_templates.config.section import Section, one_of

Acu = Annotated[float, Field(ge=0, le=MAX_ACU, multiple_of=0.5)]
"""Aurora capacity units, in steps of a half."""

SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]


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
    savings_plan_discount_percent: float = Field(
        default=0.0,
        ge=0,
        le=35,
        description="What a Database Savings Plan takes off the capacity, in percent (up to 35 "
        "for one year). The plan is bought in the console; estimates count with it.",
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
        return one_of(days, PERFORMANCE_INSIGHTS_RETENTION_DAYS)

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


def _check_capacity(minimum: float, maximum: float) -> None:
    if minimum > maximum:
        raise ValueError(f"min_capacity_acu = {minimum:g} is above max_capacity_acu = {maximum:g}")
