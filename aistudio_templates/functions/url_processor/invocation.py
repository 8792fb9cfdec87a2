"""How the function is asked, and how it answers.

It takes its input as the event itself, or as the ``body`` of an event that has the shape of
an HTTP request. Pure; it calls nothing.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from failures import RequestError

_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
"""No ``#``: with it, a job could pass for a claim of the same table."""

_MAX_ID = 2**63 - 1
_MAX_NAME_CHARACTERS = 500


@dataclass(frozen=True)
class Request:
    """A page to take in.

    Attributes:
        job_id: Key of the job's state.
        item_id: ``documents.id``.
        url: Where the page is; not checked yet.
        item_name: What its owner calls it; may be empty.
    """

    job_id: str
    item_id: int
    url: str
    item_name: str


def has_http_shape(event: Mapping[str, Any]) -> bool:
    """Return whether the event is shaped like an HTTP request."""
    return "body" in event


def request_of(event: Mapping[str, Any]) -> Request:
    """Return what an event asks for.

    Raises:
        RequestError: A value is missing, or is of the wrong kind.
    """
    given = _body(event) if has_http_shape(event) else event
    job_id, url, name = given.get("jobId"), given.get("url"), given.get("itemName") or ""
    if not isinstance(job_id, str) or not _JOB_ID.fullmatch(job_id):
        raise RequestError("jobId must be text of letters, digits and . _ : -")
    if not isinstance(url, str) or not url:
        raise RequestError("url must be text")
    if not isinstance(name, str) or len(name) > _MAX_NAME_CHARACTERS:
        raise RequestError(f"itemName must be text of at most {_MAX_NAME_CHARACTERS} characters")
    return Request(job_id, _item_id(given.get("itemId")), url, name)


def http_answer(status: int, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer that is shaped like an HTTP response."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(dict(content)),
    }


def _body(event: Mapping[str, Any]) -> Mapping[str, Any]:
    body = event["body"]
    try:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body, validate=True)
        content = json.loads(body) if isinstance(body, str | bytes) else body
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError("the body is not JSON") from error
    if not isinstance(content, Mapping):
        raise RequestError("the body is not a JSON object")
    return content


def _item_id(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        value = int(value)
    if type(value) is not int or not 0 < value <= _MAX_ID:
        raise RequestError("itemId must be a positive integer")
    return value
