"""Schedules that are made at run time: their group, and the role that acts for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, iam, scheduler

from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.policies.grants import invoke_functions, policy, send_messages
from aistudio_templates.policies.trust import service_trust


@dataclass(frozen=True)
class ScheduleGroup(Handle):
    """A group of schedules, and its execution role.

    Attributes:
        group: The group.
        role: What EventBridge Scheduler assumes for schedules of this group; it may do
            nothing until :func:`schedule_target` lets it.
    """

    group: Any
    role: Any

    @property
    def name(self) -> Value:
        """The group's name."""
        return Ref(self.group)

    @property
    def role_arn(self) -> Value:
        """ARN of the execution role, which whoever makes a schedule passes on."""
        return GetAtt(self.role, "Arn")


def schedule_group(title: str, *, name: str) -> ScheduleGroup:
    """Return a group for schedules that are made at run time.

    Args:
        title: Logical id.
        name: Physical name, which whoever makes schedules knows.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/
    cross-service-confused-deputy-prevention.html
    """
    group = scheduler.ScheduleGroup(
        title,
        Name=name,
        # A schedule that outlives its target fails for ever; the database has them all.
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )
    role = iam.Role(
        f"{title}Role",
        AssumeRolePolicyDocument=service_trust(
            "scheduler.amazonaws.com", source_arn=GetAtt(group, "Arn")
        ),
    )
    return ScheduleGroup(group, role)


def schedule_target(
    schedules: ScheduleGroup, *, function_arn: Value, dead_letter_queue_arn: Value
) -> Any:
    """Return the policy that lets a group's schedules invoke one function, and nothing else.

    A resource of its own: a function that makes schedules knows the role, and a role
    that named the function would wait for it.

    Args:
        schedules: The group.
        function_arn: The one target.
        dead_letter_queue_arn: Where what could not be delivered goes.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html
    """
    return iam.PolicyType(
        f"{schedules.group.title}TargetPolicy",
        Roles=[Ref(schedules.role)],
        PolicyName="Target",
        PolicyDocument=policy(
            [*invoke_functions(function_arn), *send_messages(dead_letter_queue_arn)]
        ),
    )
