"""What a deploy reads before it decides: the deployed root, its state, what S3 must hold.

Asks CloudFormation through the door it is handed; changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from aistudio_templates.deploy.desired import Desired
from aistudio_templates.deploy.events import STACK_TYPE
from aistudio_templates.deploy.overview import failed_resources, live_resources
from aistudio_templates.deploy.package import Upload
from aistudio_templates.deploy.root_template import DeployedRoot
from aistudio_templates.deploy.stack import Stack
from aistudio_templates.deploy.stateful import is_stateful
from aistudio_templates.deploy.status import Situation, situation
from aistudio_templates.deploy.steps import StackRead

if TYPE_CHECKING:
    from aistudio_templates.deploy.aws import Aws
    from aistudio_templates.deploy.cloudformation import CloudFormation


def deployed_root(door: CloudFormation, stack: Stack, *, with_children: bool) -> DeployedRoot:
    """Return what is deployed under a root.

    Args:
        door: CloudFormation.
        stack: The root.
        with_children: Whether the nested stacks' templates are needed; only a
            single-stack deploy looks into them.
    """
    template = door.get_template(stack.stack_id)
    if not with_children:
        return DeployedRoot(template, {})
    children = {
        resource.logical_id: door.get_template(resource.physical_id)
        for resource in door.list_resources(stack.stack_id)
        if resource.resource_type == STACK_TYPE
        and situation(resource.status) is Situation.UPDATABLE
    }
    return DeployedRoot(template, children)


def described(door: CloudFormation, stack: Stack, *, same: bool) -> StackRead:
    """Return a root as the state machine wants to know it.

    Args:
        door: CloudFormation.
        stack: The root.
        same: Whether it already is what would be deployed.
    """
    found = situation(stack.status)
    is_stuck = found is Situation.NEEDS_OPERATOR
    is_failed = found is Situation.DELETABLE_ONLY
    return StackRead(
        status=stack.status,
        stack_id=stack.stack_id,
        same=same,
        protected=stack.termination_protection,
        stuck=failed_resources(door, stack.stack_id) if is_stuck else (),
        stateful=_stateful(door, stack.stack_id) if is_failed else (),
    )


def stored_inputs_changed(aws: Aws, stack: Stack, desired: Desired) -> bool:
    """Return whether a value that nested stacks took from Parameter Store is another now.

    CloudFormation reads those values when a stack is updated, so an equal template does
    not make an equal stack. What cannot be compared counts as changed.

    Raises:
        AwsError: AWS refuses a call.
    """
    inputs = desired.stored_inputs
    if not inputs:
        return False
    names = {name for parameters in inputs.values() for name in parameters.values()}
    current = aws.parameter_store.values(names)
    nested = {
        resource.logical_id: resource.physical_id
        for resource in aws.cloudformation.list_resources(stack.stack_id)
    }
    return any(
        _inputs_changed(aws, nested.get(logical_id), parameters, current)
        for logical_id, parameters in inputs.items()
    )


def _inputs_changed(
    aws: Aws, stack_id: str | None, parameters: Mapping[str, str], current: Mapping[str, str]
) -> bool:
    stack = aws.cloudformation.describe_stack(stack_id) if stack_id else None
    taken = stack.resolved_parameters if stack is not None else {}
    return any(
        name not in current or taken.get(parameter) != current[name]
        for parameter, name in parameters.items()
    )


def uploads(desired: Desired, build_asset: Callable[[str], bytes]) -> tuple[Upload, ...]:
    """Return what S3 has to hold for a deploy: templates, a large root, function code."""
    templates = [
        Upload(stack.key, partial(bytes, stack.body), stack.sha256) for stack in desired.stacks
    ]
    if desired.root_url is not None:
        body = partial(bytes, desired.root.body)
        templates.append(Upload(desired.root.key, body, desired.root.sha256))
    code = [Upload(asset.key, partial(build_asset, asset.name)) for asset in desired.assets]
    return (*templates, *code)


def _stateful(door: CloudFormation, stack_id: str) -> tuple[str, ...]:
    return tuple(
        placed.path_text
        for placed in live_resources(door, stack_id)
        if placed.resource.physical_id and is_stateful(placed.resource.resource_type)
    )
