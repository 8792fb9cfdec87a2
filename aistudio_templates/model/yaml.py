"""Deterministic YAML with CloudFormation's short-form intrinsics.

Keys are sorted, so that a pure refactoring changes no byte; lines are never folded,
so that a changed value is one changed line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_SHORT_FORMS = {
    "Ref": "!Ref",
    "Condition": "!Condition",
    **{
        f"Fn::{name}": f"!{name}"
        for name in (
            *("And", "Base64", "Cidr", "Equals", "FindInMap", "GetAtt", "GetAZs", "If"),
            *("ImportValue", "Join", "Not", "Or", "Select", "Split", "Sub", "Transform"),
        )
    },
}

_LOOKS_LIKE_NUMBER = re.compile(r"[-+.]?[0-9][0-9_.:,eE+-]*")
"""Text that some YAML parser reads as a number, a date or base-60 (account ids)."""

_UNFOLDED = 1_000_000
"""Line width in characters; larger than any line that we write."""


_TAG = "tag:yaml.org,2002:"


def dump(body: Mapping[str, Any]) -> str:
    """Return a template as YAML text.

    The nodes are made here in one pass: PyYAML's own representation of plain values takes
    more than half of a build's time.

    Args:
        body: Plain dictionaries, lists and scalars with long-form intrinsics.
    """
    text: str = yaml.serialize(
        _node(body), Dumper=yaml.CSafeDumper, width=_UNFOLDED, allow_unicode=True
    )
    return text


def _node(value: Any) -> yaml.Node:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return _short_form(value) or _mapping(value)
    if isinstance(value, list | tuple):
        return _sequence(value)
    return _scalar(value)


def _text(text: str, tag: str = f"{_TAG}str") -> yaml.Node:
    style = None
    if "\n" in text:
        style = "|"
    elif tag == f"{_TAG}str" and _LOOKS_LIKE_NUMBER.fullmatch(text):
        style = "'"
    return yaml.ScalarNode(tag, text, style=style)


def _scalar(value: bool | int | float | None) -> yaml.Node:
    if value is None:
        return yaml.ScalarNode(f"{_TAG}null", "null")
    if isinstance(value, bool):
        return yaml.ScalarNode(f"{_TAG}bool", str(value).lower())
    kind = "int" if isinstance(value, int) else "float"
    return yaml.ScalarNode(f"{_TAG}{kind}", repr(value))


def _mapping(value: Mapping[str, Any], tag: str = f"{_TAG}map") -> yaml.Node:
    entries = [(_text(key), _node(value[key])) for key in sorted(value)]
    return yaml.MappingNode(tag, entries, flow_style=False)


def _sequence(value: Sequence[Any], tag: str = f"{_TAG}seq") -> yaml.Node:
    return yaml.SequenceNode(tag, [_node(item) for item in value], flow_style=False)


def _short_form(value: Mapping[str, Any]) -> yaml.Node | None:
    """Return an intrinsic function in its short form; ``None`` for everything else."""
    if len(value) != 1:
        return None
    ((function, argument),) = value.items()
    if function not in _SHORT_FORMS or (function == "Condition" and not isinstance(argument, str)):
        return None
    tag = _SHORT_FORMS[function]
    if function == "Fn::GetAtt" and _is_texts(argument):
        return _text(".".join(argument), tag)
    if isinstance(argument, str):
        return _text(argument, tag)
    if isinstance(argument, list | tuple):
        return _sequence(argument, tag)
    # YAML allows one tag a node, so a function of a function keeps its long form outside.
    return None if _short_form(argument) else _mapping(argument, tag)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
