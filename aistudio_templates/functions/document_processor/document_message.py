"""What a message asks for, checked before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from aistudio_shared.records import PermanentError, Record

RESULTS_PREFIX = "v2/results/"
"""Where results are put; nothing there is a document."""

_MAX_KEY_BYTES = 1_024
"""Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

_MAX_NAME_CHARACTERS = 255


@dataclass(frozen=True)
class Options:
    """What is to be made of a document.

    Attributes:
        extract_text: Whether the result has the text.
        convert_to_markdown: Whether it has Markdown.
        generate_embeddings: Whether it has the chunks that embeddings are made of.
        ocr_enabled: Whether scanned pages are read, each for a fraction of a cent.
    """

    extract_text: bool = True
    convert_to_markdown: bool = False
    generate_embeddings: bool = False
    ocr_enabled: bool = True


_OPTIONS = {
    "extractText": "extract_text",
    "convertToMarkdown": "convert_to_markdown",
    "generateEmbeddings": "generate_embeddings",
    "ocrEnabled": "ocr_enabled",
}
_PICTURES = "extractImages"


@dataclass(frozen=True)
class DocumentMessage:
    """A document to process.

    Attributes:
        job_id: Whose state is told.
        bucket: Where the document is.
        key: Its key.
        name: What its owner calls it.
        media_type: What its sender says it is; empty where a browser does not know.
        options: What is to be made of it.
        body: The message as it came, for another queue.
    """

    job_id: str
    bucket: str
    key: str
    name: str
    media_type: str
    options: Options
    body: Mapping[str, Any]


def document_message(record: Record, *, bucket: str) -> DocumentMessage:
    """Return what a message asks for.

    Args:
        record: The message.
        bucket: Name of the only bucket that documents are in.

    Raises:
        PermanentError: A field is missing, of a wrong type, or asks for what is not ours.
    """
    if record.text("bucket") != bucket:
        raise PermanentError("bucket is not the platform's bucket of documents")
    return DocumentMessage(
        job_id=record.job_id(),
        bucket=bucket,
        key=_key(record.text("key")),
        name=record.text("fileName")[:_MAX_NAME_CHARACTERS],
        media_type=str(record.body.get("fileType") or "")[:_MAX_NAME_CHARACTERS],
        options=_options(record.body.get("processingOptions")),
        body=record.body,
    )


def _key(key: str) -> str:
    if key.startswith(RESULTS_PREFIX):
        raise PermanentError("key is the one of a result")
    if len(key.encode(errors="surrogatepass")) > _MAX_KEY_BYTES:
        raise PermanentError("key is longer than a key can be")
    return key


def _options(given: Any) -> Options:
    if given is None:
        return Options()
    if not isinstance(given, dict):
        raise PermanentError("processingOptions must be an object")
    unknown = sorted(set(given) - set(_OPTIONS) - {_PICTURES})
    if unknown:
        raise PermanentError(f"processingOptions has the unknown option {unknown[0]!r:.60}")
    no_boolean = sorted(name for name, value in given.items() if not isinstance(value, bool))
    if no_boolean:
        raise PermanentError(f"processingOptions.{no_boolean[0]} must be true or false")
    if given.get(_PICTURES):
        raise PermanentError("processingOptions.extractImages: pictures are not extracted")
    options = Options(
        **{_OPTIONS[name]: value for name, value in given.items() if name in _OPTIONS}
    )
    if not any(getattr(options, field.name) for field in fields(options)[:3]):
        raise PermanentError("processingOptions ask for no text, Markdown or chunks")
    return options
