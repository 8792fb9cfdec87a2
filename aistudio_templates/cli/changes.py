"""A change summary as lines of text: what a reviewer reads before agreeing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aistudio_templates.deploy.change_set import ChangeSummary, ResourceChange

_SYMBOLS = {"added": "+", "modified": "~", "may-replace": "?", "replaced": "!", "removed": "-"}
"""Never colour alone: each action has a symbol of its own."""

_MOST_ROUTINE_LINES = 20
"""Additions and changes beyond this many are counted by type instead of listed."""


def summary_lines(summary: ChangeSummary) -> Iterator[str]:
    """Yield the changes of a set: counts first, then what is removed or replaced, then the rest.

    Removals and replacements are always listed one by one; many additions are counted
    by type.
    """
    counts = Counter(change.action.value for change in summary.changes)
    told = ", ".join(f"{counts[action]} {action}" for action in _SYMBOLS if counts[action])
    yield f"{summary.stack_name}: {told or 'no changes'}"
    routine = []
    for change in summary.changes:
        if change.action.value in ("added", "modified"):
            routine.append(change)
        else:
            yield _line(change)
    if len(routine) <= _MOST_ROUTINE_LINES:
        yield from map(_line, routine)
        return
    grouped = Counter((change.action.value, change.resource_type) for change in routine)
    for (action, resource_type), count in sorted(grouped.items()):
        yield f"  {_SYMBOLS[action]} {count} x {resource_type}"


def _line(change: ResourceChange) -> str:
    properties = f" ({', '.join(change.properties)})" if change.properties else ""
    symbol = _SYMBOLS[change.action.value]
    return f"  {symbol} {change.resource_type} {change.path_text}{properties}"
