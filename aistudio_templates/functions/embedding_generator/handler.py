"""Embeddings for chunks: reads texts by id, asks the model, writes vectors.

A message names chunks, never texts. Chunks that have an embedding are left out, so a message
may come twice, and an attempt that ran out of time goes on where it stopped.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from aistudio_shared.batches import Claims, process
from aistudio_shared.clients import client_config
from aistudio_shared.data_api import DataApi
from aistudio_shared.documents import DocumentMissingError, Documents
from aistudio_shared.environment import required
from aistudio_shared.logs import logger
from aistudio_shared.records import PermanentError, Record
from api_key import ApiKey
from bedrock import BedrockProvider
from botocore.config import Config
from chunk_rows import ChunkRows
from openai_endpoint import OpenAiProvider
from providers import Provider, checked, requests
from retries import patiently

_LOG = logger("embedding_generator")

_RESERVED_SECONDS = 30.0
"""Kept back for writing vectors and for telling failures."""

_MODEL_CONFIG = Config(
    # This function retries by itself, within its remaining time.
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=60,
)

_CONFIG = client_config(read_timeout_seconds=30)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Embed the chunks that the messages of one batch name.

    Args:
        event: Lambda's event of the queue of chunks to embed.
        context: Lambda's; tells how much time is left.

    Returns:
        The messages that SQS shall deliver again.

    Raises:
        MissingVariablesError: The function lacks an environment variable.
        PermanentError: The event is not one of a queue.
    """
    database = DataApi.from_environment(context)
    table = boto3.resource("dynamodb", config=_CONFIG).Table(
        required("JOB_STATUS_TABLE")["JOB_STATUS_TABLE"]
    )

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000 - _RESERVED_SECONDS

    return process(
        event,
        lambda record: _handle(record, database, seconds_left),
        log=_LOG,
        context=context,
        claims=Claims(table),
    )


def _handle(record: Record, database: DataApi, seconds_left: Callable[[], float]) -> None:
    """Embed what one message names; a failure is written to the document before it is raised."""
    document_id = record.integer("itemId")
    try:
        _embed(document_id, _chunk_ids(record), database, seconds_left)
    except PermanentError as error:
        _fail(database, document_id, f"The embeddings could not be made: {error}")
        raise
    except Exception:
        if record.last_attempt:
            _fail(database, document_id, "The embeddings could not be made in several attempts.")
        raise


def _embed(
    document_id: int,
    chunk_ids: list[int],
    database: DataApi,
    seconds_left: Callable[[], float],
) -> None:
    rows = ChunkRows(database, document_id)
    provider = _provider(seconds_left)
    written = 0
    for group in requests(rows.missing(chunk_ids), provider.limits):
        texts = [row.content for row in group]
        vectors = patiently(functools.partial(provider.embed, texts), seconds_left=seconds_left)
        rows.write(group, checked(vectors, len(group)))
        written += len(group)
    ready = rows.complete()
    _LOG.info(
        "chunks embedded", itemId=document_id, asked=len(chunk_ids), written=written, ready=ready
    )


def _chunk_ids(record: Record) -> list[int]:
    """Return the ids of the chunks, each once.

    Raises:
        PermanentError: The message names none, or something else.
    """
    ids = record.body.get("chunkIds")
    valid = isinstance(ids, list) and all(type(one) is int and 0 < one < 2**63 for one in ids)
    if not ids or not valid:
        raise PermanentError("chunkIds must be a list of positive integers")
    return list(dict.fromkeys(ids))


def _provider(seconds_left: Callable[[], float]) -> Provider:
    names = required("EMBEDDING_PROVIDER", "EMBEDDING_MODEL_ID")
    model_id = names["EMBEDDING_MODEL_ID"]
    if names["EMBEDDING_PROVIDER"] == "bedrock":
        return BedrockProvider(boto3.client("bedrock-runtime", config=_MODEL_CONFIG), model_id)
    if names["EMBEDDING_PROVIDER"] == "openai":
        endpoint = required("EMBEDDING_ENDPOINT_URL", "EMBEDDING_SECRET_ARN")
        return OpenAiProvider(
            endpoint_url=endpoint["EMBEDDING_ENDPOINT_URL"],
            model_id=model_id,
            api_key=_api_key(endpoint["EMBEDDING_SECRET_ARN"]),
            seconds_left=seconds_left,
        )
    raise PermanentError("EMBEDDING_PROVIDER must be bedrock or openai")


@functools.cache
def _api_key(secret_arn: str) -> ApiKey:
    """Return the key, which outlives an invocation."""
    return ApiKey(boto3.client("secretsmanager", config=_CONFIG), secret_arn)


def _fail(database: DataApi, document_id: int, reason: str) -> None:
    try:
        Documents(database).fail(document_id, reason)
    except DocumentMissingError:
        _LOG.info("the document is gone", itemId=document_id)
    except Exception as error:  # noqa: BLE001 # the first error is what counts
        _LOG.failure("the failure could not be recorded", error, itemId=document_id)
