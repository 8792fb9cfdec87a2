"""A stand-in for the RDS Data API in front of a real PostgreSQL server.

Speaks the API's REST protocol as boto3 does (Execute, BatchExecute, BeginTransaction,
CommitTransaction, RollbackTransaction) and runs every statement with psycopg. It knows one
database, whatever ARNs are sent, and it checks no signature.

Source: https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import psycopg

_NAMED = re.compile(r"(?<!:):([A-Za-z_]\w*)")
_LITERAL = re.compile(r"('(?:[^']|'')*')|(\$\w*\$.*?\$\w*\$)", re.DOTALL)


class DataApiServer:
    """One database behind HTTP on loopback.

    Attributes:
        endpoint_url: What an ``rds-data`` client is pointed at.
        statements: How many statements ran.
        targets: Cluster, secret and database that were named.
    """

    def __init__(self, connection_string: str) -> None:
        self._connection_string = connection_string
        self._transactions: dict[str, psycopg.Connection[Any]] = {}
        self.statements = 0
        self.targets: set[tuple[str, str, str]] = set()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.endpoint_url = f"http://127.0.0.1:{self._http.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[DataApiServer]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()
            for connection in self._transactions.values():
                connection.close()

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query, for a test's own look at the database.

        Args:
            sql: One statement that returns rows; ``%(name)s`` stands for a parameter.
            **parameters: Values by name.
        """
        with psycopg.connect(self._connection_string) as connection:
            return connection.execute(sql.encode(), parameters or None).fetchall()

    @contextmanager
    def unreachable(self) -> Iterator[None]:
        """Let every new connection fail until the block ends, as if PostgreSQL were down."""
        connection_string = self._connection_string
        self._connection_string = "host=/nowhere"
        try:
            yield
        finally:
            self._connection_string = connection_string

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of one operation.

        Raises:
            psycopg.Error: PostgreSQL refuses the statement.
            KeyError: There is no such operation or transaction.
        """
        if "database" in request:
            self.targets.add((request["resourceArn"], request["secretArn"], request["database"]))
        return {
            "BeginTransaction": self._begin,
            "CommitTransaction": self._commit,
            "RollbackTransaction": self._rollback,
            "Execute": self._execute,
            "BatchExecute": self._batch,
        }[operation](request)

    def _begin(self, _request: Mapping[str, Any]) -> dict[str, Any]:
        transaction_id = uuid4().hex
        self._transactions[transaction_id] = psycopg.connect(self._connection_string)
        return {"transactionId": transaction_id}

    def _commit(self, request: Mapping[str, Any]) -> dict[str, Any]:
        connection = self._transactions.pop(request["transactionId"])
        with connection:
            connection.commit()
        return {"transactionStatus": "Transaction Committed"}

    def _rollback(self, request: Mapping[str, Any]) -> dict[str, Any]:
        connection = self._transactions.pop(request["transactionId"])
        connection.rollback()
        connection.close()
        return {"transactionStatus": "Rollback Complete"}

    def _execute(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._connection(request) as connection:
            cursor = self._run(connection, request["sql"], request.get("parameters", []))
            answer: dict[str, Any] = {"numberOfRecordsUpdated": max(cursor.rowcount, 0)}
            if cursor.description:
                answer["records"] = [[_field(value) for value in row] for row in cursor]
                if request.get("includeResultMetadata"):
                    names = [column.name for column in cursor.description]
                    answer["columnMetadata"] = [{"name": name, "label": name} for name in names]
            return answer

    def _batch(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._connection(request) as connection:
            for parameters in request.get("parameterSets", []):
                self._run(connection, request["sql"], parameters)
        return {"updateResults": []}

    @contextmanager
    def _connection(self, request: Mapping[str, Any]) -> Iterator[psycopg.Connection[Any]]:
        if "transactionId" in request:
            yield self._transactions[request["transactionId"]]
        else:
            with psycopg.connect(self._connection_string) as connection:
                yield connection

    def _run(
        self, connection: psycopg.Connection[Any], sql: str, parameters: list[dict[str, Any]]
    ) -> psycopg.Cursor[Any]:
        self.statements += 1
        values = {one["name"]: _value(one["value"]) for one in parameters}
        if not values:
            return connection.execute(sql.encode())
        return connection.execute(_with_placeholders(sql).encode(), values)


def _with_placeholders(sql: str) -> str:
    """Return ``sql`` with psycopg's placeholders instead of ``:name``, literals left alone."""
    parts = _LITERAL.split(sql.replace("%", "%%"))
    return "".join(
        _NAMED.sub(r"%(\1)s", part) if index % 3 == 0 else part or ""
        for index, part in enumerate(parts)
    )


def _value(value: Mapping[str, Any]) -> Any:
    if value.get("isNull"):
        return None
    if "blobValue" in value:
        return base64.b64decode(value["blobValue"])
    return next(iter(value.values()))


_FIELDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "booleanValue"),
    (int, "longValue"),
    (float, "doubleValue"),
)
"""Python types and how the Data API calls them; bool comes first, for it is an int."""


def _field(value: Any) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    for types, name in _FIELDS:
        if isinstance(value, types):
            return {name: value}
    if isinstance(value, bytes):
        return {"blobValue": base64.b64encode(value).decode()}
    return {"stringValue": json.dumps(value) if isinstance(value, dict | list) else str(value)}


def _handler(server: DataApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            request = json.loads(self.rfile.read(length) or b"{}")
            try:
                self._answer(200, server.answer(self.path.strip("/"), request))
            except (psycopg.Error, KeyError) as error:
                message = f"ERROR: {error}"
                self._answer(400, {"message": message}, error_type="BadRequestException")

        def _answer(self, status: int, body: dict[str, Any], *, error_type: str = "") -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            if error_type:
                self.send_header("x-amzn-errortype", error_type)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            """Say nothing: a test's output is its own."""

    return Handler
