"""Standard tags on every resource that can carry them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troposphere import Tags, Template


def apply_tags(template: Template, tags: Mapping[str, str]) -> None:
    """Add ``tags`` to every taggable resource of ``template``, in place.

    A resource's own tags win over ``tags`` of the same key (``ManagedBy`` of an
    optimized function does). CloudFormation has two shapes: a list of ``Key`` and
    ``Value``, and a plain map; a resource's class says which is its own.
    """
    for resource in template.resources.values():
        declared = resource.props.get("Tags")
        if declared is None:
            continue
        own = _as_mapping(resource.properties.get("Tags"))
        merged = {**tags, **own}
        resource.Tags = dict(sorted(merged.items())) if declared[0] is dict else Tags(merged)


def _as_mapping(tags: Any) -> dict[str, str]:
    if tags is None:
        return {}
    if isinstance(tags, dict):
        return tags
    return {tag["Key"]: tag["Value"] for tag in tags.to_dict()}
