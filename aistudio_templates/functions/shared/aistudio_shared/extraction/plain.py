"""Plain text, and the Markdown that can be seen in it."""

from __future__ import annotations

import re

from aistudio_shared.extraction.encodings import open_text
from aistudio_shared.extraction.result import Document, Facts
from aistudio_shared.extraction.writer import Writer

_BLOCK_CHARACTERS = 1024 * 1024

_LONE_LINE = re.compile(r"(?:\A|(?<=\n\n))([^\n]{1,99})(?=\n\n|\n?\Z)")

_MAX_HEADING_WORDS = 10


def read(document: Document, writer: Writer) -> Facts:
    """Write a text file as it is, block by block.

    Args:
        document: The file, in any encoding.
        writer: Takes the text.
    """
    with open_text(document.path) as file:
        while block := file.read(_BLOCK_CHARACTERS):
            writer.verbatim(block)
    return Facts(markdown_of=with_headings)


def with_headings(text: str) -> str:
    """Return ``text`` with short paragraphs that look like headings marked as such.

    A heading is one line below 100 characters and of at most ten words, begins with a
    capital letter and does not end like a sentence.
    """
    return _LONE_LINE.sub(_marked, text)


def _marked(match: re.Match[str]) -> str:
    line = match.group(1)
    is_heading = (
        line[0].isupper()
        and line.rstrip()[-1:] not in ".!?:;,"
        and len(line.split()) <= _MAX_HEADING_WORDS
    )
    return f"## {line}" if is_heading else line
