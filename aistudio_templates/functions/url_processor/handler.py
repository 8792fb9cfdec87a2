"""Pages of the web for a repository: fetched from the public internet alone.

Whoever may invoke the function chooses the URL, so no URL is trusted. Invoked directly, the
function raises what goes wrong, so that asynchronous invocations are tried again and reach
their destination. Asked in the shape of an HTTP request, it answers what the caller can
mend, and raises the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from aistudio_shared.claims import InProgressError
from aistudio_shared.clients import client_config
from aistudio_shared.data_api import DataApi
from aistudio_shared.documents import Documents
from aistudio_shared.environment import required
from failures import RequestError, UrlRefusedError
from fetching import Fetcher, Network
from ingestion import EXPLAINED, Ingestion
from invocation import has_http_shape, http_answer, request_of

_CONFIG = client_config(read_timeout_seconds=30)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Take in the page that the event names.

    Args:
        event: ``jobId``, ``itemId``, ``url`` and ``itemName``, or an HTTP request with them.
        context: Lambda's; tells how much time is left.

    Returns:
        What came of it; in the shape of an HTTP response if that was the request's.

    Raises:
        RequestError: A value is missing or wrong; only when invoked directly.
        MissingVariablesError: The function lacks an environment variable.
        Exception: What :meth:`Ingestion.run` raises.
    """
    if not has_http_shape(event):
        return _run(event, context)
    try:
        return http_answer(200, _run(event, context))
    except (RequestError, UrlRefusedError) as error:
        return http_answer(400, {"error": str(error)})
    except InProgressError:
        return http_answer(409, {"error": "the job is in progress"})
    except EXPLAINED as error:
        return http_answer(422, {"error": str(error)})


def _run(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    request = request_of(event)
    return _ingestion(context).run(request)


def _ingestion(context: Any) -> Ingestion:
    names = required("JOB_STATUS_TABLE", "EMBEDDING_QUEUE_URL")
    return Ingestion(
        fetcher=Fetcher(Network()),
        documents=Documents(DataApi.from_environment(context)),
        jobs=boto3.resource("dynamodb", config=_CONFIG).Table(names["JOB_STATUS_TABLE"]),
        sqs=boto3.client("sqs", config=_CONFIG),
        embedding_queue_url=names["EMBEDDING_QUEUE_URL"],
        seconds_left=lambda: float(context.get_remaining_time_in_millis()) / 1000,
    )
