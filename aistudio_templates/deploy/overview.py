"""Reading a deployed set: its status, what failed in it, its outputs.

Asks CloudFormation through the door it is handed; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aistudio_templates import names
from aistudio_templates.deploy.events import STACK_TYPE
from aistudio_templates.deploy.stack import StackResource
from aistudio_templates.deploy.status import is_failure
from aistudio_templates.errors import ConfigError

if TYPE_CHECKING:
    from aistudio_templates.deploy.aws import Aws
    from aistudio_templates.deploy.cloudformation import CloudFormation

_GONE = "DELETE_COMPLETE"


@dataclass(frozen=True)
class PlacedResource:
    """A resource of a set.

    Attributes:
        path: Logical ids below the root: ``("Database", "Cluster")``.
        stack_id: ARN of the stack that holds it.
        resource: The resource.
    """

    path: tuple[str, ...]
    stack_id: str
    resource: StackResource

    @property
    def path_text(self) -> str:
        """The path as people write it: ``Database/Cluster``."""
        return "/".join(self.path)


@dataclass(frozen=True)
class NestedStatus:
    """A nested stack: its path below the root, status, and reason if there is one."""

    path: tuple[str, ...]
    status: str
    reason: str | None


@dataclass(frozen=True)
class SetStatus:
    """A deployed set: its root, and its nested stacks in CloudFormation's order."""

    stack_name: str
    stack_id: str
    status: str
    reason: str | None
    updated: datetime
    termination_protection: bool
    nested: tuple[NestedStatus, ...]


def status(*, aws: Aws) -> SetStatus | None:
    """Return how the target's set stands, or ``None`` if it is not deployed.

    Raises:
        ConfigError: The credentials are another account's.
        AwsError: AWS refuses a call.
    """
    aws.identity()
    stack = aws.cloudformation.describe_stack(names.root_stack_name(aws.target.environment))
    if stack is None:
        return None
    nested = tuple(
        NestedStatus(placed.path, placed.resource.status, placed.resource.reason)
        for placed in live_resources(aws.cloudformation, stack.stack_id)
        if placed.resource.resource_type == STACK_TYPE
    )
    return SetStatus(
        stack_name=stack.name,
        stack_id=stack.stack_id,
        status=stack.status,
        reason=stack.reason,
        updated=stack.updated,
        termination_protection=stack.termination_protection,
        nested=nested,
    )


def outputs(*, aws: Aws) -> Mapping[str, str]:
    """Return the root's outputs.

    Raises:
        ConfigError: The set is not deployed, or the credentials are another account's.
        AwsError: AWS refuses a call.
    """
    aws.identity()
    name = names.root_stack_name(aws.target.environment)
    stack = aws.cloudformation.describe_stack(name)
    if stack is None:
        raise ConfigError(
            f"environment {aws.target.environment!r}: {name} is not deployed in "
            f"{aws.target.region}",
            "deploy it, or choose another --region or --profile",
        )
    return stack.outputs


def live_resources(
    door: CloudFormation, stack_id: str, path: tuple[str, ...] = ()
) -> Iterator[PlacedResource]:
    """Yield every resource of a tree that is not deleted, nested stacks before their own."""
    for resource in door.list_resources(stack_id):
        if resource.status == _GONE:
            continue
        placed = PlacedResource((*path, resource.logical_id), stack_id, resource)
        yield placed
        if resource.resource_type == STACK_TYPE and resource.physical_id:
            yield from live_resources(door, resource.physical_id, placed.path)


def failed_resources(door: CloudFormation, stack_id: str) -> tuple[str, ...]:
    """Return the failed resources of a tree as ``path: reason``, innermost only."""
    failed = [
        placed for placed in live_resources(door, stack_id) if is_failure(placed.resource.status)
    ]
    return tuple(
        f"{placed.path_text}: {placed.resource.reason or placed.resource.status}"
        for placed in failed
        # A nested stack failed because something inside did: name that.
        if not any(
            other.path[: len(placed.path)] == placed.path for other in failed if other is not placed
        )
    )
