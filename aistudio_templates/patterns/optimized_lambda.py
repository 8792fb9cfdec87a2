"""The one way to make a function: arm64, JSON logs, its own log group, an empty role.

Everything that the function may do beyond its own log comes from grants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from troposphere import GetAtt, Ref, Tags, awslambda, iam

from aistudio_templates import names
from aistudio_templates.assets import Asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Described, Value
from aistudio_templates.model.troposphere_gaps import LoggingConfig
from aistudio_templates.patterns.function_code import FunctionCode
from aistudio_templates.patterns.function_dashboard import function_dashboard
from aistudio_templates.patterns.function_environment import function_environment
from aistudio_templates.patterns.function_scaling import Concurrency, LiveAlias, live_alias
from aistudio_templates.patterns.function_sizing import (
    DEFAULT_EPHEMERAL_STORAGE_MIB,
    Profile,
    Sizing,
    log_retention_days,
    sizing,
)
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.log_group import log_group
from aistudio_templates.patterns.properties import present
from aistudio_templates.policies.grants import (
    join_vpc,
    policy,
    send_insights,
    send_messages,
    send_traces,
    write_logs,
)
from aistudio_templates.policies.trust import lambda_trust

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


@dataclass(frozen=True)
class FunctionFacts(Described):
    """A function's name, and what alarms and dashboards need to know of it.

    Attributes:
        title: Stem of its logical ids, such as ``FileProcessor``.
        timeout_seconds: Its timeout, in seconds.
        memory_mib: Its memory, in MiB.
        architecture: ``arm64`` or ``x86_64``.
        profile: Its profile.
        tolerated_errors: Errors in five minutes that are no alarm.
    """

    title: str
    timeout_seconds: int
    memory_mib: int
    architecture: str
    profile: Profile
    tolerated_errors: int = 0


@dataclass(frozen=True)
class OptimizedLambda(Handle):
    """A function with its role and log group.

    Attributes:
        function: The function.
        role: Its execution role.
        log_group: Where it logs.
        live: Version, alias ``live`` and scaling, where instances are provisioned.
        invoke_config: What becomes of failed asynchronous invocations.
        dashboard: Its own dashboard, where the environment has them.
        code: What it runs.
        facts: Its name, with what monitoring needs to know.
    """

    function: Any
    role: Any
    log_group: Any
    live: LiveAlias | None
    invoke_config: Any | None
    dashboard: Any | None
    code: FunctionCode
    facts: FunctionFacts

    @property
    def arn(self) -> Value:
        """What to invoke: the alias ``live`` where there is one, else the function."""
        return Ref(self.live.alias) if self.live else GetAtt(self.function, "Arn")

    @property
    def name(self) -> Value:
        """The function's name."""
        return Ref(self.function)

    @property
    def assets(self) -> tuple[Asset, ...]:
        """What has to be in the artifact bucket."""
        return self.code.assets


_NO_OPTIONS = FunctionOptions()


