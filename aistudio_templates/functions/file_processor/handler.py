"""Files of the knowledge repositories: text in chunks, scans to Textract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from aistudio_shared.batches import Claims, process
from aistudio_shared.clients import client_config
from aistudio_shared.data_api import DataApi
from aistudio_shared.documents import Documents
from aistudio_shared.environment import required
from aistudio_shared.logs import logger
from aistudio_shared.records import Record
from aistudio_shared.textract_jobs import TextractJobs
from file_processing import FileProcessing
from ocr import Ocr

_LOG = logger("file_processor")

_CONFIG = client_config()

_NAMES = (
    "DOCUMENTS_BUCKET_NAME",
    "REPOSITORIES_BUCKET_NAME",
    "JOB_STATUS_TABLE",
    "EMBEDDING_QUEUE_URL",
    "TEXTRACT_TOPIC_ARN",
    "TEXTRACT_ROLE_ARN",
    "TEXTRACT_PAGES_PER_MONTH",
)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Process the files of one batch.

    Args:
        event: Lambda's event of the queue of files.
        context: Lambda's; tells how much time is left.

    Returns:
        The messages that SQS shall deliver again.

    Raises:
        MissingVariablesError: The function lacks an environment variable.
        PermanentError: The event is not one of a queue.
    """
    table = boto3.resource("dynamodb", config=_CONFIG).Table(required(*_NAMES)["JOB_STATUS_TABLE"])
    sqs = boto3.client("sqs", config=_CONFIG)
    return process(
        event,
        _processing(context, table, sqs).handle,
        log=_LOG,
        context=context,
        claims=Claims(table, _claim_key),
        sqs=sqs,
    )


def _processing(context: Any, table: Any, sqs: Any) -> FileProcessing:
    names = required(*_NAMES)
    database = DataApi.from_environment(context)
    return FileProcessing(
        s3=boto3.client("s3", config=_CONFIG),
        sqs=sqs,
        table=table,
        documents=Documents(database),
        ocr=Ocr(
            textract=boto3.client("textract", config=_CONFIG),
            jobs=TextractJobs(database),
            topic_arn=names["TEXTRACT_TOPIC_ARN"],
            role_arn=names["TEXTRACT_ROLE_ARN"],
            page_limit=int(names["TEXTRACT_PAGES_PER_MONTH"]),
        ),
        buckets={names["DOCUMENTS_BUCKET_NAME"], names["REPOSITORIES_BUCKET_NAME"]},
        embedding_queue_url=names["EMBEDDING_QUEUE_URL"],
        log=_LOG,
    )


def _claim_key(record: Record) -> str:
    return f"file_processor#{record.job_id()}"
