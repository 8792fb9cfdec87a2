"""Facts on standard output: one JSON document, or aligned text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

JSON_SCHEMA_VERSION = 1
"""Version of the shape of every ``--json`` document; grows when a key changes meaning."""


def print_json(document: Mapping[str, Any]) -> None:
    """Print ``document`` with its schema version as one JSON document."""
    click.echo(json.dumps({"schemaVersion": JSON_SCHEMA_VERSION, **document}, indent=2))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows in aligned columns below their headings."""
    texts = [list(headings), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(headings))]
    for row in texts:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def print_pairs(pairs: Mapping[str, str]) -> None:
    """Print names and values in two columns, by name."""
    width = max(map(len, pairs), default=0)
    for name, value in sorted(pairs.items()):
        click.echo(f"{name.ljust(width)}  {value}")
