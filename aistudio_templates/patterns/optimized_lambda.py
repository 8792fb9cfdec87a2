"""The one way to make a function: arm64, JSON logs, its own log group, an empty role.

Everything that the function may do beyond its own log comes from grants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Tags, awslambda, iam

from aistudio_templates import names
from aistudio_templates.assets import Asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.model.troposphere_gaps import LoggingConfig
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.log_group import log_group
from aistudio_templates.patterns.properties import present
from aistudio_templates.policies.grants import policy, send_traces, write_logs
from aistudio_templates.policies.trust import lambda_trust

PYTHON_RUNTIME = "python3.14"
"""The newest Lambda runtime that cfn-lint and the emulator both know.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""


@dataclass(frozen=True)
class OptimizedLambda(Handle):
    """A function with its role and log group.

    Attributes:
        function: The function.
        role: Its execution role.
        log_group: Where it logs.
        asset: Its source.
    """

    function: Any
    role: Any
    log_group: Any
    asset: Asset

    @property
    def arn(self) -> Value:
        """The function's ARN."""
        return GetAtt(self.function, "Arn")


def optimized_lambda(
    name: str,
    config: EnvironmentConfig,
    *,
    asset: Asset,
    description: str,
    timeout_seconds: int,
    memory_mib: int,
    statements: Sequence[Any] = (),
    environment: Mapping[str, Value] | None = None,
) -> OptimizedLambda:
    """Return a Python function.

    Args:
        name: Stem of the logical ids: ``DatabaseInitializer`` → ``…Function``, ``…Role``.
        config: Log retention, tracing and architecture.
        asset: Source folder; its ``handler.py`` has ``handler(event, context)``.
        description: What it does, for the console; at most 256 characters.
        timeout_seconds: 1 to 900.
        memory_mib: 128 to 10,240.
        statements: Grants beside writing its own log.
        environment: Environment variables; never a secret.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """
    tracing = config.monitoring.tracing_enabled
    group = log_group(f"{name}LogGroup", retention_days=config.monitoring.log_retention_days)
    traces = send_traces() if tracing else ()
    role = _role(name, [*write_logs(group), *traces, *statements])
    function = awslambda.Function(
        f"{name}Function",
        Description=description,
        Runtime=PYTHON_RUNTIME,
        Handler="handler.handler",
        Architectures=[config.compute.architecture],
        Code=awslambda.Code(S3Bucket=Ref(names.ARTIFACT_BUCKET_PARAMETER), S3Key=asset.key),
        Role=GetAtt(role, "Arn"),
        MemorySize=memory_mib,
        Timeout=timeout_seconds,
        LoggingConfig=LoggingConfig(
            LogFormat="JSON",
            LogGroup=Ref(group),
            ApplicationLogLevel="INFO",
            SystemLogLevel="WARN",
        ),
        TracingConfig=awslambda.TracingConfig(Mode="Active" if tracing else "PassThrough"),
        Tags=Tags(ManagedBy="OptimizedLambda", Architecture=config.compute.architecture),
        **present(
            Environment=awslambda.Environment(Variables=dict(environment)) if environment else None
        ),
    )
    return OptimizedLambda(function, role, group, asset)


def _role(name: str, grants: Sequence[Any]) -> Any:
    return iam.Role(
        f"{name}Role",
        AssumeRolePolicyDocument=lambda_trust(),
        Policies=[iam.Policy(PolicyName="Grants", PolicyDocument=policy(grants))],
    )
