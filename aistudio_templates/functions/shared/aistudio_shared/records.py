"""One SQS message as a function sees it, and what is wrong with it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_RECEIVES = "MAX_RECEIVES"
"""Environment variable: the queue's own ``maxReceiveCount``. Optional."""

_DEFAULT_MAX_RECEIVES = "3"

_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
"""What Textract takes as a job's tag, too; no ``#``, which begins the key of a claim."""


class PermanentError(Exception):
    """A message that no retry would help; the text is the reason, without content."""


@dataclass(frozen=True)
class Record:
    """One message of a batch.

    Attributes:
        message_id: SQS's own.
        body: The decoded body.
        receive_count: How often it was received, this time included.
        last_attempt: Whether SQS puts it aside if this attempt fails.
    """

    message_id: str
    body: Mapping[str, Any]
    receive_count: int = 1
    last_attempt: bool = False

    def text(self, name: str) -> str:
        """Return a field of the body that is text and not blank.

        Raises:
            PermanentError: It is not there, or something else.
        """
        value = self.body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise PermanentError(f"{name} must be text")
        return value

    def job_id(self) -> str:
        """Return ``jobId``: 1 to 64 letters, digits and ``_.:-``.

        Raises:
            PermanentError: It is not there, or something else.
        """
        value = self.body.get("jobId")
        if not isinstance(value, str) or not _JOB_ID.fullmatch(value):
            raise PermanentError("jobId must be 1 to 64 letters, digits or _.:-")
        return value

    def integer(self, name: str) -> int:
        """Return a field of the body that is a positive integer.

        Raises:
            PermanentError: It is not there, or something else.
        """
        value = self.body.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise PermanentError(f"{name} must be a positive integer")
        return value


def record_of(raw: Mapping[str, Any]) -> Record:
    """Return the record of a message as Lambda's event has it.

    Raises:
        PermanentError: Its body is not a JSON object.
    """
    return Record(
        message_id=raw["messageId"],
        body=json_object(raw.get("body"), "the message's body"),
        receive_count=receive_count(raw),
        last_attempt=is_last_attempt(raw),
    )


def receive_count(raw: Mapping[str, Any]) -> int:
    """Return how often a message of Lambda's event was received, this time included."""
    return int(raw.get("attributes", {}).get("ApproximateReceiveCount", 1))


def is_last_attempt(raw: Mapping[str, Any]) -> bool:
    """Return whether SQS puts a message of Lambda's event aside if this attempt fails."""
    limit = int(os.environ.get(MAX_RECEIVES) or _DEFAULT_MAX_RECEIVES)
    return receive_count(raw) >= limit


def sns_message(record: Record) -> Mapping[str, Any]:
    """Return what an SNS topic put into a message of its subscribed queue.

    Raises:
        PermanentError: It is no notification with a JSON object as its ``Message``.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    """
    return json_object(record.text("Message"), "the notification's Message")


def json_object(text: Any, name: str) -> Mapping[str, Any]:
    """Return the JSON object that ``text`` is.

    Args:
        text: What should be JSON.
        name: What it is, for the error.

    Raises:
        PermanentError: It is not JSON, or not an object.
    """
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        # The error's own text would quote the body.
        raise PermanentError(f"{name} is not JSON") from error
    if not isinstance(value, dict):
        raise PermanentError(f"{name} is not a JSON object")
    return value
