"""Where each value of an environment came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ResolvedValue:
    """One value.

    Attributes:
        key: Such as ``database.max_capacity_acu``.
        value: What is in force.
        source: Which file and table, or which default, it came from.
    """

    key: str
    value: Any
    source: str


def resolved_values(
    values: Mapping[str, Any],
    *,
    defaults: tuple[str, Mapping[str, Any]],
    overrides: tuple[str, Mapping[str, Any]],
) -> tuple[ResolvedValue, ...]:
    """Return every leaf of ``values`` with its source, in order of the keys.

    Args:
        values: What is in force.
        defaults: Name and values of the environment's defaults.
        overrides: Name and values of what the file sets; these win.
    """
    sources = (overrides, defaults)
    return tuple(
        ResolvedValue(".".join(path), value, _source(path, sources))
        for path, value in sorted(_leaves(values), key=lambda leaf: leaf[0])
    )


def _leaves(
    values: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _source(path: tuple[str, ...], sources: tuple[tuple[str, Mapping[str, Any]], ...]) -> str:
    for name, values in sources:
        if _holds(values, path):
            return name
    return "default"


def _holds(values: Any, path: tuple[str, ...]) -> bool:
    for part in path:
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True
