"""Power tuning: a state machine that tries a function at several memory sizes.

It does what AWS Lambda Power Tuning does, with the same input and result, in functions of
this set: no other publisher's code runs with rights on them.

Source: https://github.com/alexcasalboni/aws-lambda-power-tuning
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Join, Select, Split, StackId, Sub, iam, stepfunctions

from aistudio_templates import names
from aistudio_templates.assets import Asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.access import Access
from aistudio_templates.patterns.function_code import python_code
from aistudio_templates.patterns.function_sizing import Size
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.log_group import log_group
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda, optimized_lambda
from aistudio_templates.patterns.power_tuning_definition import definition
from aistudio_templates.policies import tuning
from aistudio_templates.policies.grants import invoke_functions, policy, read_objects
from aistudio_templates.policies.trust import service_trust
from aistudio_templates.prices import regional_prices

PAYLOAD_PREFIX = "power-tuning/"
"""Where payloads in S3 have to lie: what is below it, power tuning may read."""

_MEMORY_MIB = 256
"""They wait for Lambda's API; below this, loading the SDK takes seconds."""

_EXECUTOR_MEMORY_MIB = 512
"""It may hold hundreds of invocations at once."""

_ANALYZER_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class PayloadStore:
    """The bucket of payloads that are too large for an execution's input.

    Attributes:
        name: Its name.
        arn: Its ARN.
    """

    name: Value
    arn: Value


@dataclass(frozen=True)
class PowerTuning(Handle):
    """The state machine, with its role, log group and functions."""

    state_machine: Any
    role: Any
    log_group: Any
    functions: tuple[OptimizedLambda, ...]

    @property
    def assets(self) -> tuple[Asset, ...]:
        """What has to be in the artifact bucket."""
        return self.functions[0].assets


def state_machine_name(environment: str) -> str:
    """Return the state machine's name, by which people start it."""
    return f"lambda-power-tuning-{environment}"


def power_tuning(
    config: EnvironmentConfig, *, asset: Asset, payload_store: PayloadStore
) -> PowerTuning:
    """Return power tuning for the environment's own functions.

    Args:
        config: The environment: its name, region and default memory sizes.
        asset: Source of the functions, all in one folder.
        payload_store: Where large payloads are read from.

    Raises:
        ConfigError: The price book has no prices of the environment's region.
    """
    # Who tunes looks at the execution: six dashboards would cost 18 USD a month.
    plain = config.override(monitoring={"function_dashboards_enabled": False})
    maker = _Functions(plain, asset)
    functions = (
        _initializer(maker, payload_store),
        _publisher(maker),
        _executor(maker, payload_store),
        _cleaner(maker),
        _analyzer(maker),
        _optimizer(maker),
    )
    group = log_group(
        "StateMachineLogGroup",
        retention_days=config.monitoring.log_retention_days,
        name=_log_group_name(config),
    )
    role = _role(config, functions)
    return PowerTuning(_state_machine(config, functions, role, group), role, group, functions)


@dataclass(frozen=True)
class _Functions:
    """Makes the functions, which differ in what they may do and know."""

    config: EnvironmentConfig
    asset: Asset

    def make(
        self,
        name: str,
        description: str,
        *,
        access: Access,
        memory_mib: int = _MEMORY_MIB,
        timeout_seconds: int | None = None,
    ) -> OptimizedLambda:
        longest = self.config.power_tuning.execution_timeout_seconds
        return optimized_lambda(
            f"PowerTuning{name}",
            self.config,
            code=python_code(self.asset, handler=f"{name.lower()}.handler"),
            description=description,
            size=Size(memory_mib=memory_mib, timeout_seconds=timeout_seconds or longest),
            access=access,
        )


def _initializer(maker: _Functions, payload_store: PayloadStore) -> OptimizedLambda:
    settings = maker.config.power_tuning
    return maker.make(
        "Initializer",
        "Checks the input of a power tuning",
        access=Access(
            {
                "EXECUTION_TIMEOUT_SECONDS": str(settings.execution_timeout_seconds),
                "FUNCTION_PREFIX": names.physical_name(maker.config.name, ""),
                "PAYLOAD_BUCKET_NAME": payload_store.name,
                "PAYLOAD_PREFIX": PAYLOAD_PREFIX,
                "POWER_VALUES": ",".join(map(str, settings.power_values)),
            },
            tuning.read_configurations(maker.config.name),
        ),
    )


