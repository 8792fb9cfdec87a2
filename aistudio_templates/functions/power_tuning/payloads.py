"""What the function gets: one payload, or several by their weights."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.exceptions import ClientError
from errors import InputError


def distributed(payload: Any, num: int) -> list[bytes]:
    """Return one payload for each of ``num`` invocations.

    A list whose every element has ``payload`` and ``weight`` is distributed: each gets its
    share of the invocations, rounded down, and the last one the rest. Anything else is the
    same for all.

    Raises:
        InputError: A weight is no positive number, or too small for ``num``.
    """
    if not _is_weighted(payload):
        return [_encoded({} if payload is None else payload)] * num
    total = sum(_weight(entry) for entry in payload)
    # Rounded first: 0.1 of three times 0.1 is a little less than a third.
    shares = [int(round(_weight(entry) * num / total, 9)) for entry in payload]
    if min(shares) < 1:
        raise InputError(
            f"payload: num = {num} is too small for {len(payload)} payloads of these weights, "
            "each must be used at least once"
        )
    shares[-1] = num - sum(shares[:-1])
    encoded = [_encoded(entry["payload"]) for entry in payload]
    return [body for body, share in zip(encoded, shares, strict=True) for _ in range(share)]


def fetched(address: str) -> Any:
    """Return the payload in an object of S3: JSON, or else its text.

    Args:
        address: As ``s3://bucket/key``.

    Raises:
        InputError: There is no such object, it may not be read, or it is no text.
    """
    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        body: bytes = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        written = body.decode()
    except ClientError as error:
        reason = error.response["Error"].get("Message", error.response["Error"]["Code"])
        raise InputError(f"payloadS3 = {address}: {reason}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"payloadS3 = {address}: is no text") from error
    try:
        return json.loads(written)
    except ValueError:
        return written


def _is_weighted(payload: Any) -> bool:
    return (
        isinstance(payload, list)
        and bool(payload)
        and all(
            isinstance(entry, dict) and {"payload", "weight"} <= entry.keys() for entry in payload
        )
    )


def _weight(entry: dict[str, Any]) -> float:
    weight = entry["weight"]
    if isinstance(weight, bool) or not isinstance(weight, int | float) or weight <= 0:
        raise InputError(f"payload: weight = {weight!r}: must be a positive number")
    return float(weight)


def _encoded(payload: Any) -> bytes:
    """Return a payload as JSON; text that is JSON already stays as it is."""
    if isinstance(payload, str):
        try:
            json.loads(payload)
        except ValueError:
            pass
        else:
            return payload.encode()
    return json.dumps(payload).encode()
