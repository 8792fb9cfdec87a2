"""The one way to make a function: arm64, JSON logs, its own log group, an empty role.

Everything that the function may do beyond its own log comes from grants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Tags, awslambda, iam

from aistudio_templates import names
from aistudio_templates.assets import Asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.model.troposphere_gaps import LoggingConfig
from aistudio_templates.patterns.access import Access
from aistudio_templates.patterns.function_code import FunctionCode
from aistudio_templates.patterns.function_dashboard import function_dashboard
from aistudio_templates.patterns.function_environment import function_environment
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_options import (
    FunctionOptions,
    invoke_config,
    option_grants,
    option_properties,
)
from aistudio_templates.patterns.function_scaling import LiveAlias, live_alias
from aistudio_templates.patterns.function_sizing import Size, Sizing, log_retention_days, sizing
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.log_group import log_group
from aistudio_templates.patterns.properties import present
from aistudio_templates.policies.grants import policy, send_insights, send_traces, write_logs
from aistudio_templates.policies.trust import lambda_trust


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


_STANDARD = Size()
_NO_ACCESS = Access()
_NO_OPTIONS = FunctionOptions()


def optimized_lambda(
    name: str,
    config: EnvironmentConfig,
    *,
    code: FunctionCode,
    description: str,
    size: Size = _STANDARD,
    access: Access = _NO_ACCESS,
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
        size: Profile, memory and timeout. Default: the standard profile's.
        access: Environment variables, never a secret, and grants beside its own log.
        layers: ARNs of layer versions, at most 4 beside Lambda Insights.
        options: What few functions need.

    Raises:
        TemplateError: A variable would hold a secret, or provisioning is asked for outside
            the profile ``critical``.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """
    sized = sizing(config, names.kebab_case(name), size)
    plan = _Plan(name, config, code, description, size, sized, access, tuple(layers), options)
    return _made(plan)


@dataclass(frozen=True)
class _Plan:
    """The arguments of :func:`optimized_lambda`, and the size that comes of them."""

    name: str
    config: EnvironmentConfig
    code: FunctionCode
    description: str
    asked: Size
    sized: Sizing
    access: Access
    layers: tuple[Value, ...]
    options: FunctionOptions

    @property
    def architecture(self) -> str:
        return self.options.architecture or self.config.compute.architecture


def _made(plan: _Plan) -> OptimizedLambda:
    name, config, options = plan.name, plan.config, plan.options
    profile = plan.asked.profile
    group = log_group(f"{name}LogGroup", retention_days=log_retention_days(config, profile))
    role = _role(plan, group)
    function = _function(plan, role, group)
    facts = FunctionFacts(
        Ref(function),
        title=name,
        timeout_seconds=plan.sized.timeout_seconds,
        memory_mib=plan.sized.memory_mib,
        architecture=plan.architecture,
        profile=profile,
        tolerated_errors=options.tolerated_errors,
    )
    return OptimizedLambda(
        function=function,
        role=role,
        log_group=group,
        live=live_alias(name, function, profile, options.concurrency),
        invoke_config=invoke_config(name, function, options.async_failures),
        dashboard=function_dashboard(config, facts),
        code=plan.code,
        facts=facts,
    )


def _function(plan: _Plan, role: Any, group: Any) -> Any:
    kebab = names.kebab_case(plan.name)
    variables = {**dict(plan.code.environment), **plan.access.environment}
    return awslambda.Function(
        f"{plan.name}Function",
        FunctionName=names.physical_name(plan.config.name, kebab),
        Description=plan.description,
        Architectures=[plan.architecture],
        Role=GetAtt(role, "Arn"),
        MemorySize=plan.sized.memory_mib,
        Timeout=plan.sized.timeout_seconds,
        LoggingConfig=_logging(plan.config, group),
        TracingConfig=_tracing(plan.config),
        Tags=Tags(_cost_tags(plan)),
        **plan.code.properties,
        **option_properties(plan.config, plan.options),
        **present(
            Environment=function_environment(kebab, variables) if variables else None,
            Layers=_layers(plan) or None,
        ),
    )


def _role(plan: _Plan, group: Any) -> Any:
    monitoring = plan.config.monitoring
    grants = [
        *write_logs(group),
        *(send_traces() if monitoring.tracing_enabled else ()),
        *(send_insights() if monitoring.lambda_insights_layer_arn else ()),
        *option_grants(plan.options),
        *plan.access.statements,
    ]
    return iam.Role(
        f"{plan.name}Role",
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


def _tracing(config: EnvironmentConfig) -> Any:
    mode = "Active" if config.monitoring.tracing_enabled else "PassThrough"
    return awslambda.TracingConfig(Mode=mode)


def _cost_tags(plan: _Plan) -> dict[str, str]:
    """Return the tags that Cost Explorer filters on, before and after an optimization."""
    return {
        "Architecture": plan.architecture,
        "ManagedBy": names.OPTIMIZED_LAMBDA,
        "OptimizedMemory": str(plan.sized.memory_mib),
        "PerformanceProfile": plan.asked.profile.value,
        "PowerTuned": str(plan.sized.tuned).lower(),
    }


def _layers(plan: _Plan) -> list[Value]:
    insights = plan.config.monitoring.lambda_insights_layer_arn
    return [*plan.layers, *([insights] if insights else [])]
