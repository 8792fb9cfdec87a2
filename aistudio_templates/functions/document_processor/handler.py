"""Documents of chats and uploads: each becomes a result that the application polls for.

The same program runs twice: with usual memory, and with the most that Lambda gives, for
what the first one hands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from aistudio_shared.batches import Claims, process
from aistudio_shared.clients import client_config
from aistudio_shared.environment import required
from aistudio_shared.logs import logger
from aistudio_shared.records import Record
from botocore.config import Config
from document_processing import DocumentProcessing, Routing
from page_ocr import PageOcr
from results import Results

_LOG = logger("document_processor")

_CONFIG = client_config()

_TEXTRACT_CONFIG = Config(
    # Slows down by itself where an account may ask for few pages a second.
    retries={"mode": "adaptive", "max_attempts": 10},
    connect_timeout=5,
    read_timeout=60,
)

_RESERVED_SECONDS = 60.0
"""Kept back from OCR for a last page, and for storing the result."""

_NAMES = (
    "DOCUMENTS_BUCKET_NAME",
    "DOCUMENT_JOBS_TABLE",
    "PROCESSOR_TYPE",
    "TEXTRACT_ENABLED",
)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Process the documents of one batch.

    Args:
        event: Lambda's event of the queue of documents.
        context: Lambda's; tells how much time is left.

    Returns:
        The messages that SQS shall deliver again.

    Raises:
        MissingVariablesError: The function lacks an environment variable.
        PermanentError: The event is not one of a queue.
    """
    names = required(*_NAMES)
    table = boto3.resource("dynamodb", config=_CONFIG).Table(names["DOCUMENT_JOBS_TABLE"])
    sqs = boto3.client("sqs", config=_CONFIG)
    processor = names["PROCESSOR_TYPE"]

    def claim_key(record: Record) -> str:
        # What the standard function handed on is not done yet.
        return f"document_processor#{processor}#{record.job_id()}"

    return process(
        event,
        _processing(names, context, table, sqs).handle,
        log=_LOG,
        context=context,
        claims=Claims(table, claim_key),
        sqs=sqs,
    )


def _processing(names: Mapping[str, str], context: Any, table: Any, sqs: Any) -> DocumentProcessing:
    s3 = boto3.client("s3", config=_CONFIG)
    return DocumentProcessing(
        s3=s3,
        table=table,
        results=Results(s3, names["DOCUMENTS_BUCKET_NAME"]),
        routing=None if names["PROCESSOR_TYPE"] == "HIGH_MEMORY" else _routing(sqs),
        ocr=_ocr(context) if names["TEXTRACT_ENABLED"] == "true" else None,
        log=_LOG,
    )


def _routing(sqs: Any) -> Routing:
    names = required("HIGH_MEMORY_QUEUE_URL", "LARGE_FILE_BYTES")
    return Routing(sqs, names["HIGH_MEMORY_QUEUE_URL"], int(names["LARGE_FILE_BYTES"]))


def _ocr(context: Any) -> PageOcr:
    return PageOcr(
        # Few documents need a client, which takes a while to make.
        lambda: boto3.client("textract", config=_TEXTRACT_CONFIG),
        lambda: float(context.get_remaining_time_in_millis()) / 1000 - _RESERVED_SECONDS,
    )
