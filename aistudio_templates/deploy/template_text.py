"""A template's text as plain dictionaries with long-form intrinsics.

The only module of the room that parses YAML. Pure: text in, values out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import yaml

from aistudio_templates.errors import TemplateError

Template = Mapping[str, Any]
"""A parsed template."""


class _Loader(yaml.CSafeLoader):
    """YAML 1.1 without dates: ``2010-09-09`` is the format version, a text."""


_MAX_DEPTH = 100
"""Nesting that no template reaches; PyYAML's C composer crashes on some ten thousand."""

_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(cast("yaml.MappingNode", node), deep=True)
    if name == "Fn::GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name: value}


_Loader.add_multi_constructor("!", _intrinsic)


def parse_template(text: str | bytes, source: str) -> Template:
    """Return the template that ``text`` (YAML or JSON) states.

    Args:
        text: The template's text.
        source: A file or stack name, for the message.

    Raises:
        TemplateError: The text is not YAML, or not a mapping with ``Resources``.
    """
    try:
        _check_nesting(text)
        template = yaml.load(text, _Loader)  # noqa: S506 # derived from CSafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TemplateError(
            f"{source}: is not a readable template: {first_line}", "run `make templates`"
        ) from error
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise TemplateError(f"{source}: has no Resources", "run `make templates`")
    return template


def _check_nesting(text: str | bytes) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        # Ours have no aliases, and a few of them can stand for gigabytes.
        if depth > _MAX_DEPTH or isinstance(event, yaml.AliasEvent):
            raise ValueError(f"nested deeper than {_MAX_DEPTH}, or has YAML aliases")
