"""Pictures: all of their text comes from OCR."""

from __future__ import annotations

from aistudio_shared.extraction.plain import with_headings
from aistudio_shared.extraction.result import Document, Facts
from aistudio_shared.extraction.writer import Writer


def read(document: Document, writer: Writer) -> Facts:
    """Write what is known to be in a picture; if nothing is, it is a scanned page.

    Args:
        document: The picture, and its text.
        writer: Takes the text.
    """
    if 0 not in document.page_texts:
        return Facts(page_count=1, scanned_pages=(0,))
    writer.paragraph(document.page_texts[0])
    return Facts(page_count=1, markdown_of=with_headings)
