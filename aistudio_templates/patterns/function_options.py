"""What few functions need: concurrency, disk, a VPC, a place for failed invocations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from troposphere import Ref, awslambda

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.function_scaling import Concurrency
from aistudio_templates.patterns.function_sizing import DEFAULT_EPHEMERAL_STORAGE_MIB
from aistudio_templates.patterns.properties import present
from aistudio_templates.policies.grants import join_vpc, send_messages

Architecture = Literal["arm64", "x86_64"]


@dataclass(frozen=True)
class VpcPlacement:
    """Where a function runs inside a VPC.

    Attributes:
        subnet_ids: A list expression of subnets.
        security_group_ids: The function's security groups.
    """

    subnet_ids: Value
    security_group_ids: Sequence[Value]


@dataclass(frozen=True)
class AsyncFailures:
    """Where failed asynchronous invocations go; queues and streams have their own ways.

    Attributes:
        queue_arn: The SQS queue.
        mode: ``dead-letter`` sends the event alone, ``destination`` the error with it.
        max_retries: Attempts after the first, 0 to 2.
        max_age_seconds: How old an event may become, 60 to 21,600 seconds.
    """

    queue_arn: Value
    mode: Literal["dead-letter", "destination"] = "destination"
    max_retries: int = 2
    max_age_seconds: int = 21_600


@dataclass(frozen=True)
class FunctionOptions:
    """What few functions need.

    Attributes:
        architecture: Default: ``config.compute.architecture``, arm64.
        concurrency: Reserved and provisioned concurrency. Default: neither.
        ephemeral_storage_mib: Disk, 512 to 10,240, in MiB.
        vpc: Subnets and security groups. Default: none, and no network to pay for.
        async_failures: Where failed asynchronous invocations go.
        tolerated_errors: Errors in five minutes that are no alarm: for a function whose
            errors are answers, such as the refusal of a sign-up.
    """

    architecture: Architecture | None = None
    concurrency: Concurrency = field(default_factory=Concurrency)
    ephemeral_storage_mib: int = DEFAULT_EPHEMERAL_STORAGE_MIB
    vpc: VpcPlacement | None = None
    async_failures: AsyncFailures | None = None
    tolerated_errors: int = 0


def option_properties(config: EnvironmentConfig, options: FunctionOptions) -> dict[str, Any]:
    """Return the function's properties that ``options`` ask for, and no others.

    Args:
        config: Whether the environment reserves concurrency.
        options: What the function needs.
    """
    reserves = config.compute.reserved_concurrency_enabled
    return present(
        ReservedConcurrentExecutions=options.concurrency.reserved if reserves else None,
        EphemeralStorage=_ephemeral_storage(options.ephemeral_storage_mib),
        VpcConfig=_vpc_config(options.vpc) if options.vpc else None,
        DeadLetterConfig=_dead_letter(options.async_failures),
    )


def option_grants(options: FunctionOptions) -> list[Any]:
    """Return what the role of a function with ``options`` needs for them."""
    failures = options.async_failures
    return [
        *(join_vpc() if options.vpc else ()),
        *(send_messages(failures.queue_arn) if failures else ()),
    ]


def invoke_config(name: str, function: Any, failures: AsyncFailures | None) -> Any | None:
    """Return what becomes of failed asynchronous invocations; ``None`` where nothing is said.

    Args:
        name: Stem of the logical id.
        function: The function.
        failures: Where they go.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    if failures is None:
        return None
    destination = (
        awslambda.DestinationConfig(OnFailure=awslambda.OnFailure(Destination=failures.queue_arn))
        if failures.mode == "destination"
        else None
    )
    return awslambda.EventInvokeConfig(
        f"{name}InvokeConfig",
        FunctionName=Ref(function),
        Qualifier="$LATEST",
        MaximumRetryAttempts=failures.max_retries,
        MaximumEventAgeInSeconds=failures.max_age_seconds,
        **present(DestinationConfig=destination),
    )


def _ephemeral_storage(mib: int) -> Any | None:
    if mib == DEFAULT_EPHEMERAL_STORAGE_MIB:
        return None
    return awslambda.EphemeralStorage(Size=mib)


def _vpc_config(vpc: VpcPlacement) -> Any:
    return awslambda.VPCConfig(
        SubnetIds=vpc.subnet_ids, SecurityGroupIds=list(vpc.security_group_ids)
    )


def _dead_letter(failures: AsyncFailures | None) -> Any | None:
    if failures is None or failures.mode != "dead-letter":
        return None
    return awslambda.DeadLetterConfig(TargetArn=failures.queue_arn)
