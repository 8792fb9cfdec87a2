"""An object of S3 as a file on disk, piece by piece."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from rejection import RejectedError

_PIECE_BYTES = 1024 * 1024

_SPARE_BYTES = 16 * 1024 * 1024
"""Of the disk, left for whatever else needs it."""

_MISSING_CODES = frozenset({"404", "NoSuchKey", "NotFound"})


@contextmanager
def object_file(s3: Any, bucket: str, key: str) -> Iterator[Path]:
    """Yield a file with the object's content; it is deleted afterwards.

    Args:
        s3: An ``s3`` client.
        bucket: The bucket.
        key: The object's key.

    Raises:
        RejectedError: The object is missing, empty, or larger than the disk.
        ClientError: S3 refuses, which is not the file's fault.
    """
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _MISSING_CODES:
            raise
        raise RejectedError("the file is not there") from error
    size = answer["ContentLength"]
    if size == 0:
        raise RejectedError("the file is empty")
    with tempfile.NamedTemporaryFile(prefix="object-") as file:
        if size > shutil.disk_usage(file.name).free - _SPARE_BYTES:
            raise RejectedError(f"the file has {size:,} bytes, which is too large")
        for piece in answer["Body"].iter_chunks(_PIECE_BYTES):
            file.write(piece)
        file.flush()
        yield Path(file.name)
