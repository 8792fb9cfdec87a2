"""SQL through the RDS Data API, patient with a cluster that wakes up.

Source: https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from aistudio_shared.environment import required
from aistudio_shared.logs import logger
from aistudio_shared.sql_values import (
    Json,
    Parameter,
    Parameters,
    Vector,
    parameter_list,
    plain,
    storable,
)

__all__ = [
    "RETRIED_CODES",
    "DataApi",
    "Json",
    "OutOfTimeError",
    "Parameter",
    "Parameters",
    "Vector",
    "storable",
]

RETRIED_CODES = frozenset(
    {
        "DatabaseNotFoundException",
        "DatabaseResumingException",
        "DatabaseUnavailableException",
        "InternalServerErrorException",
        "ServiceUnavailableError",
        "ThrottlingException",
    }
)
"""Errors that pass: a paused cluster takes about 15 seconds to resume."""

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 15.0

_RESERVED_SECONDS = 10.0
"""Kept back for the rollback and for telling the job's state."""

_MAX_BATCH_BYTES = 1_000_000
"""Text of one batch; the Data API takes 4 MiB with all its JSON.

Source: https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/
API_BatchExecuteStatement.html
"""

_MAX_BATCH_SETS = 1_000
"""A call has 45 seconds, and an index on vectors makes each row slow."""

_CLIENT_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=60
)

_LOG = logger("data_api")


class OutOfTimeError(Exception):
    """The function's time is nearly over; nothing half-done remains."""


class DataApi:
    """One database, one caller.

    Args:
        client: An ``rds-data`` client.
        cluster_arn: The cluster.
        secret_arn: The secret of the user that runs the statements.
        database: The database.
        seconds_left: Returns how many seconds may still be spent.
        sleep: Pauses for some seconds. Default: :func:`time.sleep`.
    """

    def __init__(
        self,
        client: Any,
        *,
        cluster_arn: str,
        secret_arn: str,
        database: str,
        seconds_left: Callable[[], float],
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._client = client
        self._target = {"resourceArn": cluster_arn, "secretArn": secret_arn}
        self._database = database
        self._seconds_left = seconds_left
        self._sleep = sleep or time.sleep

    @classmethod
    def from_environment(cls, context: Any, *, client: Any = None) -> DataApi:
        """Return the database that ``DATABASE_RESOURCE_ARN`` and its sisters name.

        Args:
            context: Lambda's; tells how much time is left.
            client: An ``rds-data`` client. Default: a new one.

        Raises:
            MissingVariablesError: The function has no database.
        """
        names = ("DATABASE_RESOURCE_ARN", "DATABASE_SECRET_ARN", "DATABASE_NAME")
        cluster_arn, secret_arn, database = (required(*names)[name] for name in names)
        return cls(
            client or boto3.client("rds-data", config=_CLIENT_CONFIG),
            cluster_arn=cluster_arn,
            secret_arn=secret_arn,
            database=database,
            seconds_left=lambda: context.get_remaining_time_in_millis() / 1000 - _RESERVED_SECONDS,
        )

    @contextmanager
    def transaction(self) -> Iterator[str]:
        """Yield a transaction's id; commit it, or roll it back if anything is raised.

        Raises:
            ClientError: The Data API refuses a call.
            OutOfTimeError: The function's time is nearly over.
        """
        begun = self._retried(
            lambda: self._client.begin_transaction(**self._target, database=self._database)
        )
        transaction_id: str = begun["transactionId"]
        try:
            yield transaction_id
            self._check_time()
        except BaseException:
            # PostgreSQL forgets an open transaction anyway; the first error is what counts.
            try:
                self._client.rollback_transaction(**self._target, transactionId=transaction_id)
            except (BotoCoreError, ClientError) as error:
                _LOG.failure("rollback failed", error)
            raise
        self._client.commit_transaction(**self._target, transactionId=transaction_id)

    def execute(
        self,
        sql: str,
        parameters: Parameters | None = None,
        transaction_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Run one statement and return its rows, each a mapping by column name.

        Outside a transaction it is tried again while the cluster resumes; then it must
        be a statement that may run twice. Inside one, the caller starts over.

        Args:
            sql: One statement; ``:name`` stands for a parameter. The answer may have 1 MiB.
            parameters: Values by name; each needs a ``CAST`` where PostgreSQL cannot tell.
                Text loses what PostgreSQL refuses, see :func:`storable`.
            transaction_id: The transaction it belongs to. Default: one of its own.

        Raises:
            ClientError: PostgreSQL or the Data API refuses the statement.
            OutOfTimeError: The function's time is nearly over.
            TypeError: A parameter is of no type that the Data API knows.
            ValueError: A number is out of range.
        """
        request = {
            **self._statement(sql, transaction_id),
            "parameters": parameter_list(parameters or {}),
            "includeResultMetadata": True,
        }
        answer = self._call(lambda: self._client.execute_statement(**request), transaction_id)
        columns = answer.get("columnMetadata", [])
        # What AS calls a column is its label; the name may be the table's own.
        names = [column.get("label") or column["name"] for column in columns]
        return [dict(zip(names, map(plain, row), strict=True)) for row in answer.get("records", [])]

    def batch_execute(
        self,
        sql: str,
        parameter_sets: Sequence[Parameters],
        transaction_id: str | None = None,
    ) -> None:
        """Run one statement once for each set of parameters: all of them or none.

        Args:
            sql: One statement that returns nothing.
            parameter_sets: Values by name, a mapping for each run; may be empty.
            transaction_id: The transaction it belongs to. Default: one of its own.

        Raises:
            ClientError: PostgreSQL or the Data API refuses a statement.
            OutOfTimeError: The function's time is nearly over.
            TypeError: A parameter is of no type that the Data API knows.
            ValueError: A number is out of range.
        """
        if not parameter_sets:
            return
        if transaction_id is None:
            with self.transaction() as own_transaction_id:
                self.batch_execute(sql, parameter_sets, own_transaction_id)
            return
        for sets in _batches([parameter_list(one) for one in parameter_sets]):
            self._check_time()
            self._client.batch_execute_statement(
                **self._statement(sql, transaction_id), parameterSets=sets
            )

    def _statement(self, sql: str, transaction_id: str | None) -> dict[str, Any]:
        transaction = {} if transaction_id is None else {"transactionId": transaction_id}
        return {**self._target, "database": self._database, "sql": sql, **transaction}

    def _call(self, call: Callable[[], Any], transaction_id: str | None) -> Any:
        if transaction_id is None:
            return self._retried(call)
        self._check_time()
        return call()

    def _retried(self, call: Callable[[], Any]) -> Any:
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            self._check_time()
            try:
                return call()
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code not in RETRIED_CODES:
                    raise
                _LOG.info("waiting for the database", code=code, seconds=pause_seconds)
            self._sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    def _check_time(self) -> None:
        if self._seconds_left() <= 0:
            raise OutOfTimeError("the function's time is nearly over; nothing half-done remains")


def _batches(sets: Sequence[list[dict[str, Any]]]) -> Iterator[list[list[dict[str, Any]]]]:
    """Yield the sets in groups that one request can carry."""
    group: list[list[dict[str, Any]]] = []
    size = 0
    for one in sets:
        one_size = len(json.dumps(one))
        if group and (size + one_size > _MAX_BATCH_BYTES or len(group) >= _MAX_BATCH_SETS):
            yield group
            group, size = [], 0
        group.append(one)
        size += one_size
    if group:
        yield group
