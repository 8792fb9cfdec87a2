"""The text of a fetched page, through the shared extraction."""

from __future__ import annotations

import codecs
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from aistudio_shared.extraction import extract
from failures import FetchError
from fetching import Page

_SUFFIXES = {
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/xhtml+xml": ".html",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/x-markdown": ".md",
}
"""What the server says decides how text is read, not how its URL ends."""

_MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
"""Repositories of source code serve these as plain text."""

_EXTRACTED_TYPES = frozenset(
    {"application/json", "application/pdf", "text/html", "text/markdown", "text/plain"}
)

_CHARSET = re.compile(
    r"big5|euc-(jp|kr)|gb(18030|2312|k)|iso-2022-jp|iso-8859-\d{1,2}|koi8-[ru]|shift_jis"
    r"|utf-16(le|be)?|windows-\d{3,4}"
)
"""What pages are written in. Some of Python's other codecs take time that grows with the
square of the length."""

_WIDER = {"iso-8859-1": "windows-1252"}
"""Pages that claim the one use the other.

Source: https://encoding.spec.whatwg.org/#names-and-labels
"""

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class PageText:
    """What a page says.

    Attributes:
        text: All of it, headed by title and description.
        metadata: What the document's row tells of the page.
    """

    text: str
    metadata: Mapping[str, Any]


def text_of(page: Page) -> PageText:
    """Return the text of a page.

    Raises:
        ExtractionError: It is broken, protected, or holds no text.
        FetchError: Its content is of another type than its server says, or needs OCR.
        OSError: The temporary file cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page"
        source.write_bytes(_readable(page))
        found = extract(
            source, name=f"page{_suffix(page)}", media_type=page.media_type, markdown=False
        )
    if found.media_type not in _EXTRACTED_TYPES:
        raise FetchError(f"pages of type {found.media_type} are not taken in")
    if not found.text.strip():
        raise FetchError("the page holds only pictures of text")
    title, description = (_line(found.metadata.get(name)) for name in ("title", "description"))
    head = {"Title": title, "Description": description}
    lines = [f"{name}: {value}" for name, value in head.items() if value]
    metadata = {
        "url": page.url,
        "mediaType": page.media_type,
        "sizeBytes": len(page.body),
        "title": title,
    }
    return PageText("\n\n".join([*lines, found.text]), metadata)


def _suffix(page: Page) -> str:
    path_suffix = PurePosixPath(urlsplit(page.url).path).suffix.lower()
    if page.media_type == "text/plain" and path_suffix in _MARKDOWN_SUFFIXES:
        return ".md"
    return _SUFFIXES[page.media_type]


def _readable(page: Page) -> bytes:
    """Return the body; in UTF-8 with its mark if only the server knew the character set."""
    is_text = page.media_type != "application/pdf" and not page.body.startswith(_MARKS)
    if not is_text or page.charset is None or not _CHARSET.fullmatch(page.charset):
        return page.body
    try:
        text = page.body.decode(_WIDER.get(page.charset, page.charset), errors="replace")
    except LookupError:
        return page.body
    return codecs.BOM_UTF8 + text.encode("utf-8", errors="replace")


def _line(value: object) -> str:
    return " ".join(value.split())[:500] if isinstance(value, str) else ""
