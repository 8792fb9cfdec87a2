"""pydantic's findings in our words: key, value, and what would be valid."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from aistudio_templates.errors import ConfigError, valid_choices

_TYPE_NAMES = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "float_type": "a number",
    "int_type": "a whole number",
    "model_type": "a table",
    "string_type": "text",
    "tuple_type": "a list",
}


def config_error(error: ValidationError, model: type[BaseModel], *, place: str = "") -> ConfigError:
    """Return one error for everything that pydantic found.

    Args:
        error: What validation raised.
        model: The model that was validated.
        place: What precedes each key, such as ``aistudio.toml [environments.dev] ``.

    Returns:
        The first problem as message; the others, one a line, as hint.
    """
    problems = [place + _problem(detail, model) for detail in error.errors()]
    others = "\n".join(f"also: {problem}" for problem in problems[1:])
    return ConfigError(problems[0], others or None)


def _problem(detail: Mapping[str, Any], model: type[BaseModel]) -> str:
    location = [part for part in detail["loc"] if not _is_branch(part)]
    key = _dotted(location)
    kind = detail["type"]
    if kind == "extra_forbidden":
        choices = _fields_at(model, location[:-1])
        return f"{key}: unknown key; {valid_choices(str(location[-1]), choices)}"
    if kind == "missing":
        return f"{key}: missing, has no default"
    why = _why(kind, detail)
    if kind == "value_error" and isinstance(detail["input"], Mapping):
        return f"{key}: {why}" if key else why
    return f"{key} = {detail['input']!r}: {why}"


def _why(kind: str, detail: Mapping[str, Any]) -> str:
    context = detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in _TYPE_NAMES:
        return f"must be {_TYPE_NAMES[kind]}"
    if kind == "literal_error":
        return f"valid: {context['expected']}"
    if kind == "string_pattern_mismatch":
        return f"must match {context['pattern']}"
    message = str(detail["msg"])
    return message.replace("Input should be", "must be").replace("String should", "must")


def _dotted(location: list[Any]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _is_branch(part: Any) -> bool:
    """Return whether a part of a location names a branch of a union, not a key."""
    return isinstance(part, str) and ("[" in part or part in {"NoneType", "none"})


def _fields_at(model: type[BaseModel], location: list[Any]) -> list[str]:
    current: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        current = _model_of(current.model_fields[part].annotation)
        if current is None:
            return []
    return list(current.model_fields)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside ``X``, ``X | None`` or ``tuple[X, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in {types.UnionType, typing.Union, tuple, dict}:
        found = (_model_of(argument) for argument in typing.get_args(annotation))
        return next((model for model in found if model is not None), None)
    return None


def frozen(value: Any) -> Any:
    """Return ``value`` with every list as a tuple, as strict models want it."""
    if isinstance(value, Mapping):
        return {key: frozen(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value
