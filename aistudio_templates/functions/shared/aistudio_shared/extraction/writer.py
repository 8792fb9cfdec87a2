"""Writing a document's blocks as text and as Markdown at the same time.

Pieces are joined as they come, so that millions of small ones do not cost more than their
characters. All text is cleaned of what PostgreSQL, JSON or XML would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aistudio_shared.extraction.result import UnreadableError

MAX_CHARACTERS = 128 * 1024 * 1024
"""Longest text of one document; a small file can refer to one long text many times.

Markdown may have twice as many: tables of short cells grow most.
"""

_JOINED_CHARACTERS = 1024 * 1024

_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")

_DEEPEST_HEADING = 6


def clean(text: str) -> str:
    """Return ``text`` without control characters, lone surrogates and carriage returns."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE.sub("", text) if _UNSAFE.search(text) else text


class _Buffer:
    """Pieces of text that become one."""

    def __init__(self, max_characters: int) -> None:
        self._max_characters = max_characters
        self._joined: list[str] = []
        self._pieces: list[str] = []
        self._new_characters = 0
        self._characters = 0

    def append(self, piece: str) -> None:
        self._characters += len(piece)
        if self._characters > self._max_characters:
            raise UnreadableError(f"it has more than {MAX_CHARACTERS:,} characters of text")
        self._pieces.append(piece)
        self._new_characters += len(piece)
        if self._new_characters >= _JOINED_CHARACTERS:
            self._join()

    def _join(self) -> None:
        self._joined.append("".join(self._pieces))
        self._pieces.clear()
        self._new_characters = 0

    def value(self) -> str:
        self._join()
        self._joined = ["".join(self._joined)]
        return self._joined[0]


class Writer:
    """Takes a document's blocks in order.

    Args:
        markdown: Whether Markdown is wanted besides text.
    """

    def __init__(self, *, markdown: bool = True) -> None:
        self._text = _Buffer(MAX_CHARACTERS)
        self._markdown = _Buffer(2 * MAX_CHARACTERS) if markdown else None
        self._last = ""
        self._columns = 0

    @property
    def text(self) -> str:
        """All blocks as text."""
        return self._text.value()

    @property
    def markdown(self) -> str:
        """All blocks as Markdown; empty if it was not wanted."""
        return "" if self._markdown is None else self._markdown.value()

    def heading(self, text: str, level: int) -> None:
        """Write a heading.

        Args:
            text: One line.
            level: 1 is the highest; deeper than 6 is written as 6.
        """
        text = " ".join(text.split())
        if text:
            marks = "#" * min(max(level, 1), _DEEPEST_HEADING)
            self._block("heading", text, f"{marks} {text}")

    def paragraph(self, text: str, markdown: str | None = None) -> None:
        """Write a paragraph; one without text is left out.

        Args:
            text: May have line ends.
            markdown: The same with emphasis and links. Default: ``text``.
        """
        text = text.strip()
        if text:
            self._block("paragraph", text, text if markdown is None else markdown.strip())

    def item(
        self, text: str, *, level: int = 0, number: int | None = None, markdown: str | None = None
    ) -> None:
        """Write an item of a list; one without text is left out.

        Args:
            text: May have line ends.
            level: How deep the list is nested, from 0.
            number: Its number in an ordered list.
            markdown: The same with emphasis and links. Default: ``text``.
        """
        text = text.strip()
        if not text:
            return
        mark = "-" if number is None else f"{number}."
        indent = "   " * level
        styled = text if markdown is None else markdown.strip()
        lines = styled.replace("\n", f"\n{indent}   ")
        self._block("item", text, f"{indent}{mark} {lines}")

    def row(self, cells: Sequence[str]) -> None:
        """Write a row of a table; the first of a table is its head in Markdown.

        Markdown loses cells beyond the head's: a wider row begins another table.

        Args:
            cells: Empty ones at the end do not count; a row of them is left out.
        """
        width = len(cells)
        while width and not cells[width - 1].strip():
            width -= 1
        if not width:
            return
        cells = [clean(cell).strip() for cell in cells[:width]]
        text = "\t".join(cells).replace("\n", " ")
        if self._markdown is None:
            self._block("row", text, "")
            return
        line = "\t".join(cells).replace("|", r"\|").replace("\n", "<br>").replace("\t", " | ")
        if self._last != "row" or width > self._columns:
            head = f"\n| {line} |" if self._last == "row" else f"| {line} |"
            line_below = "\n|" + " --- |" * width
            self._columns = width
            self._block("row", text, head + line_below)
        else:
            self._block("row", text, f"| {line} |")

    def verbatim(self, text: str) -> None:
        """Write a piece of text as it is, right after the one before it; no Markdown."""
        self._text.append(clean(text))

    def _block(self, kind: str, text: str, markdown: str) -> None:
        separator = ""
        if self._last:
            separator = "\n" if kind == self._last and kind in {"item", "row"} else "\n\n"
        self._last = kind
        self._text.append(separator + clean(text))
        if self._markdown is not None:
            self._markdown.append(separator + clean(markdown))