def _publisher(maker: _Functions) -> OptimizedLambda:
    environment = maker.config.name
    return maker.make(
        "Publisher",
        "Publishes a version of a function for each memory size",
        access=_changing(environment, tuning.publish_versions(environment)),
    )


def _executor(maker: _Functions, payload_store: PayloadStore) -> OptimizedLambda:
    environment, prices = maker.config.name, regional_prices(maker.config.region)
    return maker.make(
        "Executor",
        "Invokes a function at one memory size and averages what it took",
        memory_mib=_EXECUTOR_MEMORY_MIB,
        access=Access(
            {
                "LAMBDA_PRICE_ARM64": f"{prices.usd('lambda.duration.arm64'):f}",
                "LAMBDA_PRICE_X86_64": f"{prices.usd('lambda.duration.x86_64'):f}",
            },
            (
                *tuning.read_configurations(environment),
                *tuning.invoke_any_function(environment),
                *read_objects(payload_store.arn, prefix=PAYLOAD_PREFIX),
            ),
        ),
    )


def _cleaner(maker: _Functions) -> OptimizedLambda:
    environment = maker.config.name
    return maker.make(
        "Cleaner",
        "Deletes the versions of a power tuning and restores the function",
        access=_changing(environment, tuning.delete_versions(environment)),
    )


def _analyzer(maker: _Functions) -> OptimizedLambda:
    transition = regional_prices(maker.config.region).usd("states.transition")
    return maker.make(
        "Analyzer",
        "Chooses the memory size by a power tuning's strategy",
        timeout_seconds=_ANALYZER_TIMEOUT_SECONDS,
        access=Access({"STATE_TRANSITION_PRICE": f"{transition:f}"}),
    )


def _optimizer(maker: _Functions) -> OptimizedLambda:
    environment = maker.config.name
    return maker.make(
        "Optimizer",
        "Gives a function the memory that power tuning found",
        access=_changing(environment, tuning.publish_versions(environment)),
    )


def _changing(environment: str, statements: Sequence[Any]) -> Access:
    """Return the right to change the functions' configurations, and what goes with it."""
    return Access(statements=(*tuning.change_configurations(environment), *statements))


def _log_group_name(config: EnvironmentConfig) -> Value:
    """Return a name that spares CloudWatch's policy and never meets a retained group.

    Below ``/aws/vendedlogs/`` a log group takes no room in the account's resource policy; the
    stack's own id keeps it apart from the group of a stack that was deleted.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
    """
    prefix = f"/aws/vendedlogs/states/{state_machine_name(config.name)}"
    return Join("-", [prefix, Select(2, Split("/", StackId))])


def _role(config: EnvironmentConfig, functions: Sequence[OptimizedLambda]) -> Any:
    name = state_machine_name(config.name)
    source = (
        f"arn:${{AWS::Partition}}:states:${{AWS::Region}}:${{AWS::AccountId}}:stateMachine:{name}"
    )
    grants = [
        *invoke_functions(*(function.arn for function in functions)),
        *tuning.deliver_state_machine_logs(),
        *(tuning.trace_state_machine() if config.monitoring.tracing_enabled else ()),
    ]
    return iam.Role(
        "StateMachineRole",
        AssumeRolePolicyDocument=service_trust("states.amazonaws.com", source_arn=Sub(source)),
        Policies=[iam.Policy(PolicyName="Grants", PolicyDocument=policy(grants))],
    )


def _state_machine(
    config: EnvironmentConfig, functions: Sequence[OptimizedLambda], role: Any, group: Any
) -> Any:
    return stepfunctions.StateMachine(
        "StateMachine",
        StateMachineName=state_machine_name(config.name),
        StateMachineType="STANDARD",
        RoleArn=GetAtt(role, "Arn"),
        DefinitionString=definition(timeout_seconds=config.power_tuning.execution_timeout_seconds),
        DefinitionSubstitutions={
            f"{function.facts.title.removeprefix('PowerTuning')}Arn": function.arn
            for function in functions
        },
        # Payloads may hold personal data: the log tells what happened, not with what.
        LoggingConfiguration=stepfunctions.LoggingConfiguration(
            Level="ALL",
            IncludeExecutionData=False,
            Destinations=[
                stepfunctions.LogDestination(
                    CloudWatchLogsLogGroup=stepfunctions.CloudWatchLogsLogGroup(
                        LogGroupArn=GetAtt(group, "Arn")
                    )
                )
            ],
        ),
        TracingConfiguration=stepfunctions.TracingConfiguration(
            Enabled=config.monitoring.tracing_enabled
        ),
    )
