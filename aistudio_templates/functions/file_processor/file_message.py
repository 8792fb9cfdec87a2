"""What a message asks for, checked before anything is done."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from aistudio_shared.records import PermanentError, Record

_KEY = re.compile(r"repositories/[0-9]+/[0-9]+/(?P<name>[^/]+)|[0-9]+/[0-9]+-(?P<file>[^/]+)")
"""Where the application puts files."""

_NO_NAME = re.compile(r"\.\.?|.*[\\\x00-\x1f\x7f\ud800-\udfff].*", re.DOTALL)

_MAX_KEY_BYTES = 1_024
"""Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

_MAX_NAME_CHARACTERS = 255


@dataclass(frozen=True)
class FileMessage:
    """A file to process.

    Attributes:
        job_id: Whose state is told.
        item_id: ``documents.id``.
        bucket: Where the file is.
        key: Its key.
        name: What its owner calls it.
        media_type: What its sender says it is; empty where a browser does not know.
    """

    job_id: str
    item_id: int
    bucket: str
    key: str
    name: str
    media_type: str


def file_message(record: Record, *, buckets: Collection[str]) -> FileMessage:
    """Return what a message asks for.

    Args:
        record: The message.
        buckets: Names of the buckets that files may be in.

    Raises:
        PermanentError: A field is missing, of a wrong type or outside of what is ours.
    """
    bucket = record.text("bucketName")
    if bucket not in buckets:
        raise PermanentError("bucketName is none of the platform's buckets")
    return FileMessage(
        job_id=record.job_id(),
        item_id=record.integer("itemId"),
        bucket=bucket,
        key=_key(record.text("fileKey")),
        name=record.text("fileName")[:_MAX_NAME_CHARACTERS],
        media_type=str(record.body.get("fileType") or "")[:_MAX_NAME_CHARACTERS],
    )


def _key(key: str) -> str:
    match = _KEY.fullmatch(key)
    if match is None or _NO_NAME.fullmatch(match["name"] or match["file"]):
        raise PermanentError("fileKey is not where files are put")
    if len(key.encode()) > _MAX_KEY_BYTES:
        raise PermanentError("fileKey is longer than a key can be")
    return key
