"""The answer of a custom resource to CloudFormation.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
crpg-ref-responses.html
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

_MAX_REASON_CHARACTERS = 1_000
"""The whole answer may have 4,096 bytes; a character may have four."""

_TIMEOUT_SECONDS = 30


def respond(
    event: Mapping[str, Any], *, physical_id: str, data: Mapping[str, str], reason: str | None
) -> None:
    """Send the outcome to where CloudFormation waits for it.

    Args:
        event: The request; names stack, resource and the address of the answer.
        physical_id: Stays the same for the life of the resource, for another one would
            make CloudFormation delete "the old resource".
        data: Attributes of the resource.
        reason: Why it failed; ``None`` when it succeeded.

    Raises:
        OSError: The answer could not be sent.
    """
    body = {
        "Status": "SUCCESS" if reason is None else "FAILED",
        "Reason": (reason or "done")[:_MAX_REASON_CHARACTERS],
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": dict(data),
    }
    request = urllib.request.Request(  # noqa: S310 # CloudFormation gives the address
        event["ResponseURL"],
        data=json.dumps(body).encode(),
        method="PUT",
        # S3 signed the address without a content type.
        headers={"Content-Type": ""},
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 # the same
        pass
