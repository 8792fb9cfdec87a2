"""Scans that Textract has read: their text becomes the document's chunks."""

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
from completion import completion
from completion_processing import CompletionProcessing

_LOG = logger("textract_processor")

_CONFIG = client_config(max_retries=8)
"""Results come in many calls, and Textract throttles them."""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Process the results that the messages of one batch tell of.

    Args:
        event: Lambda's event of the queue that Textract's topic feeds.
        context: Lambda's; tells how much time is left.

    Returns:
        The messages that SQS shall deliver again.

    Raises:
        MissingVariablesError: The function lacks an environment variable.
        PermanentError: The event is not one of a queue.
    """
    names = required("JOB_STATUS_TABLE", "EMBEDDING_QUEUE_URL")
    table = boto3.resource("dynamodb", config=_CONFIG).Table(names["JOB_STATUS_TABLE"])
    sqs = boto3.client("sqs", config=_CONFIG)
    database = DataApi.from_environment(context)
    processing = CompletionProcessing(
        textract=boto3.client("textract", config=_CONFIG),
        sqs=sqs,
        table=table,
        documents=Documents(database),
        jobs=TextractJobs(database),
        embedding_queue_url=names["EMBEDDING_QUEUE_URL"],
        log=_LOG,
    )
    return process(
        event,
        processing.handle,
        log=_LOG,
        context=context,
        claims=Claims(table, _claim_key),
        sqs=sqs,
    )


def _claim_key(record: Record) -> str:
    return f"textract_processor#{completion(record).textract_job_id}"
