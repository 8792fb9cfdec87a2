"""Batches of SQS messages: each message is done, tried again, or put aside with a reason.

The event source needs ``ReportBatchItemFailures``.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from aistudio_shared.claims import InProgressError, claim
from aistudio_shared.clients import client_config
from aistudio_shared.logs import Log, described
from aistudio_shared.records import (
    MAX_RECEIVES,
    PermanentError,
    Record,
    is_last_attempt,
    receive_count,
    record_of,
    sns_message,
)

__all__ = ["DEAD_LETTER_QUEUE_URL", "Claims", "PermanentError", "Record", "process", "sns_message"]

DEAD_LETTER_QUEUE_URL = "DEAD_LETTER_QUEUE_URL"
"""Environment variable: where messages go that no retry would help. Optional."""

_RESERVED_SECONDS = 20.0
"""Less than this left, no further message is begun."""

_LONGEST_INVOCATION_SECONDS = 900.0

_RETRY_SECONDS = (60, 300, 900)

_MAX_REASON_CHARACTERS = 1_000
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")
"""SQS takes no attribute that holds one of them."""

_CLIENT_CONFIG = client_config(read_timeout_seconds=30)


def _message_id(record: Record) -> str:
    return record.message_id


@dataclass(frozen=True)
class Claims:
    """What makes once of work that is asked for twice; see :mod:`aistudio_shared.claims`.

    Attributes:
        table: The table of claims.
        key: Names the work of a message. Default: the message's id.
    """

    table: Any
    key: Callable[[Record], str] = _message_id


def process(
    event: Mapping[str, Any],
    handle: Callable[[Record], None],
    *,
    log: Log,
    context: Any = None,
    claims: Claims | None = None,
    sqs: Any = None,
) -> dict[str, list[dict[str, str]]]:
    """Handle one message after the other; return which of them SQS shall deliver again.

    A message is done when ``handle`` returns. A :class:`PermanentError` puts it into the
    queue of ``DEAD_LETTER_QUEUE_URL`` with the attribute ``Reason``; without such a queue,
    or if that fails, and after any other exception, SQS delivers it again, sooner than its
    visibility timeout would.

    Args:
        event: Lambda's event of an SQS queue.
        handle: Does the work for one message.
        log: Where failures are told, without bodies.
        context: Lambda's; near the end of its time no further message is begun.
        claims: Default: none, so that ``handle`` must bear a message that comes twice.
        sqs: An ``sqs`` client. Default: a new one, if one is needed.

    Returns:
        ``{"batchItemFailures": [{"itemIdentifier": …}, …]}``.

    Raises:
        PermanentError: The event is not one of an SQS queue.
    """
    records = event.get("Records")
    if not isinstance(records, list):
        raise PermanentError("the event has no Records: it is not one of an SQS queue")
    batch = _Batch(handle, log, context, claims, sqs)
    failed = [raw["messageId"] for raw in records if not batch.is_done(raw)]
    log.info("batch processed", messages=len(records), failed=len(failed))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


@dataclass
class _Batch:
    """The messages of one event, and what they need: the arguments of :func:`process`."""

    handle: Callable[[Record], None]
    log: Log
    context: Any
    claims: Claims | None
    sqs: Any

    def is_done(self, raw: Mapping[str, Any]) -> bool:
        """Return whether SQS may delete the message."""
        log = self.log.bound(messageId=raw["messageId"])
        if self._seconds_left() < _RESERVED_SECONDS:
            log.warning("no time left for this message")
            self._retry_in(raw, _RETRY_SECONDS[0], log)
            return False
        try:
            self._handle_once(record_of(raw), log)
        except PermanentError as error:
            log.failure("message cannot be processed", error)
            return self._put_aside(raw, str(error), log)
        except InProgressError as error:
            log.info("message is in progress elsewhere")
            self._retry_in(raw, error.retry_after_seconds, log)
            return False
        except Exception as error:  # noqa: BLE001 # the batch's other messages go on
            log.failure("message failed", error)
            self._retry_in(raw, _retry_seconds(raw), log)
            return False
        return True

    def _handle_once(self, record: Record, log: Log) -> None:
        with self._claimed(record) as to_do:
            if to_do:
                self.handle(record)
            else:
                log.info("message was done before")

    @contextmanager
    def _claimed(self, record: Record) -> Iterator[bool]:
        if self.claims is None:
            yield True
            return
        # No invocation outlives its time, and no lease outlives it by much.
        lease_seconds = self._seconds_left() + 1
        with claim(self.claims.table, self.claims.key(record), lease_seconds) as claimed:
            yield not claimed.done

    def _put_aside(self, raw: Mapping[str, Any], reason: str, log: Log) -> bool:
        """Return whether the message is in the dead-letter queue."""
        url = os.environ.get(DEAD_LETTER_QUEUE_URL)
        if not url:
            return False
        attributes = {"Reason": reason, "SourceMessageId": raw["messageId"]}
        try:
            self._client().send_message(
                QueueUrl=url,
                MessageBody=raw["body"],
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": _attribute(value)}
                    for name, value in attributes.items()
                },
            )
        except (BotoCoreError, ClientError) as error:
            log.failure("message could not be put aside", error)
            return False
        return True

    def _retry_in(self, raw: Mapping[str, Any], seconds: int, log: Log) -> None:
        """Bring the message back sooner than its visibility timeout, which may be hours."""
        account, name = raw["eventSourceARN"].split(":")[4:]
        try:
            client = self._client()
            client.change_message_visibility(
                QueueUrl=f"{client.meta.endpoint_url}/{account}/{name}",
                ReceiptHandle=raw["receiptHandle"],
                VisibilityTimeout=min(seconds, _RETRY_SECONDS[-1]),
            )
        except (BotoCoreError, ClientError) as error:
            log.warning("message comes back late", error=described(error))

    def _client(self) -> Any:
        if self.sqs is None:
            self.sqs = boto3.client("sqs", config=_CLIENT_CONFIG)
        return self.sqs

    def _seconds_left(self) -> float:
        if self.context is None:
            return _LONGEST_INVOCATION_SECONDS
        return float(self.context.get_remaining_time_in_millis()) / 1000


def _retry_seconds(raw: Mapping[str, Any]) -> int:
    """Return the pause before the next attempt: one minute, five, then fifteen.

    After the last one there is none: SQS puts a message aside no sooner than it is visible.
    """
    if os.environ.get(MAX_RECEIVES) and is_last_attempt(raw):
        return 0
    return _RETRY_SECONDS[min(receive_count(raw), len(_RETRY_SECONDS)) - 1]


def _attribute(text: str) -> str:
    return _CONTROL_CHARACTERS.sub(" ", text)[:_MAX_REASON_CHARACTERS] or "no reason given"
