"""JSON: a value a line, so that chunks can end at lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from aistudio_shared.extraction import plain
from aistudio_shared.extraction.encodings import open_text
from aistudio_shared.extraction.result import Document, Facts
from aistudio_shared.extraction.writer import Writer

_MAX_INDENTED_BYTES = 4 * 1024 * 1024
"""Parsed JSON takes about ten times its size in memory."""

_DEEPEST_INDENT = 16
"""Indenting deeper would let small files grow without bounds."""

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_EMPTY = {"{": "}", "[": "]"}

_FENCE = re.compile("`{3,}")


def read(document: Document, writer: Writer) -> Facts:
    """Write all of a JSON file, each value as it was spelt.

    What is large or no valid JSON, such as a file of JSON lines, is written as it is.

    Args:
        document: The file, in any encoding.
        writer: Takes the text.
    """
    text = _valid(document.path) if document.path.stat().st_size <= _MAX_INDENTED_BYTES else None
    if text is None:
        plain.read(document, writer)
    else:
        for piece in _indented(_TOKEN.findall(text)):
            writer.verbatim(piece)
    return Facts(markdown_of=_fenced)


def _valid(source: Path) -> str | None:
    with open_text(source) as file:
        text = file.read()
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return text


def _indented(tokens: list[str]) -> Iterator[str]:
    depth = 0
    before = ""
    for part in tokens:
        if part in {"}", "]"}:
            depth -= 1
            if _EMPTY.get(before) != part:
                yield _line_end(depth)
        elif before in {"{", "[", ","}:
            yield _line_end(depth)
        yield ": " if part == ":" else part
        depth += part in {"{", "["}
        before = part


def _line_end(depth: int) -> str:
    return "\n" + "  " * min(depth, _DEEPEST_INDENT)


def _fenced(text: str) -> str:
    longest = max((len(fence) for fence in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}json\n{text}\n{fence}"
