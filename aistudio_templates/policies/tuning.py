"""Grants of power tuning: what it may do with the environment's functions, and no others.

The functions are those whose name has the environment's prefix: which one is tuned is known
only when somebody starts it. Each pattern has its reason in ``wildcards``. An environment
``dev`` would reach those of a ``dev-2`` in the same account as well.
"""

from __future__ import annotations

from awacs import awslambda, logs, xray
from awacs.aws import Statement
from troposphere import Sub

from aistudio_templates import names
from aistudio_templates.model import Value
from aistudio_templates.policies.statements import allow

_FUNCTION = (
    "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
    f"{names.APPLICATION}-${{Environment}}-*"
)

_VERSION = f"{_FUNCTION}:*"
"""A version or alias, never the function itself."""


def read_configurations(environment: str) -> tuple[Statement, ...]:
    """Let a role read the configuration of the environment's functions."""
    return (allow([awslambda.GetFunctionConfiguration], _of(_FUNCTION, environment)),)


def change_configurations(environment: str) -> tuple[Statement, ...]:
    """Let a role read and change the configuration of the environment's functions."""
    actions = [awslambda.GetFunctionConfiguration, awslambda.UpdateFunctionConfiguration]
    return (allow(actions, _of(_FUNCTION, environment)),)


def publish_versions(environment: str) -> tuple[Statement, ...]:
    """Let a role publish versions of the environment's functions, and point aliases to them."""
    actions = [awslambda.CreateAlias, awslambda.PublishVersion, awslambda.UpdateAlias]
    return (allow(actions, _of(_FUNCTION, environment)),)


def delete_versions(environment: str) -> tuple[Statement, ...]:
    """Let a role delete versions and aliases of the environment's functions.

    A version is deleted by the action that deletes a function; the pattern demands a version,
    so that the function itself is out of reach. Lambda checks a request with a qualifier against
    the ARN with that qualifier.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html and
    https://github.com/aws/aws-cdk/pull/19318
    """
    actions = [awslambda.DeleteAlias, awslambda.ListAliases, awslambda.ListVersionsByFunction]
    return (
        allow(actions, _of(_FUNCTION, environment)),
        allow([awslambda.DeleteFunction], _of(_VERSION, environment)),
    )


def invoke_any_function(environment: str) -> tuple[Statement, ...]:
    """Let a role invoke the environment's functions, their versions and aliases."""
    return (allow([awslambda.InvokeFunction], _of(_FUNCTION, environment)),)


def deliver_state_machine_logs() -> tuple[Statement, ...]:
    """Let a state machine's role set up the delivery of its log.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    """
    actions = [
        logs.CreateLogDelivery,
        logs.DeleteLogDelivery,
        logs.DescribeLogGroups,
        logs.DescribeResourcePolicies,
        logs.GetLogDelivery,
        logs.ListLogDeliveries,
        logs.PutResourcePolicy,
        logs.UpdateLogDelivery,
    ]
    return (allow(actions, "*"),)


def trace_state_machine() -> tuple[Statement, ...]:
    """Let a state machine send X-Ray segments, by the account's sampling rules.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
    """
    actions = [
        xray.GetSamplingRules,
        xray.GetSamplingTargets,
        xray.PutTelemetryRecords,
        xray.PutTraceSegments,
    ]
    return (allow(actions, "*"),)


def _of(pattern: str, environment: str) -> Value:
    return Sub(pattern, Environment=environment)
