"""Claims: a message that is delivered twice is worked on once.

SQS delivers at least once. A claim is an item of the table of jobs: the first to put it
works, and marks it done; others learn that it is done, or come back later. A lease that a
crash leaves behind expires.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
standard-queues-at-least-once-delivery.html
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aistudio_shared.logs import logger

IN_PROGRESS = "in_progress"
"""Someone works on it, until the lease ends."""

DONE = "done"
"""Nobody needs to work on it again."""

_KEPT_SECONDS = 14 * 24 * 3600
"""As long as SQS can keep a message, in seconds."""

_FREE = "attribute_not_exists(jobId) OR (#status = :in_progress AND leaseUntil <= :now)"
_MINE = "#owner = :owner AND #status = :in_progress"

_LOG = logger("claims")


class InProgressError(Exception):
    """Someone else works on it; come back when the lease is over.

    Attributes:
        retry_after_seconds: How long the lease still lasts, in seconds.
    """

    def __init__(self, key: str, retry_after_seconds: int) -> None:
        super().__init__(f"{key} is in progress for up to {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class LeaseLostError(Exception):
    """The work took longer than its lease, and someone else may have begun it again."""


@dataclass(frozen=True)
class Claim:
    """What claiming told.

    Attributes:
        key: What is claimed.
        done: Whether it was done before: then there is nothing to do.
    """

    key: str
    done: bool


@contextmanager
def claim(
    table: Any, key: str, lease_seconds: float, *, now: Callable[[], float] = time.time
) -> Iterator[Claim]:
    """Yield a claim on ``key``; mark it done, or free it if anything is raised.

    Look at :attr:`Claim.done` first::

        with claim(table, key, 600) as claimed:
            if not claimed.done:
                work()

    Args:
        table: A DynamoDB ``Table`` with the partition key ``jobId``.
        key: What is worked on, such as ``file_processor#<jobId>``.
        lease_seconds: Longer than the work can take, in seconds.
        now: Returns seconds since the epoch.

    Raises:
        InProgressError: Someone else works on it.
        LeaseLostError: The work took longer than its lease.
        ClientError: DynamoDB refuses.
    """
    owner = uuid.uuid4().hex
    item_key = f"claim#{key}"
    if not _taken(table, item_key, owner, lease_seconds=lease_seconds, now=now()):
        yield Claim(key, done=True)
        return
    try:
        yield Claim(key, done=False)
    except BaseException:
        _free(table, item_key, owner)
        raise
    if not _end(table, item_key, owner, status=DONE, lease_until=0):
        raise LeaseLostError(f"{key} took longer than its lease")


def _taken(table: Any, item_key: str, owner: str, *, lease_seconds: float, now: float) -> bool:
    """Return whether the claim is ours; ``False`` if the work was done before."""
    try:
        table.put_item(
            Item={
                "jobId": item_key,
                "status": IN_PROGRESS,
                "owner": owner,
                "leaseUntil": int(now + lease_seconds) + 1,
                # No timestamp: with one, the table's index of states would list claims as jobs.
                "ttl": int(now) + _KEPT_SECONDS,
            },
            ConditionExpression=_FREE,
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":in_progress": IN_PROGRESS, ":now": int(now)},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if not _is_refused_condition(error):
            raise
        response: dict[str, Any] = dict(error.response)
        item = _plain_item(response.get("Item", {}))
        if item.get("status") == DONE:
            return False
        remaining = float(item.get("leaseUntil", now + lease_seconds)) - now
        raise InProgressError(item_key, max(1, round(remaining))) from error
    return True


def _free(table: Any, item_key: str, owner: str) -> None:
    """End our lease after a failure, which counts more than one of this."""
    try:
        _end(table, item_key, owner, status=IN_PROGRESS, lease_until=0)
    except (BotoCoreError, ClientError) as error:
        # The next attempt has to wait for the end of the lease.
        _LOG.failure("claim not freed", error, claim=item_key)


def _end(table: Any, item_key: str, owner: str, *, status: str, lease_until: int) -> bool:
    """End our lease; return whether it was still ours."""
    try:
        table.update_item(
            Key={"jobId": item_key},
            UpdateExpression="SET #status = :status, leaseUntil = :lease_until",
            ConditionExpression=_MINE,
            ExpressionAttributeNames={"#status": "status", "#owner": "owner"},
            ExpressionAttributeValues={
                ":status": status,
                ":lease_until": lease_until,
                ":owner": owner,
                ":in_progress": IN_PROGRESS,
            },
        )
    except ClientError as error:
        if not _is_refused_condition(error):
            raise
        return False
    return True


def _is_refused_condition(error: ClientError) -> bool:
    return bool(error.response["Error"]["Code"] == "ConditionalCheckFailedException")


def _plain_item(item: dict[str, Any]) -> dict[str, Any]:
    """Return an error's item, which boto3 leaves in DynamoDB's own notation, as values."""
    return {
        name: next(iter(value.values())) if isinstance(value, dict) else value
        for name, value in item.items()
    }
