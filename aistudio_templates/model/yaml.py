"""Deterministic YAML with CloudFormation's short-form intrinsics.

Keys are sorted, so that a pure refactoring changes no byte; lines are never folded,
so that a changed value is one changed line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

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


class _Tagged(NamedTuple):
    tag: str
    value: Any


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 # the signature is PyYAML's
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    style = "'" if _LOOKS_LIKE_NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_tagged(dumper: _Dumper, tagged: _Tagged) -> yaml.Node:
    if isinstance(tagged.value, str):
        style = "|" if "\n" in tagged.value else None
        return dumper.represent_scalar(tagged.tag, tagged.value, style=style)
    if isinstance(tagged.value, list):
        return dumper.represent_sequence(tagged.tag, tagged.value)
    return dumper.represent_mapping(tagged.tag, tagged.value)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(_Tagged, _represent_tagged)


def dump(body: Mapping[str, Any]) -> str:
    """Return a template as YAML text.

    Args:
        body: Plain dictionaries, lists and scalars with long-form intrinsics.
    """
    text: str = yaml.dump(
        _shortened(body), Dumper=_Dumper, width=_UNFOLDED, allow_unicode=True, sort_keys=True
    )
    return text


def _shortened(node: Any) -> Any:
    if isinstance(node, list | tuple):
        return [_shortened(item) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((key, value),) = node.items()
        if key in _SHORT_FORMS and (key != "Condition" or isinstance(value, str)):
            return _short_form(key, value)
    return {key: _shortened(value) for key, value in node.items()}


def _short_form(key: str, value: Any) -> Any:
    if key == "Fn::GetAtt" and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return _Tagged("!GetAtt", ".".join(value))
    inner = _shortened(value)
    if isinstance(inner, _Tagged):
        # YAML allows one tag a node, so the outer function keeps its long form.
        return {key: inner}
    return _Tagged(_SHORT_FORMS[key], inner)
