"""Writes how much the platform was used so far, one line a day, into a CSV file."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3

_QUERY = """
SELECT (SELECT count(*) FROM documents),
       (SELECT count(*) FROM document_chunks),
       (SELECT count(*) FROM schedule_executions)
"""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """Write today's report and return its key.

    Args:
        event: Not used: the report is of the day that it runs on.
        context: Not used.
    """
    answer = boto3.client("rds-data").execute_statement(
        resourceArn=os.environ["DATABASE_RESOURCE_ARN"],
        secretArn=os.environ["DATABASE_SECRET_ARN"],
        database=os.environ["DATABASE_NAME"],
        sql=_QUERY,
    )
    counts = [next(iter(field.values())) for field in answer["records"][0]]
    today = datetime.now(tz=UTC).date().isoformat()
    key = f"{os.environ['REPORTS_PREFIX']}{today}.csv"
    boto3.client("s3").put_object(
        Bucket=os.environ["REPORTS_BUCKET_NAME"],
        Key=key,
        Body=_csv([today, *counts]),
        ContentType="text/csv",
    )
    return {"key": key}


def _csv(row: list[Any]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["day", "documents", "chunks", "executions"])
    writer.writerow(row)
    return text.getvalue().encode()
