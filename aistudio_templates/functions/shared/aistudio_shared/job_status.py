"""The state of a job, one item of a table, for whoever waits for it.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/
Expressions.UpdateExpressions.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

PENDING = "pending"
"""Asked for, not begun."""

PROCESSING = "processing"
"""Someone is at work."""

RETRYING = "retrying"
"""An attempt failed, another one follows."""

COMPLETED = "completed"
"""Final: all is done."""

FAILED = "failed"
"""Final: nobody tries again."""

FINAL = (COMPLETED, FAILED)
"""States that only a new attempt leaves."""

_KEPT_SECONDS = 7 * 24 * 3600
"""How long an item is kept after its last change, in seconds."""

_MAX_ERROR_CHARACTERS = 1_000

_NOT_FINAL = "(attribute_not_exists(#status) OR NOT #status IN (:completed, :failed))"
_NOT_COMPLETED = "(attribute_not_exists(#status) OR NOT #status = :completed)"


class JobStatus:
    """One job's item.

    Args:
        table: A DynamoDB ``Table`` with the partition key ``jobId``.
        job_id: The job.
        now: Returns seconds since the epoch.
    """

    def __init__(self, table: Any, job_id: str, *, now: Callable[[], float] = time.time) -> None:
        self._table = table
        self._job_id = job_id
        self._now = now

    def begin(
        self,
        status: str = PROCESSING,
        *,
        details: Mapping[str, Any] | None = None,
        attributes: Mapping[str, Any] | None = None,
        removed: tuple[str, ...] = (),
    ) -> bool:
        """Begin a new attempt, even after a failure; return whether there is one to begin.

        An old error is forgotten. A completed job stays completed: a message that comes
        late, or twice, has nothing left to do.

        Args:
            status: The first state of the attempt.
            details: What the attempt is about; written as JSON.
            attributes: Further attributes of the item, in DynamoDB's own types.
            removed: Further attributes that an earlier attempt may have left.

        Raises:
            ClientError: DynamoDB refuses.
        """
        values = {**_values(progress=0, details=details), **(attributes or {})}
        completed = {":completed": COMPLETED}
        return self._write(status, values, _NOT_COMPLETED, completed, ("error", *removed))

    def update(
        self,
        status: str,
        *,
        progress: int | None = None,
        details: Mapping[str, Any] | None = None,
        error: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> bool:
        """Write the state; return whether it was written.

        A final state stays: what comes late, or twice, changes nothing. What is not given
        stays as it is.

        Args:
            status: One of this module's states, or a stage of the function's own.
            progress: Percent done, 0 to 100.
            details: What the state is about; written as JSON.
            error: Why it failed; no content of documents.
            attributes: Further attributes of the item, in DynamoDB's own types.

        Raises:
            ClientError: DynamoDB refuses.
        """
        values = {**_values(progress=progress, details=details, error=error), **(attributes or {})}
        finals = {":completed": COMPLETED, ":failed": FAILED}
        return self._write(status, values, _NOT_FINAL, finals)

    def _write(
        self,
        status: str,
        values: Mapping[str, Any],
        condition: str,
        condition_values: Mapping[str, str],
        removed: tuple[str, ...] = (),
    ) -> bool:
        """Return whether the condition held and the item was written."""
        now = self._now()
        times = {"timestamp": int(now * 1000), "ttl": int(now) + _KEPT_SECONDS}
        written = {"status": status, **times, **values}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in written)
        if removed:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in removed)
        try:
            self._table.update_item(
                Key={"jobId": self._job_id},
                UpdateExpression=expression,
                ConditionExpression=condition,
                # Half of the names are DynamoDB's reserved words.
                ExpressionAttributeNames={f"#{name}": name for name in (*written, *removed)},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in written.items()},
                    **condition_values,
                },
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True


def _values(
    *,
    progress: int | None = None,
    details: Mapping[str, Any] | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    given = {
        "progress": progress,
        "details": None if details is None else json.dumps(dict(details), default=str),
        "error": None if error is None else error[:_MAX_ERROR_CHARACTERS],
    }
    return {name: value for name, value in given.items() if value is not None}
