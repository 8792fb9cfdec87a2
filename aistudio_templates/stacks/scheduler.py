"""The scheduler stack: users' assistants run by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from troposphere import Ref

from aistudio_templates import names
from aistudio_templates.assets import function_asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Outputs, StackTemplate, Value, exported, stack_template
from aistudio_templates.patterns.access import Access, combined, data_api_access
from aistudio_templates.patterns.application_access import INTERNAL_API_SECRET_KEY
from aistudio_templates.patterns.function_code import python_code
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_options import AsyncFailures, FunctionOptions
from aistudio_templates.patterns.function_scaling import Concurrency
from aistudio_templates.patterns.function_sizing import Size
from aistudio_templates.patterns.generated_secret import generated_secret
from aistudio_templates.patterns.handle import resources
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda, optimized_lambda
from aistudio_templates.patterns.queue import QueueFacts, dead_letter_queue
from aistudio_templates.patterns.schedule import ScheduleGroup, schedule_group, schedule_target
from aistudio_templates.patterns.ssm import published_parameters
from aistudio_templates.policies.grants import (
    pass_role,
    read_parameters,
    read_secret,
    resource_arn,
)
from aistudio_templates.policies.service_grants import manage_schedules
from aistudio_templates.stacks.database import DatabaseOutputs
from aistudio_templates.stacks.processing import ProcessingOutputs

ENDPOINT_PARAMETER = "ecs-internal-endpoint"
"""SSM parameter with the application's address; the application's own stack writes it."""

_SECRET_LENGTH = 64
"""As many bytes as an HMAC with SHA-256 takes without hashing the key first.

Source: https://www.rfc-editor.org/rfc/rfc2104#section-3
"""

_EXECUTOR_MEMORY_MIB = 256
"""It waits for the application; it computes next to nothing."""


@dataclass(frozen=True)
class SchedulerOutputs(Outputs):
    """What other stacks may know of scheduled executions."""

    executor: FunctionFacts = exported("String", "Name of the function that executes schedules")
    executor_arn: Value = exported("String", "ARN of the function that executes schedules")
    schedule_group_name: Value = exported("String", "Group of the users' schedules", published=True)
    internal_api_secret_arn: Value = exported(
        "String", "ARN of the secret that signs calls to the application"
    )
    execution_dlq: QueueFacts = exported("String", "Name of the queue of failed executions")


def build(
    config: EnvironmentConfig, *, database: DatabaseOutputs, processing: ProcessingOutputs
) -> StackTemplate[SchedulerOutputs]:
    """Return the scheduler stack: a group for users' schedules, and what they invoke.

    Args:
        config: The environment.
        database: Where schedules and their results are.
        processing: The layer that functions share.
    """
    schedules = schedule_group("ScheduleGroup", name=names.physical_name(config.name, "schedules"))
    dlq = dead_letter_queue(
        "ScheduleExecutionDlq", name=names.physical_name(config.name, "schedule-execution-dlq")
    )
    secret = _internal_api_secret()
    access = combined(
        Access({"ENVIRONMENT": config.name}),
        data_api_access(config, cluster_arn=database.cluster_arn, secret_arn=database.secret_arn),
        _application_access(config, Ref(secret)),
        _schedules_access(config, schedules, dlq.arn),
    )
    executor = _executor(config, access, layer_arn=processing.layer_arn, dlq_arn=dlq.arn)
    target = schedule_target(schedules, function_arn=executor.arn, dead_letter_queue_arn=dlq.arn)
    outputs = SchedulerOutputs(
        executor=executor.facts,
        executor_arn=executor.arn,
        schedule_group_name=schedules.name,
        internal_api_secret_arn=Ref(secret),
        execution_dlq=dlq.facts,
    )
    return stack_template(
        f"AI Studio, {config.name}: users' schedules, and the function that executes them",
        resources(
            schedules, dlq, [secret], executor, [target], _published(config, schedules, outputs)
        ),
        outputs,
        assets=executor.assets,
    )


def _internal_api_secret() -> Any:
    """Return the secret that the executor signs with, and the application verifies with."""
    return generated_secret(
        "InternalApiSecret",
        "Signs the calls of scheduled executions to the application",
        key=INTERNAL_API_SECRET_KEY,
        length=_SECRET_LENGTH,
    )


def _published(
    config: EnvironmentConfig, schedules: ScheduleGroup, outputs: SchedulerOutputs
) -> Iterator[Any]:
    return published_parameters(
        config.name,
        {
            "schedule-executor-function-arn": outputs.executor_arn,
            "scheduler-execution-role-arn": schedules.role_arn,
            "internal-api-secret-arn": outputs.internal_api_secret_arn,
        },
    )


def _application_access(config: EnvironmentConfig, secret_arn: Value) -> Access:
    """Return what calling the application takes: its address and a secret, read when needed."""
    parameter = names.ssm_parameter(config.name, ENDPOINT_PARAMETER)
    return Access(
        {"APPLICATION_ENDPOINT_PARAMETER": parameter, "INTERNAL_API_SECRET_ARN": secret_arn},
        (
            *read_parameters(resource_arn("ssm", f"parameter{parameter}")),
            read_secret(secret_arn),
        ),
    )


def _schedules_access(
    config: EnvironmentConfig, schedules: ScheduleGroup, dlq_arn: Value
) -> Access:
    """Return what making schedules takes, within one group and with one role."""
    return Access(
        {
            "EXECUTION_DLQ_ARN": dlq_arn,
            "FLEXIBLE_WINDOW_MINUTES": str(config.scheduler.flexible_window_minutes),
            "MAX_SCHEDULES_PER_OWNER": str(config.scheduler.max_schedules_per_owner),
            "SCHEDULER_EXECUTION_ROLE_ARN": schedules.role_arn,
            "SCHEDULE_GROUP_NAME": schedules.name,
        },
        (
            *manage_schedules(schedules.name),
            *pass_role(schedules.role_arn, "scheduler.amazonaws.com"),
        ),
    )


def _executor(
    config: EnvironmentConfig, access: Access, *, layer_arn: Value, dlq_arn: Value
) -> OptimizedLambda:
    return optimized_lambda(
        "ScheduleExecutor",
        config,
        code=python_code(function_asset("schedule_executor")),
        description="Executes users' schedules, and makes them",
        # An execution may answer only when the assistant is done.
        size=Size(memory_mib=_EXECUTOR_MEMORY_MIB, timeout_seconds=900),
        access=access,
        layers=[layer_arn],
        options=FunctionOptions(
            concurrency=Concurrency(reserved=config.scheduler.executor_concurrency),
            async_failures=AsyncFailures(dlq_arn),
        ),
    )
