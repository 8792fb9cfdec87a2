"""Values between Python and the RDS Data API, and what PostgreSQL takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

_MAX_INTEGER = 2**63


@dataclass(frozen=True)
class Json:
    """A parameter that is JSON; write ``CAST(:name AS jsonb)`` in the statement."""

    value: Any


@dataclass(frozen=True)
class Vector:
    """A parameter that is a vector; write ``CAST(:name AS vector)`` in the statement."""

    values: Sequence[float]


Parameter: TypeAlias = str | int | float | bool | Json | Vector | None
"""What a statement's ``:name`` may stand for."""

Parameters: TypeAlias = Mapping[str, Parameter]
"""Values by name."""


def storable(text: str) -> str:
    """Return ``text`` without what PostgreSQL refuses: NUL, and halves of a surrogate pair.

    Source: https://www.postgresql.org/docs/current/datatype-character.html
    """
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def parameter_list(parameters: Parameters) -> list[dict[str, Any]]:
    """Return parameters as the Data API wants them.

    Raises:
        TypeError: A parameter is of no type that the Data API knows.
        ValueError: A number is out of range.
    """
    return [{"name": name, "value": _field(value)} for name, value in parameters.items()]


def _field(value: Parameter) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        if not -_MAX_INTEGER <= value < _MAX_INTEGER:
            raise ValueError(f"{value} has more than 64 bits")
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": _text(value)}


def _text(value: str | Json | Vector) -> str:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Json):
        return json.dumps(_storable_json(value.value), allow_nan=False)
    if isinstance(value, Vector):
        if not all(map(math.isfinite, value.values)):
            raise ValueError("a vector holds infinity or no number")
        return f"[{','.join(map(repr, map(float, value.values)))}]"
    raise TypeError(f"a parameter cannot be of type {type(value).__name__}")


def _storable_json(value: Any) -> Any:
    """Return a JSON value whose texts PostgreSQL takes; ``jsonb`` refuses escapes, too."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): _storable_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_json(item) for item in value]
    return value


def plain(field: Mapping[str, Any]) -> Any:
    """Return a field's value; an array's values as a list."""
    if field.get("isNull"):
        return None
    value = next(iter(field.values()))
    return _array(value) if "arrayValue" in field else value


def _array(value: Mapping[str, Any]) -> list[Any]:
    items = list(next(iter(value.values()), []))
    return [_array(item) for item in items] if "arrayValues" in value else items
