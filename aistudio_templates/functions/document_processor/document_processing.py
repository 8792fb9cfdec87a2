"""From a stored document to its result; every outcome is told."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import document_job as stages
from aistudio_shared.chunking import chunks
from aistudio_shared.extraction import Extracted, ExtractionError, detection, extract
from aistudio_shared.logs import Log
from aistudio_shared.records import PermanentError, Record
from aistudio_shared.stored_objects import RefusedError, StoredObject, stored_object
from document_job import DocumentJob
from document_message import DocumentMessage, document_message
from page_ocr import PageOcr
from result_file import ResultFile
from results import Results

_GIVEN_UP = "The document could not be processed in several attempts."

_KINDS = {
    detection.PDF: "pdf",
    detection.DOCX: "docx",
    detection.XLSX: "xlsx",
    detection.PPTX: "pptx",
    detection.CSV: "csv",
    detection.HTML: "html",
    detection.MARKDOWN: "markdown",
    detection.JSON: "json",
    detection.PNG: "image",
    detection.JPEG: "image",
    detection.TIFF: "image",
}
_TEXT_KIND = "text"


@dataclass(frozen=True)
class Routing:
    """Where large documents go.

    Attributes:
        sqs: An ``sqs`` client.
        queue_url: Queue of the function with more memory.
        large_file_bytes: Whatever has more is handed on.
    """

    sqs: Any
    queue_url: str
    large_file_bytes: int


@dataclass(frozen=True)
class DocumentProcessing:
    """What processing documents needs.

    Attributes:
        s3: An ``s3`` client.
        table: Table of the jobs of documents.
        results: Where results go.
        routing: Where large documents go; ``None`` if here is where they go.
        ocr: Reads scanned pages; ``None`` if that is switched off.
        log: Where outcomes are told.
    """

    s3: Any
    table: Any
    results: Results
    routing: Routing | None
    ocr: PageOcr | None
    log: Log

    def handle(self, record: Record) -> None:
        """Process the document of one message.

        A document at fault is an outcome: its job says why, and nobody tries again.

        Raises:
            PermanentError: The message is at fault.
            Exception: Anything else went wrong; another attempt may help.
        """
        job = DocumentJob(self.table, record.job_id())
        try:
            message = document_message(record, bucket=self.results.bucket)
            if job.begin():
                self._process(message, job)
            else:
                self.log.info("job was completed before", jobId=message.job_id)
        except (RefusedError, ExtractionError) as error:
            self.log.warning("document refused", jobId=record.job_id(), reason=str(error))
            job.fail(_sentence(str(error)))
        except PermanentError as error:
            with self.log.quietly():
                job.fail(_sentence(str(error)))
            raise
        except Exception:
            with self.log.quietly():
                if record.last_attempt:
                    job.fail(_GIVEN_UP)
                else:
                    job.stage(stages.RETRYING)
            raise

    def _process(self, message: DocumentMessage, job: DocumentJob) -> None:
        started = time.monotonic()
        with stored_object(self.s3, message.bucket, message.key, noun="document") as stored:
            if self.routing is not None and stored.size_bytes > self.routing.large_file_bytes:
                self._route(message, job, self.routing)
                return
            job.stage(stages.DOWNLOADING)
            with stored.file() as path:
                extracted, ocr_pages = self._extracted(message, job, path)
        metadata = {
            **_metadata(extracted, stored, ocr_pages),
            "processingTime": round((time.monotonic() - started) * 1000),
        }
        with tempfile.TemporaryFile(prefix="result-") as file:
            _write(ResultFile(file), message, extracted, metadata, job=job)
            job.stage(stages.STORING)
            job.complete(self.results.stored(message.job_id, file))
        self.log.info("document processed", jobId=message.job_id, mediaType=extracted.media_type)

    def _route(self, message: DocumentMessage, job: DocumentJob, routing: Routing) -> None:
        # First the stage: the other function may be quicker than the second call.
        job.stage(stages.ROUTING)
        routing.sqs.send_message(
            QueueUrl=routing.queue_url, MessageBody=json.dumps(dict(message.body))
        )
        self.log.info("document handed on", jobId=message.job_id)

    def _extracted(
        self, message: DocumentMessage, job: DocumentJob, path: Path
    ) -> tuple[Extracted, list[int]]:
        """Return what a document holds, and the numbers of the pages that OCR read."""
        job.stage(stages.SELECTING)
        media_type = detection.media_type_of(path, name=message.name, media_type=message.media_type)
        kind = _KINDS.get(media_type, _TEXT_KIND)
        job.stage((f"parsing_{kind}", stages.PARSING_PERCENT))
        extracted = _extract(message, path, {})
        texts: dict[int, str] = {}
        wants_ocr = message.options.ocr_enabled and self.ocr is not None
        if extracted.scanned_pages and wants_ocr:
            texts = self._ocr_texts(job, path, extracted)
            extracted = _extract(message, path, texts)
        if not extracted.text or extracted.text.isspace():
            reason = "OCR cannot read it" if wants_ocr else "it is a scan, and OCR is switched off"
            raise RefusedError(reason)
        job.stage(stages.POST_PROCESSING)
        return extracted, sorted(texts)

    def _ocr_texts(self, job: DocumentJob, path: Path, extracted: Extracted) -> dict[int, str]:
        if self.ocr is None:
            return {}
        span = stages.POST_PROCESSING[1] - stages.PARSING_PERCENT

        def progress(share: float) -> None:
            job.stage(("parsing_ocr", stages.PARSING_PERCENT + int(span * share)))

        pages = extracted.scanned_pages
        return self.ocr.texts(path, extracted.media_type, pages, progress=progress)


def _extract(message: DocumentMessage, path: Path, page_texts: Mapping[int, str]) -> Extracted:
    return extract(
        path,
        name=message.name,
        media_type=message.media_type,
        markdown=message.options.convert_to_markdown,
        page_texts=page_texts,
    )


def _metadata(extracted: Extracted, stored: StoredObject, ocr_pages: list[int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        **extracted.metadata,
        "extractionMethod": "ocr" if ocr_pages else _KINDS.get(extracted.media_type, _TEXT_KIND),
        "mediaType": extracted.media_type,
        "originalSize": stored.size_bytes,
    }
    if extracted.page_count is not None:
        found["pageCount"] = extracted.page_count
    # People count pages from 1.
    numbers = {"ocrPages": ocr_pages, "pagesWithoutText": extracted.scanned_pages}
    return found | {name: [page + 1 for page in pages] for name, pages in numbers.items() if pages}


def _write(
    result: ResultFile,
    message: DocumentMessage,
    extracted: Extracted,
    metadata: Mapping[str, Any],
    *,
    job: DocumentJob,
) -> None:
    options = message.options
    if options.extract_text:
        result.text("text", extracted.text)
    if options.convert_to_markdown:
        job.stage(stages.CONVERTING)
        result.text("markdown", extracted.markdown)
    if options.generate_embeddings:
        job.stage(stages.CHUNKING)
        count = result.objects("chunks", _chunks(extracted.text))
        metadata = {**metadata, "chunkCount": count}
    result.end("metadata", metadata)


def _chunks(text: str) -> Iterator[dict[str, Any]]:
    for chunk in chunks(text):
        yield {
            "chunkIndex": chunk.index,
            "content": chunk.text,
            "tokens": chunk.token_count,
            "metadata": {"start": chunk.start, "end": chunk.end},
        }


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."
