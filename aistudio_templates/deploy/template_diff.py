"""What differs between two parsed templates, resource by resource. Pure.

It compares text, not meaning: a resource whose definition is the same may still change
because a parameter, mapping or condition does, and only CloudFormation knows whether a
change replaces. The engine uses it where no nested change set exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aistudio_templates.deploy.stateful import is_cluster_member
from aistudio_templates.deploy.template_text import Template


class Difference(StrEnum):
    """How a resource differs between two templates."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class ResourceDifference:
    """One resource that differs.

    Attributes:
        logical_id: Its logical id.
        resource_type: Its type; the old one for a removal.
        difference: Added, changed or removed.
        paths: Changed paths, dotted: properties below ``Properties`` without that
            prefix, attributes (``DeletionPolicy``) by name. Empty unless changed.
        deletion_policy: ``DeletionPolicy`` of the definition that ends or stays.
        member_of_cluster: Whether it is an instance of an Aurora cluster.
    """

    logical_id: str
    resource_type: str
    difference: Difference
    paths: tuple[str, ...]
    deletion_policy: str | None
    member_of_cluster: bool


EMPTY_TEMPLATE: Template = {"Resources": {}}
"""What a stack that does not exist is compared with."""


def diff_resources(before: Template, after: Template) -> tuple[ResourceDifference, ...]:
    """Return the resources that differ, sorted by logical id.

    A logical id whose type changed is a removal and an addition.
    """
    old, new = before["Resources"], after["Resources"]
    found: list[ResourceDifference] = []
    for logical_id in sorted(old.keys() | new.keys()):
        found.extend(_differences(logical_id, old.get(logical_id), new.get(logical_id)))
    return tuple(found)


def changed_paths(before: Any, after: Any) -> tuple[str, ...]:
    """Return the dotted paths at which two values differ, in order of the keys."""
    return tuple(_paths("", before, after))


def _differences(
    logical_id: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Iterator[ResourceDifference]:
    if old is not None and new is not None and old["Type"] == new["Type"]:
        paths = tuple(path.removeprefix("Properties.") for path in changed_paths(old, new))
        if paths:
            yield _difference(logical_id, new, Difference.CHANGED, paths)
        return
    if old is not None:
        yield _difference(logical_id, old, Difference.REMOVED)
    if new is not None:
        yield _difference(logical_id, new, Difference.ADDED)


def _difference(
    logical_id: str,
    definition: Mapping[str, Any],
    difference: Difference,
    paths: tuple[str, ...] = (),
) -> ResourceDifference:
    return ResourceDifference(
        logical_id,
        definition["Type"],
        difference,
        paths,
        definition.get("DeletionPolicy"),
        is_cluster_member(definition),
    )


def _paths(path: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not _is_call(before, after):
        for key in sorted(before.keys() | after.keys()):
            yield from _paths(f"{path}.{key}" if path else key, before.get(key), after.get(key))
    elif before != after:
        yield path


def _is_call(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """An intrinsic function is one value: a path into its arguments tells nobody anything."""
    keys = before.keys() | after.keys()
    return any(key == "Ref" or key.startswith("Fn::") for key in keys)
