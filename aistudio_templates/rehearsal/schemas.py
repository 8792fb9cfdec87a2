"""CloudFormation's resource schemas, as cfn-lint ships them.

Reads cfn-lint's files without importing cfn-lint, which would load all of it to find
one file. Runs in the child; may use the standard library only.

Source: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FALLBACK_REGION = "us-east-1"
"""The region with the most types; stands in for one that cfn-lint has no list of."""

PropertyPath = tuple[str, ...]
"""Names from a resource's properties down, such as ``("Endpoint", "Address")``."""


@dataclass(frozen=True, eq=False)
class ResourceSchema:
    """The schema of one resource type.

    Attributes:
        type_name: Such as ``AWS::RDS::DBProxy``.
        document: The schema itself.
    """

    type_name: str
    document: Mapping[str, Any]

    def paths(self, key: str) -> tuple[PropertyPath, ...]:
        """Return the property paths under ``key``, such as ``createOnlyProperties``.

        A path into the elements of a list ends before the list's ``*``.
        """
        return tuple(_path(pointer) for pointer in self.document.get(key, ()))

    def property(self, path: PropertyPath) -> Mapping[str, Any]:
        """Return the schema of the property at ``path``; empty when it says nothing."""
        node: Mapping[str, Any] = self.document
        for name in path:
            node = self.resolve(node.get("properties", {}).get(name, {}))
        return node

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what ``node`` refers to, or ``node`` itself."""
        while "$ref" in node:
            target: Any = self.document
            for name in node["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            node = target
        return node


def create_only_values(schema: ResourceSchema, properties: Mapping[str, Any]) -> list[Any]:
    """Return the values whose change replaces a resource, in the schema's order."""
    return [_value(properties, path) for path in schema.paths("createOnlyProperties")]


def recreation(schema: ResourceSchema, name: str) -> str:
    """Return whether a change to a top-level property replaces the resource.

    Returns:
        ``Always``, ``Conditionally`` or ``Never``, as ``RequiresRecreation`` in a
        change set.
    """
    if (name,) in schema.paths("createOnlyProperties"):
        return "Always"
    partly = schema.paths("createOnlyProperties") + schema.paths("conditionalCreateOnlyProperties")
    return "Conditionally" if any(path[0] == name for path in partly) else "Never"


@cache
def resource_schema(type_name: str, region: str) -> ResourceSchema:
    """Return the schema of a type.

    Raises:
        KeyError: cfn-lint has no schema of that type in ``region``.
    """
    file = _schemas() / "resources" / f"{schema_files(region)[type_name]}.json"
    return ResourceSchema(type_name, json.loads(file.read_bytes()))


@cache
def schema_files(region: str) -> Mapping[str, str]:
    """Return the type names of a region, each with the stem of its schema's file."""
    providers = _schemas() / "providers"
    file = providers / f"{region}.json"
    if not file.is_file():
        file = providers / f"{_FALLBACK_REGION}.json"
    files: Mapping[str, str] = json.loads(file.read_bytes())
    return files


def _schemas() -> Path:
    specification = importlib.util.find_spec("cfnlint")
    if specification is None or specification.origin is None:
        raise ModuleNotFoundError("cfn-lint is not installed", name="cfnlint")
    return Path(specification.origin).parent / "data" / "schemas"


def _path(pointer: str) -> PropertyPath:
    names = pointer.removeprefix("/properties/").split("/")
    return tuple(names[: names.index("*")] if "*" in names else names)


def _value(properties: Mapping[str, Any], path: PropertyPath) -> Any:
    node: Any = properties
    for name in path:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node
