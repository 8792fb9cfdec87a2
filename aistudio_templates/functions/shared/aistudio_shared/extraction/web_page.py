"""Web pages: the main content if the page marks it, else all but navigation.

The parser of the standard library reads a stream and bears any HTML; trees of other
parsers take several times the page in memory.
"""

from __future__ import annotations

import re
from pathlib import Path

from aistudio_shared.extraction.encodings import open_text
from aistudio_shared.extraction.result import Document, Facts
from aistudio_shared.extraction.web_content import WebContent
from aistudio_shared.extraction.writer import Writer

_BLOCK_CHARACTERS = 1024 * 1024

_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_CHARSET_WITHIN_BYTES = 4096

_ROOTS = (
    ("main", re.compile(r"<main[\s>]|\srole\s*=\s*[\"']?main\b", re.IGNORECASE)),
    ("article", re.compile(r"<article[\s>]", re.IGNORECASE)),
)
"""What marks the content, the surest first."""

_LONGEST_MARK_CHARACTERS = 40


def read(document: Document, writer: Writer) -> Facts:
    """Write a page's content; tell its title and description.

    Args:
        document: The file, in any encoding.
        writer: Takes the blocks.
    """
    charset = _charset(document.path)
    root = _root(document.path, charset)
    content = _parse(document.path, charset, WebContent(writer, root=root))
    if root is not None and not writer.text.strip():
        # The mark stood in a comment, or the page fills it by a script.
        content = _parse(document.path, charset, WebContent(writer, root=None))
    return Facts(metadata=content.metadata())


def _charset(source: Path) -> str | None:
    with source.open("rb") as file:
        match = _CHARSET.search(file.read(_CHARSET_WITHIN_BYTES))
    return match.group(1).decode("ascii") if match else None


def _root(source: Path, charset: str | None) -> str | None:
    found: set[str] = set()
    before = ""
    with open_text(source, declared=charset) as file:
        while block := file.read(_BLOCK_CHARACTERS):
            window = before + block
            found |= {name for name, mark in _ROOTS if mark.search(window)}
            before = block[-_LONGEST_MARK_CHARACTERS:]
    return next((name for name, _ in _ROOTS if name in found), None)


def _parse(source: Path, charset: str | None, content: WebContent) -> WebContent:
    with open_text(source, declared=charset) as file:
        while block := file.read(_BLOCK_CHARACTERS):
            content.feed(block)
    content.close()
    return content
