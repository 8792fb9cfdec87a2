"""From a file to its chunks, or to Textract; every outcome is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from aistudio_shared.documents import Documents, request_embeddings
from aistudio_shared.extraction import Extracted, ExtractionError, extract
from aistudio_shared.job_status import COMPLETED, FAILED, RETRYING, JobStatus
from aistudio_shared.logs import Log
from aistudio_shared.records import PermanentError, Record
from aistudio_shared.stored_objects import RefusedError, StoredObject, stored_object
from file_message import FileMessage, file_message
from ocr import Ocr

OCR_PROCESSING = "ocr_processing"
"""State of a job whose file Textract reads."""

_TRY_AGAIN = "The file could not be processed; another attempt follows."
_GIVEN_UP = "The file could not be processed in several attempts."


@dataclass(frozen=True)
class FileProcessing:
    """What processing files needs.

    Attributes:
        s3: An ``s3`` client.
        sqs: An ``sqs`` client.
        table: The table of jobs.
        documents: The rows that are written.
        ocr: Textract.
        buckets: Names of the buckets that files may be in.
        embedding_queue_url: The queue of chunks to embed.
        log: Where outcomes are told.
    """

    s3: Any
    sqs: Any
    table: Any
    documents: Documents
    ocr: Ocr
    buckets: Collection[str]
    embedding_queue_url: str
    log: Log

    def handle(self, record: Record) -> None:
        """Process the file of one message.

        A file at fault is an outcome: job and document say why, and nobody tries again.

        Raises:
            PermanentError: The message is at fault.
            Exception: Anything else went wrong; another attempt may help.
        """
        try:
            message = file_message(record, buckets=self.buckets)
        except PermanentError as error:
            self._tell_bad_message(record, error)
            raise
        try:
            self._process(message)
        except (RefusedError, ExtractionError) as error:
            self.log.warning("file rejected", jobId=message.job_id, reason=str(error))
            self._tell_failure(message, str(error))
        except PermanentError as error:
            with self.log.quietly():
                self._tell_failure(message, str(error))
            raise
        except Exception as error:
            with self.log.quietly():
                self._tell_attempt(message, record, error)
            raise

    def _process(self, message: FileMessage) -> None:
        job = JobStatus(self.table, message.job_id)
        if not job.begin(details={"fileName": message.name}):
            self.log.info("job was completed before", jobId=message.job_id)
            return
        self.documents.begin(message.item_id)
        with stored_object(self.s3, message.bucket, message.key, noun="file") as stored:
            extracted = self._extracted(message, stored)
        if extracted.needs_ocr:
            self._start_ocr(message, job, extracted.page_count or 1)
        else:
            job.update("chunking", progress=50)
            self._store(message, job, extracted)

    def _extracted(self, message: FileMessage, stored: StoredObject) -> Extracted:
        with stored.file() as path:
            # Chunks are made of the text; its Markdown would only need memory.
            return extract(path, name=message.name, media_type=message.media_type, markdown=False)

    def _start_ocr(self, message: FileMessage, job: JobStatus, page_count: int) -> None:
        textract_job_id = self.ocr.start(message, page_count=page_count)
        details = {"fileName": message.name, "textractJobId": textract_job_id}
        job.update(OCR_PROCESSING, progress=30, details=details)
        self.log.info("OCR started", jobId=message.job_id, pages=page_count)

    def _store(self, message: FileMessage, job: JobStatus, extracted: Extracted) -> None:
        stored = self.documents.replace_chunks(
            message.item_id, extracted.text, metadata=extracted.metadata
        )
        # The job is complete only once someone will embed its chunks.
        request_embeddings(self.sqs, self.embedding_queue_url, message.item_id, stored.ids)
        details = {
            "fileName": message.name,
            "chunksCreated": len(stored.ids),
            "totalTokens": stored.token_count,
        }
        job.update(COMPLETED, progress=100, details=details)
        self.log.info("file processed", jobId=message.job_id, count=len(stored.ids))

    def _tell_bad_message(self, record: Record, error: PermanentError) -> None:
        """Tell the job, if the message at least names it; it may name the wrong document."""
        try:
            job_id = record.job_id()
        except PermanentError:
            return
        with self.log.quietly():
            JobStatus(self.table, job_id).update(FAILED, error=str(error))

    def _tell_failure(self, message: FileMessage, reason: str) -> None:
        try:
            self.documents.fail(message.item_id, reason)
        finally:
            # Last, so that who waits for the job finds the document as it stays; and in any
            # case, for the database may be what fails.
            JobStatus(self.table, message.job_id).update(FAILED, error=reason)

    def _tell_attempt(self, message: FileMessage, record: Record, error: Exception) -> None:
        self.log.failure("attempt failed", error, jobId=message.job_id)
        if record.last_attempt:
            self._tell_failure(message, _GIVEN_UP)
        else:
            JobStatus(self.table, message.job_id).update(RETRYING, error=_TRY_AGAIN)
