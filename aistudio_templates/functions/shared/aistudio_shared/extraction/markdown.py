"""Markdown: readable as it is."""

from __future__ import annotations

from aistudio_shared.extraction import plain
from aistudio_shared.extraction.result import Document, Facts
from aistudio_shared.extraction.writer import Writer


def read(document: Document, writer: Writer) -> Facts:
    """Write the source; it is its own Markdown.

    Args:
        document: The file, in any encoding.
        writer: Takes the text.
    """
    plain.read(document, writer)
    return Facts(markdown_of=lambda text: text)