def optimized_lambda(
    name: str,
    config: EnvironmentConfig,
    *,
    code: FunctionCode,
    description: str,
    profile: Profile = Profile.STANDARD,
    memory_mib: int | None = None,
    timeout_seconds: int | None = None,
    statements: Sequence[Any] = (),
    environment: Mapping[str, Value] | None = None,
    layers: Sequence[Value] = (),
    options: FunctionOptions = _NO_OPTIONS,
) -> OptimizedLambda:
    """Return a function.

    Args:
        name: Stem of the logical ids: ``FileProcessor`` → ``…Function``, ``…Role``. In kebab
            case behind ``aistudio-<environment>-`` it is the function's name.
        config: Log retention, tracing, architecture, tuning results.
        code: What it runs.
        description: What it does, for the console; at most 256 characters.
        profile: Gives memory, timeout and log retention, and allows provisioning.
        memory_mib: 128 to 10,240. Default: the profile's; what tuning found wins.
        timeout_seconds: 1 to 900. Default: the profile's; what tuning found wins.
        statements: Grants beside writing its own log.
        environment: Environment variables; never a secret.
        layers: ARNs of layer versions, at most 4 beside Lambda Insights.
        options: What few functions need.

    Raises:
        TemplateError: A variable would hold a secret, or provisioning is asked for outside
            the profile ``critical``.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """
    kebab = names.kebab_case(name)
    size = sizing(config, kebab, profile, memory_mib=memory_mib, timeout_seconds=timeout_seconds)
    built_for = options.architecture or config.compute.architecture
    group = log_group(f"{name}LogGroup", retention_days=log_retention_days(config, profile))
    role = _role(name, [*_own_grants(config, group, options), *statements])
    reserves = config.compute.reserved_concurrency_enabled
    function = awslambda.Function(
        f"{name}Function",
        FunctionName=names.physical_name(config.name, kebab),
        Description=description,
        Architectures=[built_for],
        Role=GetAtt(role, "Arn"),
        MemorySize=size.memory_mib,
        Timeout=size.timeout_seconds,
        LoggingConfig=_logging(config, group),
        TracingConfig=awslambda.TracingConfig(
            Mode="Active" if config.monitoring.tracing_enabled else "PassThrough"
        ),
        Tags=Tags(_cost_tags(size, profile, built_for)),
        **code.properties,
        **present(
            Environment=function_environment(kebab, environment) if environment else None,
            ReservedConcurrentExecutions=options.concurrency.reserved if reserves else None,
            Layers=_layers(config, layers) or None,
            EphemeralStorage=_ephemeral_storage(options.ephemeral_storage_mib),
            VpcConfig=_vpc_config(options.vpc) if options.vpc else None,
            DeadLetterConfig=_dead_letter(options.async_failures),
        ),
    )
    facts = FunctionFacts(
        Ref(function),
        title=name,
        timeout_seconds=size.timeout_seconds,
        memory_mib=size.memory_mib,
        architecture=built_for,
        profile=profile,
        tolerated_errors=options.tolerated_errors,
    )
    return OptimizedLambda(
        function=function,
        role=role,
        log_group=group,
        live=live_alias(name, function, profile, options.concurrency),
        invoke_config=_invoke_config(name, function, options.async_failures),
        dashboard=function_dashboard(config, facts),
        code=code,
        facts=facts,
    )


def _own_grants(config: EnvironmentConfig, group: Any, options: FunctionOptions) -> list[Any]:
    """Return what the function's own settings need."""
    monitoring = config.monitoring
    return [
        *write_logs(group),
        *(send_traces() if monitoring.tracing_enabled else ()),
        *(send_insights() if monitoring.lambda_insights_layer_arn else ()),
        *(join_vpc() if options.vpc else ()),
        *(send_messages(options.async_failures.queue_arn) if options.async_failures else ()),
    ]


def _role(name: str, grants: Sequence[Any]) -> Any:
    return iam.Role(
        f"{name}Role",
        AssumeRolePolicyDocument=lambda_trust(),
        Policies=[iam.Policy(PolicyName="Grants", PolicyDocument=policy(grants))],
    )


def _logging(config: EnvironmentConfig, group: Any) -> Any:
    return LoggingConfig(
        LogFormat="JSON",
        LogGroup=Ref(group),
        ApplicationLogLevel=config.monitoring.log_level,
        SystemLogLevel="WARN",
    )


def _cost_tags(size: Sizing, profile: Profile, architecture: str) -> dict[str, str]:
    """Return the tags that Cost Explorer filters on, before and after an optimization."""
    return {
        "Architecture": architecture,
        "ManagedBy": names.OPTIMIZED_LAMBDA,
        "OptimizedMemory": str(size.memory_mib),
        "PerformanceProfile": profile.value,
        "PowerTuned": str(size.tuned).lower(),
    }


def _layers(config: EnvironmentConfig, layers: Sequence[Value]) -> list[Value]:
    insights = config.monitoring.lambda_insights_layer_arn
    return [*layers, *([insights] if insights else [])]


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


def _invoke_config(name: str, function: Any, failures: AsyncFailures | None) -> Any | None:
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
