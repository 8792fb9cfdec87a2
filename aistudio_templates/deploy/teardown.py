"""Deleting a whole set: shown first, agreed to, watched, and honest about what stays.

Asks CloudFormation through the door it is handed. Termination protection is never
switched off here.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aistudio_templates import names
from aistudio_templates.deploy import refusals
from aistudio_templates.deploy.clock import DEFAULT_POLLING, SYSTEM_CLOCK, Clock, Polling
from aistudio_templates.deploy.console import Console
from aistudio_templates.deploy.events import STACK_TYPE
from aistudio_templates.deploy.outcome import (
    Destroyed,
    DestroyOutcome,
    NeedsOperator,
    Refused,
    Unchanged,
)
from aistudio_templates.deploy.overview import PlacedResource, failed_resources, live_resources
from aistudio_templates.deploy.request import DestroyPlan, DestroyRequest
from aistudio_templates.deploy.stack import Stack
from aistudio_templates.deploy.stateful import is_cluster_member, is_stateful
from aistudio_templates.deploy.status import Situation, situation
from aistudio_templates.deploy.template_text import Template
from aistudio_templates.deploy.watch import Watched, Watcher, last_event

if TYPE_CHECKING:
    from aistudio_templates.deploy.aws import Aws
    from aistudio_templates.deploy.cloudformation import CloudFormation

_KEEPING = frozenset({"Retain", "RetainExceptOnCreate"})
_SAVING = frozenset({*_KEEPING, "Snapshot"})


@dataclass(frozen=True)
class _Fate:
    """A resource, its deletion policy, and whether it holds data."""

    placed: PlacedResource
    policy: str
    holds_data: bool


def destroy(
    request: DestroyRequest,
    *,
    aws: Aws,
    console: Console,
    clock: Clock = SYSTEM_CLOCK,
    polling: Polling = DEFAULT_POLLING,
) -> DestroyOutcome:
    """Delete the target's set.

    Args:
        request: What may be lost.
        aws: Where.
        console: Who is told and asked.
        clock: Time. Default: the machine's.
        polling: How often to ask AWS. Default: every 2 to 10 seconds.

    Returns:
        ``Destroyed`` with what was kept; ``Unchanged`` if there was nothing; ``Refused``
        before anything happened; ``NeedsOperator`` with what blocks the deletion.

    Raises:
        ConfigError: The credentials are another account's.
        AwsError: AWS refuses a call, or watching had to end early.
        RefusedError: There is nobody to ask.
    """
    aws.identity()
    door = aws.cloudformation
    name = names.root_stack_name(aws.target.environment)
    stack = door.describe_stack(name)
    if stack is None:
        return Unchanged(name, {})
    plan = _agreed(door, stack, request, console)
    if isinstance(plan, Refused):
        return plan
    watcher = Watcher(door, console, clock, polling, stack, last_event(door, stack.stack_id))
    door.delete_stack(stack.stack_id, f"aistudio-{uuid.uuid4().hex}")
    return _outcome(door, plan, _watched(watcher, console))


def _agreed(
    door: CloudFormation, stack: Stack, request: DestroyRequest, console: Console
) -> DestroyPlan | Refused:
    """Return what is to be deleted, if it may be, loses no data, and a person agrees."""
    refusal = _refusal(stack)
    if refusal is not None:
        return refusal
    fates = _fates(door, stack)
    lost = _losses(fates, request)
    if lost:
        return refusals.data_loss(stack.name, lost)
    plan = _plan(stack.name, fates)
    return plan if console.confirm_destroy(plan) else refusals.not_approved(stack.name)


def _refusal(stack: Stack) -> Refused | None:
    if situation(stack.status) is Situation.IN_PROGRESS:
        return refusals.busy(stack.name, stack.status)
    if stack.termination_protection:
        return refusals.termination_protected(stack.name)
    return None


def _fates(door: CloudFormation, stack: Stack) -> tuple[_Fate, ...]:
    """Return what becomes of every resource; a shell without a template has none."""
    templates: dict[str, Template] = {}
    fates = []
    for placed in live_resources(door, stack.stack_id):
        if placed.resource.resource_type == STACK_TYPE:
            continue
        if placed.stack_id not in templates:
            templates[placed.stack_id] = door.get_template(placed.stack_id)
        resources = templates[placed.stack_id]["Resources"]
        fates.append(_fate(placed, resources.get(placed.resource.logical_id)))
    return tuple(fates)


def _fate(placed: PlacedResource, definition: Mapping[str, Any] | None) -> _Fate:
    """Return what becomes of a resource; one that its template lacks is deleted."""
    stateful = is_stateful(placed.resource.resource_type)
    if definition is None:
        return _Fate(placed, "Delete", stateful)
    policy = str(definition.get("DeletionPolicy", "Delete"))
    return _Fate(placed, policy, stateful and not is_cluster_member(definition))


def _plan(name: str, fates: Sequence[_Fate]) -> DestroyPlan:
    return DestroyPlan(
        stack_name=name,
        removed=tuple(fate.placed.path_text for fate in fates if fate.policy not in _KEEPING),
        retained=tuple(fate.placed.path_text for fate in fates if fate.policy in _KEEPING),
    )


def _losses(fates: Sequence[_Fate], request: DestroyRequest) -> tuple[str, ...]:
    return tuple(
        f"{fate.placed.path_text} ({fate.placed.resource.resource_type}) is deleted"
        for fate in fates
        if fate.holds_data
        and fate.policy not in _SAVING
        and fate.placed.path_text not in request.allow_data_loss
    )


def _watched(watcher: Watcher, console: Console) -> Watched:
    try:
        return watcher.watch()
    except KeyboardInterrupt:
        console.warn(
            f"{watcher.before.name}: the deletion goes on without us; `status` shows how it stands"
        )
        raise


def _outcome(door: CloudFormation, plan: DestroyPlan, watched: Watched) -> DestroyOutcome:
    stack = watched.stack
    if stack is None or situation(stack.status) is Situation.ABSENT:
        return Destroyed(plan.stack_name, plan.retained)
    cause = watched.log.root_cause()
    blockers = failed_resources(door, stack.stack_id)
    return NeedsOperator(
        cause.path if cause else (plan.stack_name,),
        cause.reason if cause else stack.reason or stack.status,
        refusals.blocked_hint(blockers),
    )
