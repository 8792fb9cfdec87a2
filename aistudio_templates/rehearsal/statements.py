"""SQL through the RDS Data API: taken and counted, for there is no database behind it.

Observed: without a Docker engine, ministack answers ``BeginTransaction`` with an error,
so that no transaction can be rehearsed. Here a transaction begins, takes statements and
ends; cluster, secret and Data API switch are still checked by the emulator. A query
answers no rows. Runs in the child; may use the emulator.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ministack.services import rds_data

STATEMENT = "SQL statement (RDS Data API)"
"""Name of statements in the report."""

REASON = "no database behind the cluster: taken, not run"
"""Why the report has them as recorded."""


class _RecordedConnection:
    """A database connection, as far as the Data API's emulation uses one."""

    autocommit = True
    rowcount = 0
    description = None
    statusmessage = ""

    def __init__(self, on_statement: Callable[[], None]) -> None:
        self._on_statement = on_statement

    def cursor(self) -> _RecordedConnection:
        return self

    def execute(self, sql: str, parameters: Any = None) -> None:  # noqa: ARG002 # DB-API's signature
        self._on_statement()

    def commit(self) -> None:
        """There is nothing to make permanent."""

    def rollback(self) -> None:
        """There is nothing to undo."""

    def close(self) -> None:
        """There is nothing to release."""


def record_statements(on_statement: Callable[[], None]) -> None:
    """Take statements for clusters without a database; called once, before serving.

    Args:
        on_statement: Called for every statement.
    """
    connect = rds_data._connect

    @functools.wraps(connect)
    def connected(instance: Any, *arguments: Any, **options: Any) -> Any:
        if rds_data._has_real_endpoint(instance):
            return connect(instance, *arguments, **options)
        return _RecordedConnection(on_statement)

    rds_data._connect = connected
