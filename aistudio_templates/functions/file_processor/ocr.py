"""Starting Textract for files whose text is in pictures.

Source: https://docs.aws.amazon.com/textract/latest/dg/API_StartDocumentTextDetection.html
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from aistudio_shared.records import PermanentError
from aistudio_shared.stored_objects import RefusedError
from aistudio_shared.textract_jobs import FAILED, PageLimitError, TextractJob, TextractJobs
from botocore.exceptions import ClientError
from file_message import FileMessage

MAX_PAGES = 3_000
"""Most pages of one document.

Source: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
"""

_FILE_IS_AT_FAULT = {
    "BadDocumentException": "OCR cannot read the file",
    "DocumentTooLargeException": "the file is too large for OCR",
    "UnsupportedDocumentException": "OCR does not know the file's type",
}


@dataclass(frozen=True)
class Ocr:
    """Textract, and how much of it may be used.

    Attributes:
        textract: A ``textract`` client.
        jobs: The jobs' rows.
        topic_arn: The topic that Textract tells when it is done.
        role_arn: The role by which it does so.
        page_limit: Most pages a month; 0 switches OCR off.
    """

    textract: Any
    jobs: TextractJobs
    topic_arn: str
    role_arn: str
    page_limit: int

    def start(self, message: FileMessage, *, page_count: int) -> str:
        """Start reading a file, once however often it is asked for; return Textract's id.

        Args:
            message: Names the file.
            page_count: Its pages, at least 1.

        Raises:
            RefusedError: The file is too large, Textract refuses it, or the month's
                pages are used up.
            PermanentError: The job's id was used for another file.
            ClientError: Textract or the Data API refuses for another reason.
            OutOfTimeError: The function's time is nearly over.
        """
        job = self._reserved(message, page_count)
        try:
            answer = self.textract.start_document_text_detection(**self._request(message))
        except ClientError as error:
            raise self._translated(error, job) from error
        textract_job_id = str(answer["JobId"])
        self.jobs.started(message.job_id, textract_job_id)
        return textract_job_id

    def _reserved(self, message: FileMessage, page_count: int) -> TextractJob:
        if page_count > MAX_PAGES:
            raise RefusedError(f"OCR reads {MAX_PAGES:,} pages, the file has {page_count:,}")
        if self.page_limit == 0:
            raise RefusedError("the file is a scan, and OCR is switched off")
        try:
            job = self.jobs.reserve(
                message.job_id,
                message.item_id,
                page_count=page_count,
                page_limit=self.page_limit,
            )
        except PageLimitError as error:
            raise RefusedError("the pages that OCR may read this month are used up") from error
        if job.document_id != message.item_id:
            raise PermanentError("jobId belongs to another document")
        if job.status == FAILED:
            raise RefusedError("OCR could not read the file")
        return job

    def _request(self, message: FileMessage) -> dict[str, Any]:
        identity = "\n".join((message.job_id, message.bucket, message.key))
        return {
            "DocumentLocation": {"S3Object": {"Bucket": message.bucket, "Name": message.key}},
            # The same token gives the same job, so that a second attempt costs nothing.
            "ClientRequestToken": hashlib.sha256(identity.encode()).hexdigest(),
            "JobTag": message.job_id,
            "NotificationChannel": {"SNSTopicArn": self.topic_arn, "RoleArn": self.role_arn},
        }

    def _translated(self, error: ClientError, job: TextractJob) -> Exception:
        code = error.response["Error"]["Code"]
        if code in _FILE_IS_AT_FAULT:
            self.jobs.give_up(job)
            return RefusedError(_FILE_IS_AT_FAULT[code])
        if code == "IdempotentParameterMismatchException":
            return PermanentError("jobId was used for another file")
        return error
