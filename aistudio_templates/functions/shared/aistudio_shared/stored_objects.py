"""Objects of S3 that users stored: their size is known before their content comes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

_PIECE_BYTES = 1024 * 1024

SPARE_BYTES = 64 * 1024 * 1024
"""Of the disk, left for what is made of an object, in bytes."""

_MISSING_CODES = frozenset({"404", "NoSuchKey", "NotFound"})


class RefusedError(Exception):
    """The object itself is at fault, however often it is tried; the reason is for its owner."""


@dataclass(frozen=True)
class StoredObject:
    """An object whose content has not been read yet.

    Attributes:
        noun: What its owner calls it, such as ``file``.
        size_bytes: What S3 says, whatever the message said.
        body: Its content as a stream.
    """

    noun: str
    size_bytes: int
    body: Any

    @contextmanager
    def file(self) -> Iterator[Path]:
        """Yield a file with the content; it is deleted afterwards.

        Raises:
            RefusedError: It is larger than the disk.
            OSError: The connection or the disk fails.
        """
        with tempfile.NamedTemporaryFile(prefix="object-") as file:
            if self.size_bytes > shutil.disk_usage(file.name).free - SPARE_BYTES:
                size = f"{self.size_bytes:,} bytes"
                raise RefusedError(f"the {self.noun} has {size}, which is too large")
            for piece in self.body.iter_chunks(_PIECE_BYTES):
                file.write(piece)
            file.flush()
            yield Path(file.name)


@contextmanager
def stored_object(s3: Any, bucket: str, key: str, *, noun: str) -> Iterator[StoredObject]:
    """Yield an object of S3.

    Args:
        s3: An ``s3`` client.
        bucket: The bucket.
        key: The object's key.
        noun: What its owner calls it, such as ``file``.

    Raises:
        RefusedError: The object is missing or empty.
        ClientError: S3 refuses, which is not the object's fault.
    """
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _MISSING_CODES:
            raise
        raise RefusedError(f"the {noun} is not there") from error
    body = answer["Body"]
    try:
        if answer["ContentLength"] == 0:
            raise RefusedError(f"the {noun} is empty")
        yield StoredObject(noun, answer["ContentLength"], body)
    finally:
        # Without this, a connection whose content nobody read is lost to the pool.
        body.close()
