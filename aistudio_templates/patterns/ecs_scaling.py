"""How many tasks a service runs: by load, and by the time of day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import Join, Ref, Sub
from troposphere import applicationautoscaling as scaling

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.ecs_service import EcsService
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.load_balancer import LoadBalancer
from aistudio_templates.patterns.properties import present

_CPU_PERCENT = 70
_MEMORY_PERCENT = 80

_REQUESTS_PER_MINUTE = 600
"""Of one task: ten a second, most of which wait for a model and need little CPU."""

_SCALE_IN_SECONDS = 300
_SCALE_OUT_SECONDS = 60


@dataclass(frozen=True)
class EcsScaling(Handle):
    """The limits of the number of tasks, and the policies that move it between them."""

    target: Any
    policies: tuple[Any, ...]


def ecs_scaling(
    config: EnvironmentConfig, service: EcsService, balancer: LoadBalancer
) -> EcsScaling:
    """Return the scaling of a service by CPU, memory and requests.

    Args:
        config: Fewest and most tasks, and by the time of day.
        service: What is scaled.
        balancer: Who counts the requests.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
    """
    actions = _scheduled_actions(config)
    target = scaling.ScalableTarget(
        "ScalableTarget",
        ServiceNamespace="ecs",
        ScalableDimension="ecs:service:DesiredCount",
        ResourceId=Sub(f"service/${{{service.cluster.title}}}/${{{service.service.title}.Name}}"),
        MinCapacity=config.compute.ecs_min_count,
        MaxCapacity=config.compute.ecs_max_count,
        **present(ScheduledActions=actions or None),
    )
    requests = Join("/", [balancer.full_name, balancer.target_group_full_name])
    return EcsScaling(
        target,
        (
            _policy(target, "Cpu", "ECSServiceAverageCPUUtilization", _CPU_PERCENT),
            _policy(target, "Memory", "ECSServiceAverageMemoryUtilization", _MEMORY_PERCENT),
            _policy(
                target,
                "Requests",
                "ALBRequestCountPerTarget",
                _REQUESTS_PER_MINUTE,
                resource_label=requests,
            ),
        ),
    )


def _scheduled_actions(config: EnvironmentConfig) -> list[Any]:
    return [
        scaling.ScheduledAction(
            ScheduledActionName=schedule.name,
            Schedule=schedule.cron,
            Timezone=config.database.schedule_timezone,
            ScalableTargetAction=scaling.ScalableTargetAction(
                MinCapacity=schedule.min_count, MaxCapacity=schedule.max_count
            ),
        )
        for schedule in config.compute.ecs_scheduled_counts
    ]


def _policy(
    target: Any, name: str, metric: str, value: float, *, resource_label: Value | None = None
) -> Any:
    return scaling.ScalingPolicy(
        f"{name}ScalingPolicy",
        PolicyName=names.kebab_case(name),
        PolicyType="TargetTrackingScaling",
        ScalingTargetId=Ref(target),
        TargetTrackingScalingPolicyConfiguration=(
            scaling.TargetTrackingScalingPolicyConfiguration(
                TargetValue=value,
                ScaleInCooldown=_SCALE_IN_SECONDS,
                ScaleOutCooldown=_SCALE_OUT_SECONDS,
                PredefinedMetricSpecification=scaling.PredefinedMetricSpecification(
                    PredefinedMetricType=metric, **present(ResourceLabel=resource_label)
                ),
            )
        ),
    )
