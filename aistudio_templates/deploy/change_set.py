"""What CloudFormation says a deploy would change. Pure: answers in, values out.

A set has one change set for its root and, where AWS made them, one for each nested
stack. :func:`parse_change_set` reads one of them from its pages; ``preview`` walks the
tree and joins them into a :class:`ChangeSummary`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from aistudio_templates.deploy.events import STACK_TYPE
from aistudio_templates.deploy.stateful import is_cluster_member, is_stateful, may_replace
from aistudio_templates.deploy.template_diff import Difference, ResourceDifference
from aistudio_templates.deploy.template_text import Template
from aistudio_templates.deploy.text import printable


class Action(StrEnum):
    """What happens to a resource."""

    ADDED = "added"
    MODIFIED = "modified"
    MAY_REPLACE = "may-replace"
    REPLACED = "replaced"
    REMOVED = "removed"


@dataclass(frozen=True)
class ResourceChange:
    """One resource that a deploy changes.

    Attributes:
        path: Logical ids below the root stack: ``("Database", "Cluster")``.
        resource_type: Such as ``AWS::RDS::DBCluster``.
        action: What happens to it.
        properties: Changed properties or attributes, sorted, as far as known.
        policy_action: What becomes of a removed or replaced resource: ``Delete``,
            ``Retain``, ``Snapshot``, ``ReplaceAndDelete`` …; ``None`` when not said.
        member_of_cluster: Whether it is known to be an instance of an Aurora cluster,
            which holds no data of its own.
    """

    path: tuple[str, ...]
    resource_type: str
    action: Action
    properties: tuple[str, ...]
    policy_action: str | None
    member_of_cluster: bool = False

    @property
    def holds_data(self) -> bool:
        """Whether the resource holds data that nobody can make again."""
        return is_stateful(self.resource_type) and not self.member_of_cluster

    @property
    def path_text(self) -> str:
        """The path as people write it: ``Database/Cluster``."""
        return "/".join(self.path)


@dataclass(frozen=True)
class ChangeSummary:
    """Everything that a deploy changes.

    Attributes:
        stack_name: The root stack.
        changes: Resource by resource, nested stacks' own rows left out.
        compared: Nested stacks, by path, for which there is no nested change set: their
            changes come from comparing templates, which cannot tell what replaces.
    """

    stack_name: str
    changes: tuple[ResourceChange, ...]
    compared: tuple[str, ...]

    def of_stack(self, logical_id: str) -> tuple[ResourceChange, ...]:
        """Return the changes inside one nested stack of the root."""
        return tuple(change for change in self.changes if change.path[0] == logical_id)


@dataclass(frozen=True)
class NestedRow:
    """A nested stack's row in its parent's change set."""

    logical_id: str
    action: Action
    physical_id: str | None
    change_set_id: str | None


@dataclass(frozen=True)
class ChangeSet:
    """One change set, all pages read.

    Attributes:
        change_set_id: Its ARN.
        status: ``CREATE_IN_PROGRESS``, ``CREATE_COMPLETE``, ``FAILED`` …
        reason: Why it failed, safe to print; empty otherwise.
        changes: Rows of resources; paths start in this stack.
        nested: Rows of nested stacks.
    """

    change_set_id: str
    status: str
    reason: str
    changes: tuple[ResourceChange, ...]
    nested: tuple[NestedRow, ...]

    @property
    def is_pending(self) -> bool:
        """Whether CloudFormation still computes it."""
        return self.status in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}

    @property
    def is_empty(self) -> bool:
        """Whether it failed because there is nothing to change.

        There is no code for it, and the wording depends on whether transforms are used.
        """
        no_change = ("didn't contain changes", "no updates are to be performed")
        return self.status == "FAILED" and any(text in self.reason.lower() for text in no_change)


_ACTIONS = {
    "Add": Action.ADDED,
    "Import": Action.ADDED,
    "Remove": Action.REMOVED,
    "SyncWithActual": Action.MODIFIED,
    # CloudFormation's word for "the action itself is not known yet".
    "Dynamic": Action.MAY_REPLACE,
}
_REPLACEMENTS = {"True": Action.REPLACED, "Conditional": Action.MAY_REPLACE}
_DIFFERENCES = {
    Difference.ADDED: Action.ADDED,
    Difference.CHANGED: Action.MODIFIED,
    Difference.REMOVED: Action.REMOVED,
}


def parse_change_set(pages: Sequence[Mapping[str, Any]]) -> ChangeSet:
    """Return the change set that DescribeChangeSet's pages tell of.

    Args:
        pages: At least one answer, in order.
    """
    rows = [
        change["ResourceChange"]
        for page in pages
        for change in page.get("Changes", [])
        if "ResourceChange" in change
    ]
    first = pages[0]
    return ChangeSet(
        change_set_id=first["ChangeSetId"],
        status=first["Status"],
        reason=printable(first.get("StatusReason", "")),
        changes=tuple(_resource(row) for row in rows if row["ResourceType"] != STACK_TYPE),
        nested=tuple(_nested(row) for row in rows if row["ResourceType"] == STACK_TYPE),
    )


def changes_of_templates(differences: Iterable[ResourceDifference]) -> tuple[ResourceChange, ...]:
    """Return a template comparison as changes, for a stack without a change set.

    A stateful resource of which a replacing property changed counts as ``MAY_REPLACE``.
    """
    return tuple(
        ResourceChange(
            path=(difference.logical_id,),
            resource_type=difference.resource_type,
            action=_compared_action(difference),
            properties=_top_level(difference.paths),
            policy_action=difference.deletion_policy,
            member_of_cluster=difference.member_of_cluster,
        )
        for difference in differences
    )


def knowing_members(
    changes: Iterable[ResourceChange], deployed: Template
) -> tuple[ResourceChange, ...]:
    """Return a stack's own changes with the instances of its Aurora clusters marked.

    Args:
        changes: Of one stack; deeper ones are left as they are.
        deployed: The stack's template as it is deployed.
    """
    members = {
        logical_id
        for logical_id, definition in deployed["Resources"].items()
        if is_cluster_member(definition)
    }
    return tuple(
        replace(change, member_of_cluster=len(change.path) == 1 and change.path[0] in members)
        for change in changes
    )


def below(logical_id: str, changes: Iterable[ResourceChange]) -> tuple[ResourceChange, ...]:
    """Return a nested stack's changes with paths that start in its parent."""
    return tuple(replace(change, path=(logical_id, *change.path)) for change in changes)


