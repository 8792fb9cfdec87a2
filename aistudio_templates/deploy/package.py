"""Uploading what S3 lacks: templates and function code, in parallel.

Talks to S3 through the client it is handed. Nothing is overwritten: a key names its
content, so an interrupted upload leaves harmless objects and the next one goes on.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from aistudio_templates.deploy.aws_errors import translated
from aistudio_templates.deploy.aws_failure import DENIED, code_of
from aistudio_templates.deploy.bucket_settings import Bucket
from aistudio_templates.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_THREADS = 8
"""Enough to hide S3's latency for a set of a few dozen files."""


@dataclass(frozen=True)
class Upload:
    """An object that has to be in S3.

    Attributes:
        key: Its content-addressed key.
        body: Returns its bytes; called only when S3 lacks it.
        sha256: Hash of its bytes in hexadecimal, or ``None`` when only building them
            tells (an asset's key holds the digest of its source).
    """

    key: str
    body: Callable[[], bytes]
    sha256: str | None = None


def upload_missing(s3: S3Client, bucket: Bucket, uploads: Sequence[Upload]) -> tuple[str, ...]:
    """Upload the objects that S3 lacks.

    Returns:
        The keys that were uploaded, in the order of ``uploads``.

    Raises:
        AwsError: S3 refuses a call.
        AssetError: A function's code cannot be built.
    """
    executor = ThreadPoolExecutor(max_workers=_THREADS)
    try:
        sent = list(executor.map(lambda upload: _upload(s3, bucket, upload), uploads))
    finally:
        # After a failure or Ctrl-C, what has not begun does not begin.
        executor.shutdown(cancel_futures=True)
    return tuple(upload.key for upload, new in zip(uploads, sent, strict=True) if new)


def _upload(s3: S3Client, bucket: Bucket, upload: Upload) -> bool:
    if _is_there(s3, bucket, upload):
        return False
    body = upload.body()
    checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
    with translated("s3:PutObject", f"s3://{bucket.name}/{upload.key}"):
        s3.put_object(
            **cast("Any", bucket.owned), Key=upload.key, Body=body, ChecksumSHA256=checksum
        )
    return True


def _is_there(s3: S3Client, bucket: Bucket, upload: Upload) -> bool:
    resource = f"s3://{bucket.name}/{upload.key}"
    try:
        with translated("s3:GetObject", resource):
            answer = s3.head_object(
                **cast("Any", bucket.owned), Key=upload.key, ChecksumMode="ENABLED"
            )
    except AwsError as error:
        code = code_of(error.__cause__)
        if code in {"404", "NoSuchKey"}:
            return False
        if code in DENIED:
            # Without s3:ListBucket, S3 answers 403 for an object that is not there.
            raise AwsError(
                f"s3:GetObject on {resource}: {code}", "ask for s3:GetObject and s3:ListBucket"
            ) from error
        raise
    found = answer.get("ChecksumSHA256")
    if found is None or upload.sha256 is None:
        return True
    return base64.b64decode(found).hex() == upload.sha256
