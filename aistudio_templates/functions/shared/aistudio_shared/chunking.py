"""Cutting text into chunks that overlap, at ends of sentences or lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CHARACTERS_PER_TOKEN = 4
"""A usual estimate for English; models count for themselves."""

_LAST_BREAK = re.compile(r".*(?:\n|[.!?…。！？][\"'»”’)\]]*(?=\s))", re.DOTALL)  # noqa: RUF001 # they end sentences
_LAST_SPACE = re.compile(r".*\s", re.DOTALL)
_WORD_START = re.compile(r"\s+(?=\S)")


@dataclass(frozen=True)
class Chunk:
    """A piece of a text.

    Attributes:
        index: Its number, from 0.
        text: The piece, without white space around it.
        token_count: Roughly how many tokens a model will count.
        start: Where it begins in the whole text, in characters.
        end: Where it ends, in characters; the next one begins a little before.
    """

    index: int
    text: str
    token_count: int
    start: int
    end: int


def chunks(text: str, *, max_characters: int = 2000, overlap: int = 200) -> Iterator[Chunk]:
    """Yield chunks of ``text`` in order; every character but white space is in one.

    Args:
        text: Any text; of white space alone there are no chunks.
        max_characters: The longest chunk, in characters; at least 1.
        overlap: How much of a chunk's end the next one may repeat, in characters; at most
            half of ``max_characters``.

    Raises:
        ValueError: The sizes do not fit together.
    """
    if max_characters < 1 or not 0 <= overlap <= max_characters // 2:
        raise ValueError(f"no overlap of {overlap} in chunks of {max_characters} characters")
    return _chunks(text, max_characters, overlap)


def _chunks(text: str, max_characters: int, overlap: int) -> Iterator[Chunk]:
    length = len(text.rstrip())
    start = end = index = 0
    while end < length:
        start = _skip_space(text, start)
        # Each chunk ends after the one before it, so that the loop ends.
        limit = min(start + max_characters, length)
        end = limit if limit == length else _end(text, start, max(end, start), limit)
        piece = text[start:end].rstrip()
        yield Chunk(
            index, piece, -(-len(piece) // _CHARACTERS_PER_TOKEN), start, start + len(piece)
        )
        index += 1
        start = _next_start(text, start, end, overlap)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _end(text: str, start: int, previous_end: int, limit: int) -> int:
    """Return the best place to end in the second half of what may be taken."""
    earliest = max(previous_end + 1, (start + limit) // 2)
    for pattern in (_LAST_BREAK, _LAST_SPACE):
        found = pattern.match(text, earliest, limit)
        if found:
            return found.end()
    return limit


def _next_start(text: str, start: int, end: int, overlap: int) -> int:
    """Return where the next chunk begins: at a word, if one begins in the overlap."""
    earliest = max(end - overlap, start + 1)
    word = _WORD_START.search(text, earliest, end)
    return word.end() if word else earliest