def _resource(row: Mapping[str, Any]) -> ResourceChange:
    return ResourceChange(
        path=(printable(row["LogicalResourceId"]),),
        resource_type=row["ResourceType"],
        action=_action(row),
        properties=_top_level(_changed_names(row)),
        policy_action=row.get("PolicyAction"),
    )


def _nested(row: Mapping[str, Any]) -> NestedRow:
    return NestedRow(
        logical_id=printable(row["LogicalResourceId"]),
        action=_action(row),
        physical_id=row.get("PhysicalResourceId") or None,
        change_set_id=row.get("ChangeSetId") or None,
    )


def _action(row: Mapping[str, Any]) -> Action:
    if row["Action"] == "Modify":
        return _REPLACEMENTS.get(row.get("Replacement", "False"), Action.MODIFIED)
    # An action that AWS adds later must not pass as harmless.
    return _ACTIONS.get(row["Action"], Action.MAY_REPLACE)


def _changed_names(row: Mapping[str, Any]) -> tuple[str, ...]:
    targets = [detail.get("Target", {}) for detail in row.get("Details", [])]
    named = [target.get("Name") or target.get("Attribute") for target in targets]
    return tuple(name for name in named if name)


def _top_level(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({path.split(".", 1)[0] for path in paths}))


def _compared_action(difference: ResourceDifference) -> Action:
    if difference.difference is Difference.CHANGED and may_replace(
        difference.resource_type, difference.paths
    ):
        return Action.MAY_REPLACE
    return _DIFFERENCES[difference.difference]
