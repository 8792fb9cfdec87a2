"""SQL through the RDS Data API, patient with a cluster that wakes up.

Source: https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

_LOGGER = logging.getLogger(__name__)

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


class OutOfTimeError(Exception):
    """The function's time is nearly over."""


class DataApi:
    """One database, one caller.

    Args:
        client: An ``rds-data`` client.
        cluster_arn: The cluster.
        secret_arn: The secret of the user that runs the statements.
        database: The database.
        seconds_left: Returns how many seconds may still be spent.
        sleep: Pauses for some seconds.
    """

    def __init__(
        self,
        client: Any,
        *,
        cluster_arn: str,
        secret_arn: str,
        database: str,
        seconds_left: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._target = {"resourceArn": cluster_arn, "secretArn": secret_arn}
        self._database = database
        self._seconds_left = seconds_left
        self._sleep = sleep

    @contextmanager
    def transaction(self) -> Iterator[str]:
        """Yield a transaction's id; commit it, or roll it back if anything is raised.

        Raises:
            ClientError: The Data API refuses a call.
            OutOfTimeError: The cluster did not answer in time.
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
            except ClientError as error:
                _LOGGER.warning("rollback failed: %s", error)
            raise
        self._client.commit_transaction(**self._target, transactionId=transaction_id)

    def execute(
        self, sql: str, transaction_id: str, parameters: Mapping[str, str] | None = None
    ) -> list[list[Any]]:
        """Run one statement and return its rows, each a list of plain values.

        Args:
            sql: One statement; ``:name`` stands for a parameter.
            transaction_id: The transaction it belongs to.
            parameters: Text by name.

        Raises:
            ClientError: PostgreSQL or the Data API refuses the statement.
            OutOfTimeError: The function's time is nearly over.
        """
        self._check_time()
        answer = self._client.execute_statement(
            **self._target,
            database=self._database,
            transactionId=transaction_id,
            sql=sql,
            parameters=[
                {"name": name, "value": {"stringValue": value}}
                for name, value in (parameters or {}).items()
            ],
        )
        return [[_plain(field) for field in row] for row in answer.get("records", [])]

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
                _LOGGER.info("waiting %g s for the database: %s", pause_seconds, code)
            self._sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    def _check_time(self) -> None:
        if self._seconds_left() <= 0:
            raise OutOfTimeError("the function's time is nearly over; nothing half-done remains")


def _plain(field: Mapping[str, Any]) -> Any:
    return None if field.get("isNull") else next(iter(field.values()))
