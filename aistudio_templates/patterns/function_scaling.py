"""Reserved and provisioned concurrency, with the alias ``live`` that provisioning needs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Sub, applicationautoscaling, awslambda

from aistudio_templates.errors import TemplateError
from aistudio_templates.patterns.function_sizing import Profile
from aistudio_templates.patterns.handle import Handle

LIVE = "live"
"""Name of the alias that callers invoke."""

_DIMENSION = "lambda:function:ProvisionedConcurrency"


@dataclass(frozen=True)
class ProvisionedConcurrency:
    """Instances that are kept ready, from the fewest to the most.

    Attributes:
        minimum: Instances that are always ready.
        maximum: Instances under load; equal to the minimum, nothing scales.
        target_utilization: Share in use that scaling aims at, 0.1 to 0.9.
    """

    minimum: int
    maximum: int
    target_utilization: float = 0.7


@dataclass(frozen=True)
class Concurrency:
    """How many instances a function may and must have.

    Attributes:
        reserved: Instances that nothing else may take, and the most there are; ``None``
            shares the account's. Ignored where the environment reserves nothing.
        provisioned: Instances kept ready; profile ``critical`` only.
    """

    reserved: int | None = None
    provisioned: ProvisionedConcurrency | None = None


@dataclass(frozen=True)
class LiveAlias(Handle):
    """A published version, the alias ``live`` on it, and what scales its instances."""

    version: Any
    alias: Any
    scalable_target: Any | None
    scaling_policy: Any | None


def live_alias(
    name: str, function: Any, profile: Profile, concurrency: Concurrency
) -> LiveAlias | None:
    """Return version and alias of a function with provisioned concurrency; else ``None``.

    A version never changes: its logical id carries a digest of the function, so that a
    change publishes another one and moves the alias.

    Raises:
        TemplateError: The profile is not ``critical``.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
    """
    provisioned = concurrency.provisioned
    if provisioned is None:
        return None
    if profile is not Profile.CRITICAL:
        raise TemplateError(
            f"function {name}: provisioned concurrency with profile {profile.value!r}",
            "instances that are always paid for are for the profile 'critical'",
        )
    version = _version(name, function)
    alias = _alias(name, function, version, provisioned)
    if provisioned.maximum <= provisioned.minimum:
        return LiveAlias(version, alias, None, None)
    target = _scalable_target(name, function, alias, provisioned)
    return LiveAlias(version, alias, target, _scaling_policy(name, target, provisioned))


def _version(name: str, function: Any) -> Any:
    return awslambda.Version(
        f"{name}Version{_digest(function)}",
        FunctionName=Ref(function),
        # An alias may still point here while the next version is published.
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )


def _alias(name: str, function: Any, version: Any, provisioned: ProvisionedConcurrency) -> Any:
    return awslambda.Alias(
        f"{name}LiveAlias",
        Name=LIVE,
        FunctionName=Ref(function),
        FunctionVersion=GetAtt(version, "Version"),
        ProvisionedConcurrencyConfig=awslambda.ProvisionedConcurrencyConfiguration(
            ProvisionedConcurrentExecutions=provisioned.minimum
        ),
    )


def _digest(function: Any) -> str:
    text = json.dumps(function.to_dict(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _scalable_target(
    name: str, function: Any, alias: Any, provisioned: ProvisionedConcurrency
) -> Any:
    return applicationautoscaling.ScalableTarget(
        f"{name}ScalableTarget",
        ServiceNamespace="lambda",
        ScalableDimension=_DIMENSION,
        ResourceId=Sub(f"function:${{{function.title}}}:{LIVE}"),
        MinCapacity=provisioned.minimum,
        MaxCapacity=provisioned.maximum,
        DependsOn=alias.title,
    )


def _scaling_policy(name: str, target: Any, provisioned: ProvisionedConcurrency) -> Any:
    specification = applicationautoscaling.PredefinedMetricSpecification(
        PredefinedMetricType="LambdaProvisionedConcurrencyUtilization"
    )
    return applicationautoscaling.ScalingPolicy(
        f"{name}ScalingPolicy",
        PolicyName=f"{name}Utilization",
        PolicyType="TargetTrackingScaling",
        ScalingTargetId=Ref(target),
        TargetTrackingScalingPolicyConfiguration=(
            applicationautoscaling.TargetTrackingScalingPolicyConfiguration(
                TargetValue=provisioned.target_utilization,
                PredefinedMetricSpecification=specification,
            )
        ),
    )
