"""What extraction gives, and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class ExtractionError(Exception):
    """The document gives no text; no retry would help.

    Attributes:
        reason: Why, for the one who uploaded it; without content of the document.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnsupportedError(ExtractionError):
    """The document is of a type that is not read."""


class UnreadableError(ExtractionError):
    """The document is broken, empty, protected, or larger than can be read."""


class WrongTypeError(Exception):
    """The content is not of the type that its name promised; it is read as plain text."""


@dataclass(frozen=True)
class Extracted:
    """A document's text.

    Attributes:
        text: All text; tables have a tab between cells and a line a row.
        markdown: The same as Markdown; empty if it was not asked for.
        media_type: What the content is, such as ``application/pdf``.
        page_count: Pages of a PDF, slides of a presentation, 1 for an image; else ``None``.
        needs_ocr: Whether so much of it is pictures of text that the whole document should
            be read by OCR.
        scanned_pages: Numbers, from 0, of the pages without text that show pictures.
        metadata: Structure and properties: ``title``, ``author``, ``sheets`` and others,
            as far as the document has them; plain JSON values.
    """

    text: str
    markdown: str
    media_type: str
    page_count: int | None = None
    needs_ocr: bool = False
    scanned_pages: tuple[int, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """What a reader reads.

    Attributes:
        path: The file.
        page_texts: Texts of scanned pages, by their numbers from 0.
    """

    path: Path
    page_texts: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What a reader tells besides the text that it wrote.

    Attributes:
        page_count: As in :class:`Extracted`.
        scanned_pages: As in :class:`Extracted`.
        metadata: As in :class:`Extracted`.
        markdown_of: Makes Markdown of the whole text; ``None`` if the reader wrote both.
    """

    page_count: int | None = None
    scanned_pages: tuple[int, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    markdown_of: Callable[[str], str] | None = None
