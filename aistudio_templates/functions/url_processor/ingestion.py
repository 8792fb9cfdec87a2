"""Taking in one page: fetched, read, cut into chunks, and its embeddings asked for.

A job that was done before is not done again; one that failed may be tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aistudio_shared.claims import claim
from aistudio_shared.documents import DocumentMissingError, Documents, request_embeddings
from aistudio_shared.extraction import ExtractionError
from aistudio_shared.job_status import COMPLETED, FAILED, JobStatus
from aistudio_shared.logs import logger
from failures import IngestionError
from fetching import Fetcher
from invocation import Request
from page_text import text_of

_LOG = logger("url_processor")

EXPLAINED = (DocumentMissingError, ExtractionError, IngestionError)
"""Errors whose text is fit for the person who asked."""


@dataclass(frozen=True)
class Ingestion:
    """Takes in pages.

    Attributes:
        fetcher: Fetches pages from the public internet.
        documents: The rows that are written.
        jobs: Table of jobs and claims.
        sqs: An ``sqs`` client.
        embedding_queue_url: The queue of chunks to embed.
        seconds_left: Returns how many seconds the function still has.
    """

    fetcher: Fetcher
    documents: Documents
    jobs: Any
    sqs: Any
    embedding_queue_url: str
    seconds_left: Callable[[], float]

    def run(self, request: Request) -> dict[str, Any]:
        """Take in one page and return what came of it.

        Job and document are marked as failed before an error is raised.

        Raises:
            IngestionError: The page cannot be had, or its text cannot.
            ExtractionError: Its content cannot be read.
            DocumentMissingError: The document is not in the database.
            InProgressError: The same job is being worked on elsewhere; nothing is marked.
            EmbeddingRequestError: The queue did not take the chunks.
            ClientError: AWS refuses a call.
            OutOfTimeError: The function's time is nearly over.
        """
        # No invocation outlives its time, and no lease outlives it by much.
        lease_seconds = self.seconds_left() + 1
        with claim(self.jobs, f"url_processor#{request.job_id}", lease_seconds) as claimed:
            if claimed.done:
                _LOG.info("job was done before", jobId=request.job_id)
                return _result(request)
            try:
                return self._take_in(request)
            except Exception as error:
                self._tell_failure(request, error)
                raise

    def _take_in(self, request: Request) -> dict[str, Any]:
        job = JobStatus(self.jobs, request.job_id)
        details: dict[str, Any] = {"url": request.url, "itemName": request.item_name}
        job.begin(details=details)
        self.documents.begin(request.item_id)
        page = text_of(self.fetcher.fetch(request.url))
        job.update("chunking", progress=50)
        chunks = self.documents.replace_chunks(request.item_id, page.text, metadata=page.metadata)
        request_embeddings(self.sqs, self.embedding_queue_url, request.item_id, chunks.ids)
        counts = {"chunksCreated": len(chunks.ids), "totalTokens": chunks.token_count}
        details |= {**counts, "title": page.metadata["title"]}
        job.update(COMPLETED, progress=100, details=details)
        _LOG.info("page taken in", jobId=request.job_id, itemId=request.item_id, **counts)
        return _result(request) | counts

    def _tell_failure(self, request: Request, error: Exception) -> None:
        _LOG.failure("page not taken in", error, jobId=request.job_id, itemId=request.item_id)
        is_explained = isinstance(error, EXPLAINED)
        reason = str(error) if is_explained else "The page could not be taken in."
        job = JobStatus(self.jobs, request.job_id)
        for tell in (
            lambda: self.documents.fail(request.item_id, reason),
            lambda: job.update(FAILED, error=reason),
        ):
            try:
                tell()
            except Exception as second:  # noqa: BLE001 # the first error is what counts
                _LOG.failure("the failure could not be recorded", second, jobId=request.job_id)


def _result(request: Request) -> dict[str, Any]:
    return {"jobId": request.job_id, "itemId": request.item_id, "status": COMPLETED}
