"""Which names a template refers to: a walk over its plain dictionaries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_SUB_NAME = re.compile(r"\$\{([^!}][^}]*)\}")
"""A ``${Name}`` or ``${Name.Attribute}`` of Fn::Sub; ``${!Literal}`` is not one."""


def referenced_names(node: Any) -> Iterator[str]:
    """Yield the logical ids and parameters that ``node`` refers to, with repetitions.

    Pseudo parameters (``AWS::Region``) are left out. ``Ref``, ``Fn::GetAtt``,
    ``Fn::Sub`` in both forms and ``DependsOn`` count.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
    intrinsic-function-reference.html
    """
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _names_of_entry(key, value)
    elif isinstance(node, list):
        for item in node:
            yield from referenced_names(item)


def _names_of_entry(key: str, value: Any) -> Iterator[str]:
    if key == "Ref" and isinstance(value, str):
        yield from _unless_pseudo(value)
    elif key == "Fn::GetAtt":
        yield value.split(".")[0] if isinstance(value, str) else value[0]
    elif key == "Fn::Sub":
        yield from _names_of_sub(value)
    elif key == "DependsOn":
        yield from _names_of_depends_on(value)
    else:
        yield from referenced_names(value)


def _names_of_sub(value: Any) -> Iterator[str]:
    text, variables = (value, {}) if isinstance(value, str) else value
    for name in _SUB_NAME.findall(text):
        if name not in variables:
            yield from _unless_pseudo(name.split(".")[0])
    yield from referenced_names(variables)


def _names_of_depends_on(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item
        else:  # a container's own dependencies have the same key
            yield from referenced_names(item)


def _unless_pseudo(name: str) -> Iterator[str]:
    if not name.startswith("AWS::"):
        yield name
