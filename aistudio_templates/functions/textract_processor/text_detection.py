"""The text that Textract has found, all of it or an error.

Source: https://docs.aws.amazon.com/textract/latest/dg/API_GetDocumentTextDetection.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_BLOCKS_PER_CALL = 1_000
"""The most that one answer holds."""


class NotOverError(Exception):
    """Textract is still at work."""


class DetectionFailedError(Exception):
    """Textract could not read the document; the reason is for its owner."""


@dataclass(frozen=True)
class DetectedText:
    """What Textract has read.

    Attributes:
        text: Lines, with an empty one between pages.
        page_count: Pages of the document.
        failed_pages: Numbers, from 1, of pages that it could not read.
    """

    text: str
    page_count: int
    failed_pages: tuple[int, ...]


def detected_text(textract: Any, textract_job_id: str) -> DetectedText:
    """Return what Textract has read.

    Args:
        textract: A ``textract`` client.
        textract_job_id: Textract's id of a job.

    Raises:
        DetectionFailedError: Textract could not read the document.
        NotOverError: It is still at work.
        ClientError: Textract refuses a call: what was read so far is not the whole text.
    """
    pages: dict[int, list[str]] = {}
    failed: set[int] = set()
    page_count = 1
    for answer in _answers(textract, textract_job_id):
        page_count = max(page_count, answer.get("DocumentMetadata", {}).get("Pages", 1))
        for warning in answer.get("Warnings", []):
            failed.update(warning.get("Pages", []))
        for block in answer.get("Blocks", []):
            if block.get("BlockType") == "LINE":
                pages.setdefault(block.get("Page", 1), []).append(block.get("Text", ""))
    text = "\n\n".join("\n".join(pages[page]) for page in sorted(pages))
    return DetectedText(text, page_count, tuple(sorted(failed)))


def _answers(textract: Any, textract_job_id: str) -> Iterator[Mapping[str, Any]]:
    token: dict[str, str] = {}
    while True:
        answer = textract.get_document_text_detection(
            JobId=textract_job_id, MaxResults=_BLOCKS_PER_CALL, **token
        )
        _check(answer)
        yield answer
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def _check(answer: Mapping[str, Any]) -> None:
    status = answer["JobStatus"]
    if status == "FAILED":
        reason = answer.get("StatusMessage") or "no reason given"
        raise DetectionFailedError(f"OCR could not read the file: {reason}")
    if status == "IN_PROGRESS":
        raise NotOverError("Textract is still at work")
