"""From Textract's result to the document's chunks; every outcome is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aistudio_shared.documents import DocumentMissingError, Documents, request_embeddings
from aistudio_shared.job_status import COMPLETED, FAILED, JobStatus
from aistudio_shared.logs import Log
from aistudio_shared.records import PermanentError, Record
from aistudio_shared.textract_jobs import FAILED as UNREADABLE
from aistudio_shared.textract_jobs import SUCCEEDED, TextractJob, TextractJobs
from botocore.exceptions import ClientError
from completion import completion
from text_detection import DetectedText, DetectionFailedError, detected_text

SAVING = "ocr_saving"
"""State of a job whose text Textract has read."""

_EXPIRED = "InvalidJobIdException"
"""Textract keeps results for 7 days.

Source: https://docs.aws.amazon.com/textract/latest/dg/API_GetDocumentTextDetection.html
"""


@dataclass(frozen=True)
class CompletionProcessing:
    """What processing Textract's results needs.

    Attributes:
        textract: A ``textract`` client.
        sqs: An ``sqs`` client.
        table: The table of jobs.
        documents: The rows that are written.
        jobs: Textract's jobs.
        embedding_queue_url: The queue of chunks to embed.
        log: Where outcomes are told.
    """

    textract: Any
    sqs: Any
    table: Any
    documents: Documents
    jobs: TextractJobs
    embedding_queue_url: str
    log: Log

    def handle(self, record: Record) -> None:
        """Process the result of the job that one message names.

        Raises:
            PermanentError: The message is at fault, or the result is gone.
            Exception: Anything else went wrong; another attempt may help.
        """
        told = completion(record)
        job = self.jobs.find(told.job_id, told.textract_job_id)
        if job is None:
            raise PermanentError("there is no such job: it was not begun here")
        if job.finished:
            self.log.info("result was processed before", jobId=job.job_id)
            return
        try:
            self._process(job, told.textract_job_id)
        except DocumentMissingError:
            self._finish_failed(job, "The document was deleted.", page_count=None)
        except Exception as error:
            if record.last_attempt:
                self._give_up(job, error)
            raise

    def _process(self, job: TextractJob, textract_job_id: str) -> None:
        # After a failure, a message that was sent again is a new attempt.
        if not JobStatus(self.table, job.job_id).begin(SAVING):
            self.jobs.finish(job, SUCCEEDED)
            return
        try:
            detected = detected_text(self.textract, textract_job_id)
        except DetectionFailedError as error:
            self._fail(job, str(error), page_count=None)
            return
        except ClientError as error:
            if error.response["Error"]["Code"] != _EXPIRED:
                raise
            self._fail(job, "The result of OCR is no longer there.", page_count=None)
            raise PermanentError("Textract does not know the job, or no more") from error
        if detected.text.strip():
            self._store(job, detected)
        else:
            self._fail(job, "OCR found no text in the file.", page_count=detected.page_count)

    def _store(self, job: TextractJob, detected: DetectedText) -> None:
        ocr = {"pages": detected.page_count, "failedPages": list(detected.failed_pages)}
        stored = self.documents.replace_chunks(
            job.document_id, detected.text, metadata={"ocr": ocr}
        )
        # The job is complete only once someone will embed its chunks.
        request_embeddings(self.sqs, self.embedding_queue_url, job.document_id, stored.ids)
        details = {
            "chunksCreated": len(stored.ids),
            "totalTokens": stored.token_count,
            **ocr,
        }
        JobStatus(self.table, job.job_id).update(COMPLETED, progress=100, details=details)
        # Last: a finished row means that all before was done.
        self.jobs.finish(job, SUCCEEDED, page_count=detected.page_count)
        self.log.info("scan processed", jobId=job.job_id, count=len(stored.ids), **ocr)

    def _fail(self, job: TextractJob, reason: str, *, page_count: int | None) -> None:
        self.log.warning("scan failed", jobId=job.job_id, reason=reason)
        self.documents.fail(job.document_id, reason)
        self._finish_failed(job, reason, page_count=page_count)

    def _finish_failed(self, job: TextractJob, reason: str, *, page_count: int | None) -> None:
        JobStatus(self.table, job.job_id).update(FAILED, error=reason)
        self.jobs.finish(job, UNREADABLE, page_count=page_count)

    def _give_up(self, job: TextractJob, error: Exception) -> None:
        """Tell that nobody tries again; the row stays open for a redrive of the message."""
        self.log.failure("last attempt failed", error, jobId=job.job_id)
        reason = "The result of OCR could not be processed in several attempts."
        with self.log.quietly():
            JobStatus(self.table, job.job_id).update(FAILED, error=reason)
            self.documents.fail(job.document_id, reason)
