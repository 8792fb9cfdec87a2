"""The fake database with what the functions of schedules and notifications ask of it.

It adds to :mod:`support.fake_data_api` the functions of PostgreSQL that their statements
use, and rows to begin with.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from support.fake_data_api import FakeDataApi

_CHANGES = (
    (r"EXTRACT\(EPOCH FROM ([\w.]+)\)", r"unixepoch(\1)"),
    (r"now\(\) - CAST\((:\w+) AS integer\) \* INTERVAL '1 second'", r"seconds_ago(\1)"),
    (r"\bleft\(", "left_of("),
    (r"ARRAY\[([^]]*)\]", r"json_array(\1)"),
    (r"RETURNING \w+\.(\w+)", r"RETURNING \1"),
)
"""What SQLite writes differently."""


def _array_position(array: str, value: str) -> int:
    return int(json.loads(array).index(value)) + 1


def _hash_of_address(address: str | None) -> str | None:
    return None if address is None else hashlib.sha256(address.lower().encode()).hexdigest()


def _to_timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


class FakePeople(FakeDataApi):
    """The client: schedules, executions, users, notifications."""

    def __init__(self) -> None:
        super().__init__()
        for name, arguments, function in (
            ("array_position", 2, _array_position),
            ("hash_of_address", 1, _hash_of_address),
            ("left_of", 2, lambda text, length: None if text is None else text[:length]),
            ("octet_length", 1, lambda text: None if text is None else len(text.encode())),
            ("seconds_ago", 1, lambda past: _to_timestamp(datetime.now(UTC).timestamp() - past)),
            ("to_timestamp", 1, _to_timestamp),
        ):
            self._connection.create_function(name, arguments, function)

    def _run(self, sql: str, parameters: Sequence[Mapping[str, Any]]) -> sqlite3.Cursor:
        for pattern, replacement in _CHANGES:
            sql = re.sub(pattern, replacement, sql)
        return super()._run(sql, parameters)

    def add(self, table: str, **columns: Any) -> int:
        """Add a row and return its key."""
        marks = ", ".join("?" for _ in columns)
        (row,) = self.rows(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) RETURNING id",
            *columns.values(),
        )
        return int(row[0]) if isinstance(row[0], int) else 0

    def add_schedule(self, name: str = "Daily report", **columns: Any) -> int:
        """Add a schedule of the user ``u1`` and return its id."""
        row = {
            "owner_id": "u1",
            "name": name,
            "assistant_id": 5,
            "expression": "0 8 ? * MON-FRI *",
            "timezone": "America/Los_Angeles",
            "input": '{"question": "how are you"}',
            **columns,
        }
        return self.add("schedules", **row)

    def one(self, table: str, row_id: int = 1) -> dict[str, Any]:
        """Return a row by column name."""
        cursor = self._connection.execute(f"SELECT * FROM {table} WHERE id = ?", (row_id,))
        names = [column[0] for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))
