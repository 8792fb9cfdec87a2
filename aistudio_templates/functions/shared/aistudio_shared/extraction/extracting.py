"""From a file to its text: the one entrance of the package."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

from aistudio_shared.extraction import detection
from aistudio_shared.extraction.result import (
    Document,
    Extracted,
    Facts,
    UnreadableError,
    WrongTypeError,
)
from aistudio_shared.extraction.writer import Writer

_READERS = {
    detection.PDF: "pdf",
    detection.DOCX: "docx",
    detection.XLSX: "xlsx",
    detection.PPTX: "pptx",
    detection.CSV: "delimited",
    detection.HTML: "web_page",
    detection.MARKDOWN: "markdown",
    detection.JSON: "json_text",
    detection.PLAIN: "plain",
    detection.PNG: "image",
    detection.JPEG: "image",
    detection.TIFF: "image",
}
"""Module of this package that reads a type; imported when it is needed."""

_OCR_SHARE = 0.1
"""Share of scanned pages from which on the whole document is worth OCR: fewer are covers
and full-page pictures."""


class _Reader(Protocol):
    def read(self, document: Document, writer: Writer) -> Facts:
        """Write the document's text and tell the rest."""


def extract(
    source: Path,
    *,
    name: str,
    media_type: str | None = None,
    markdown: bool = True,
    page_texts: Mapping[int, str] | None = None,
) -> Extracted:
    """Return a document's text, Markdown and structure.

    Args:
        source: The file.
        name: What its owner calls it; tells the type where the content does not.
        media_type: What its sender says it is; believed last.
        markdown: Whether Markdown is wanted; without it, less memory is needed.
        page_texts: What OCR found on :attr:`Extracted.scanned_pages`, for a second look.

    Raises:
        UnsupportedError: It is of a type that is not read.
        UnreadableError: It is broken, protected or too large, or holds no text that
            could be read, not even by OCR.
        OSError: The file cannot be read.
    """
    found = detection.media_type_of(source, name=name, media_type=media_type)
    document = Document(source, page_texts or {})
    writer = Writer(markdown=markdown)
    try:
        facts = _reader(found).read(document, writer)
    except WrongTypeError:
        found = detection.PLAIN
        writer = Writer(markdown=markdown)
        facts = _reader(found).read(document, writer)
    return _extracted(found, writer, facts, markdown=markdown)


def _reader(media_type: str) -> _Reader:
    return cast("_Reader", importlib.import_module(f"{__package__}.{_READERS[media_type]}"))


def _extracted(media_type: str, writer: Writer, facts: Facts, *, markdown: bool) -> Extracted:
    text = writer.text
    has_text = bool(text) and not text.isspace()
    if not has_text and not facts.scanned_pages:
        raise UnreadableError("it holds no text")
    styled = writer.markdown
    if markdown and facts.markdown_of is not None:
        styled = facts.markdown_of(text)
    scanned_share = len(facts.scanned_pages) / (facts.page_count or 1)
    return Extracted(
        text=text,
        markdown=styled,
        media_type=media_type,
        page_count=facts.page_count,
        needs_ocr=not has_text or scanned_share >= _OCR_SHARE,
        scanned_pages=facts.scanned_pages,
        metadata=facts.metadata,
    )
