"""Where results go: small ones into the job's item, others into S3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from document_message import RESULTS_PREFIX

MAX_INLINE_BYTES = 32 * 1024
"""Longest result in the job's item.

An item may have 400 KB, but is written in units of 1 KB, here and in both indexes, and read
whole at each poll: beyond a few KB, S3 costs a fraction.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""


@dataclass(frozen=True)
class Results:
    """The bucket of results.

    Attributes:
        s3: An ``s3`` client.
        bucket: Name of the bucket.
    """

    s3: Any
    bucket: str

    def stored(self, job_id: str, file: IO[bytes]) -> Mapping[str, Any]:
        """Store a result; return the attributes by which the job's item refers to it.

        Args:
            job_id: The job.
            file: The result as JSON, written and open.

        Raises:
            ClientError: S3 refuses.
        """
        size = file.tell()
        file.seek(0)
        if size <= MAX_INLINE_BYTES:
            # DynamoDB knows no floating-point numbers.
            result = json.loads(file.read(), parse_float=Decimal)
            return {"resultLocation": "dynamodb", "result": result}
        key = f"{RESULTS_PREFIX}{job_id}/result.json"
        self.s3.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=file,
            ContentLength=size,
            ContentType="application/json",
        )
        return {"resultLocation": "s3", "resultS3Key": key, "resultSizeBytes": size}
