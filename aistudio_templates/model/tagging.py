"""Standard tags on every resource that can carry them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troposphere import Tags, Template

_PROPERTIES = ("Tags", "UserPoolTags")
"""Names under which resources take tags."""


def apply_tags(template: Template, tags: Mapping[str, str]) -> None:
    """Add ``tags`` to every taggable resource of ``template``, in place.

    A resource's own tags win over ``tags`` of the same key (``ManagedBy`` of an
    optimized function does). CloudFormation has two shapes: a list of ``Key`` and
    ``Value``, and a plain map; a resource's class says which is its own, and under which
    name: a user pool has ``UserPoolTags``.
    """
    for resource in template.resources.values():
        name = next((name for name in _PROPERTIES if name in resource.props), None)
        if name is None:
            continue
        own = _as_mapping(resource.properties.get(name))
        merged = {**tags, **own}
        is_map = resource.props[name][0] is dict
        setattr(resource, name, dict(sorted(merged.items())) if is_map else Tags(merged))


def _as_mapping(tags: Any) -> dict[str, str]:
    if tags is None:
        return {}
    if isinstance(tags, dict):
        return tags
    return {tag["Key"]: tag["Value"] for tag in tags.to_dict()}
