"""An ``rds-data`` client over SQLite, with the tables of our own migrations or empty.

SQL really runs, with the constraints that the migrations declare; what PostgreSQL writes
differently is translated by :func:`_sqlite`. Types and functions of PostgreSQL beyond that
are unknown here.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from support.fake_aws import refused
from support.function_source import FUNCTIONS, function_modules

CLUSTER_ARN = "arn:aws:rds:us-east-1:111122223333:cluster:c"
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:s"
DATABASE = "aistudio"

ENVIRONMENT = {
    "DATABASE_RESOURCE_ARN": CLUSTER_ARN,
    "DATABASE_SECRET_ARN": SECRET_ARN,
    "DATABASE_NAME": DATABASE,
}
"""Environment variables of a function that uses this database."""

_MAX_REQUEST_BYTES = 4 * 1024 * 1024
_MAX_ANSWER_BYTES = 1024 * 1024

_LEFT_OUT = re.compile(
    r"CREATE EXTENSION|CREATE OR REPLACE|CREATE INDEX.*USING|ALTER TABLE.*(CHECK|CONSTRAINT)"
    r"|GRANT |COMMENT ON|DROP TRIGGER",
    re.DOTALL,
)
"""Statements of migrations that SQLite has no word for."""


def _sqlite(sql: str) -> str:
    """Return PostgreSQL's SQL as SQLite's."""
    changes = (
        (r"(\w+)\s*\|\|\s*CAST\(\s*(:\w+)\s+AS\s+jsonb\s*\)", r"json_patch(\1, \2)"),
        (
            r"= ANY\(CAST\((:\w+) AS bigint\[\]\)\)",
            r"IN (SELECT value FROM json_each('[' || trim(\1, '{}') || ']'))",
        ),
        (r"CAST\(\s*(:\w+)\s+AS\s+[\w ]+(?:\(\d+\))?\s*\)", r"\1"),
        (r"bigint GENERATED (?:ALWAYS|BY DEFAULT) AS IDENTITY PRIMARY KEY", "INTEGER PRIMARY KEY"),
        (r"DEFAULT now\(\)", "DEFAULT CURRENT_TIMESTAMP"),
        (r"\bnow\(\)", "CURRENT_TIMESTAMP"),
        (r"\bFOR UPDATE\b", ""),
        (r"ADD COLUMN IF NOT EXISTS", "ADD COLUMN"),
        # A SQLite database has one writer at a time anyway.
        (r"FROM pg_advisory_xact_lock\(\d+\)", ""),
    )
    for pattern, replacement in changes:
        sql = re.sub(pattern, replacement, sql, flags=re.IGNORECASE)
    return sql


class FakeDataApi:
    """The client, and the database behind it.

    Args:
        migrated: Whether our own migrations have run.

    Attributes:
        failures: What the next calls raise, in order; ``None`` lets one through.
        calls: Names of the calls made.
        statements: SQL of all statements that ran.
    """

    def __init__(self, *, migrated: bool = True) -> None:
        self.failures: list[Exception | None] = []
        self.calls: list[str] = []
        self.statements: list[str] = []
        self._open: str | None = None
        self._begun = 0
        self._booleans: set[str] = set()
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.execute("PRAGMA foreign_keys = ON")
        if migrated:
            self._migrate()

    def close(self) -> None:
        """Forget the database."""
        self._connection.close()

    def _migrate(self) -> None:
        with function_modules("database_initializer", "migration_files.statements") as (splitting,):
            for path in sorted((FUNCTIONS / "database_initializer" / "migrations").glob("*.sql")):
                for statement in splitting.split_statements(path.read_text(encoding="utf-8")):
                    self._execute(statement, {})

    def asleep(self, calls: int) -> None:
        """Let the next ``calls`` find the cluster resuming."""
        self.failures = [refused("DatabaseResumingException") for _ in range(calls)]

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return what SQLite answers, for tests to look at or to fill the database."""
        return self._connection.execute(sql, values).fetchall()

    def add_document(self, document_id: int = 1, **columns: Any) -> int:
        """Add a row to ``documents`` and return its id."""
        row = {
            "id": document_id,
            "owner_id": "owner",
            "name": "a.pdf",
            "media_type": "application/pdf",
            "bucket_key": f"repositories/1/{document_id}/a.pdf",
            "size_bytes": 1,
            **columns,
        }
        marks = ", ".join("?" for _ in row)
        self.rows(f"INSERT INTO documents ({', '.join(row)}) VALUES ({marks})", *row.values())
        return document_id

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction was begun and not ended."""
        return self._open is not None

    def begin_transaction(self, **request: str) -> dict[str, str]:
        self._call("begin_transaction", request)
        assert self._open is None, "a transaction is open"
        self._begun += 1
        self._open = f"t{self._begun}"
        self._connection.execute("BEGIN")
        return {"transactionId": self._open}

    def commit_transaction(self, **request: str) -> None:
        self._call("commit_transaction", {**request, "database": DATABASE})
        self._end("COMMIT", request["transactionId"])

    def rollback_transaction(self, **request: str) -> None:
        self._call("rollback_transaction", {**request, "database": DATABASE})
        self._end("ROLLBACK", request["transactionId"])

    def execute_statement(self, **request: Any) -> dict[str, Any]:
        self._call("execute_statement", request)
        cursor = self._run(request["sql"], request.get("parameters", []))
        names = [column[0] for column in cursor.description or ()]
        answer: dict[str, Any] = {
            "records": [
                [self._field(name, value) for name, value in zip(names, row, strict=True)]
                for row in cursor.fetchall()
            ],
            "numberOfRecordsUpdated": max(cursor.rowcount, 0),
        }
        if request.get("includeResultMetadata"):
            answer["columnMetadata"] = [{"name": name} for name in names]
        assert len(json.dumps(answer)) <= _MAX_ANSWER_BYTES
        return answer

    def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
        self._call("batch_execute_statement", request)
        for parameters in request["parameterSets"]:
            self._run(request["sql"], parameters)
        return {"updateResults": []}

    def _call(self, name: str, request: Mapping[str, Any]) -> None:
        self.calls.append(name)
        assert request["resourceArn"] == CLUSTER_ARN
        assert request["secretArn"] == SECRET_ARN
        assert request["database"] == DATABASE
        assert len(json.dumps(request)) <= _MAX_REQUEST_BYTES
        assert name == "begin_transaction" or request.get("transactionId") == self._open
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure

    def _end(self, how: str, transaction_id: str) -> None:
        assert transaction_id == self._open
        self._connection.execute(how)
        self._open = None

    def _run(self, sql: str, parameters: Sequence[Mapping[str, Any]]) -> sqlite3.Cursor:
        self.statements.append(sql)
        values = {parameter["name"]: _value(parameter["value"]) for parameter in parameters}
        assert set(re.findall(r"(?<!:):(\w+)", sql)) == set(values), "parameters do not match"
        try:
            return self._execute(sql, values)
        except sqlite3.Error as error:
            raise refused("DatabaseErrorException", f"ERROR: {error}") from error

    def _execute(self, sql: str, values: Mapping[str, Any]) -> sqlite3.Cursor:
        self._booleans.update(re.findall(r"(\w+) boolean", sql))
        if _LEFT_OUT.search(sql):
            return self._connection.cursor()
        return self._connection.execute(_sqlite(sql), values)

    def _field(self, name: str, value: Any) -> dict[str, Any]:
        if value is None:
            return {"isNull": True}
        if name in self._booleans:
            return {"booleanValue": bool(value)}
        if isinstance(value, int):
            return {"longValue": value}
        return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _value(field: Mapping[str, Any]) -> Any:
    ((kind, value),) = field.items()
    types = {"stringValue": str, "longValue": int, "doubleValue": float, "booleanValue": bool}
    assert kind == "isNull" or isinstance(value, types[kind])
    if kind == "stringValue":
        assert "\x00" not in value, "PostgreSQL has no NUL in text"
        value.encode()
    return None if kind == "isNull" else value
