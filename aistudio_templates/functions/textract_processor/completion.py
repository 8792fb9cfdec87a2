"""What Textract tells when a job is over.

Source: https://docs.aws.amazon.com/textract/latest/dg/async-notification-payload.html
"""

from __future__ import annotations

from dataclasses import dataclass

from aistudio_shared.records import PermanentError, Record, sns_message

_OVER = frozenset({"SUCCEEDED", "PARTIAL_SUCCESS", "FAILED"})

_API = "StartDocumentTextDetection"


@dataclass(frozen=True)
class Completion:
    """A job that is over.

    Attributes:
        textract_job_id: Textract's id.
        job_id: The tag that we gave, our own job's id; empty without one.
    """

    textract_job_id: str
    job_id: str


def completion(record: Record) -> Completion:
    """Return what a message tells; how the job ended is asked of Textract itself.

    Raises:
        PermanentError: It is no completion of a job of ours.
    """
    told = sns_message(record)
    job = Record(record.message_id, told)
    textract_job_id = job.text("JobId")
    if told.get("API", _API) != _API:
        raise PermanentError("API is none that the platform uses")
    if told.get("Status") not in _OVER:
        raise PermanentError("Status is none that ends a job")
    return Completion(textract_job_id, str(told.get("JobTag") or ""))
