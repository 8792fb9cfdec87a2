"""The ``compute`` section: functions and tasks."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from aistudio_templates.config.limits import FARGATE_MEMORY_MIB
from aistudio_templates.config.section import Section


class TunedFunction(Section):
    """The size that power tuning found for one function."""

    function: str = Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=34,
        description="The function, such as file-processor.",
    )
    memory_mib: int = Field(ge=128, le=10_240, description="Memory, in MiB.")
    timeout_seconds: int | None = Field(
        default=None, ge=1, le=900, description="Timeout, in seconds. Default: the function's."
    )


class TaskSchedule(Section):
    """Limits on the number of tasks that begin at a time of day."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,40}$", description="In kebab case.")
    cron: str = Field(
        pattern=r"^cron\(\S+ \S+ \S+ \S+ \S+ \S+\)$",
        description="When they begin: cron(minutes hours day month weekday year), local time.",
    )
    min_count: int = Field(ge=1, le=100, description="Fewest tasks from then on.")
    max_count: int = Field(ge=1, le=100, description="Most tasks from then on.")

    @model_validator(mode="after")
    def _minimum_below_maximum(self) -> Self:
        if self.min_count > self.max_count:
            raise ValueError(f"min_count = {self.min_count} is above max_count = {self.max_count}")
        return self


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
    ecs_scheduled_counts: tuple[TaskSchedule, ...] = Field(
        default=(),
        description="Fewest and most tasks by time of day, where tasks scale; in "
        "database.schedule_timezone.",
    )
    ecs_execute_command: bool = Field(
        default=False,
        description="Let operators open a shell in a task, whose files it may then change.",
    )
    reserved_concurrency_enabled: bool = Field(
        description="Reserve concurrency where a function asks for it; the account must have "
        "at least 100 left over."
    )
    tuned_functions: tuple[TunedFunction, ...] = Field(
        default=(), description="Sizes that power tuning found, by function."
    )

    def tuned(self, function: str) -> TunedFunction | None:
        """Return what power tuning found for a function, named in kebab case."""
        return next((t for t in self.tuned_functions if t.function == function), None)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        functions = [tuned.function for tuned in self.tuned_functions]
        if len(set(functions)) < len(functions):
            raise ValueError("two entries of tuned_functions name the same function")
        schedules = [schedule.name for schedule in self.ecs_scheduled_counts]
        if len(set(schedules)) < len(schedules):
            raise ValueError("two entries of ecs_scheduled_counts have the same name")
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
