"""Paragraphs, lists and tables of a page that may be nested in any way."""

from __future__ import annotations

from dataclasses import dataclass, field

from aistudio_shared.extraction.inline import Inline
from aistudio_shared.extraction.writer import Writer

_CELLS = frozenset({"td", "th"})
_LISTS = frozenset({"ol", "ul", "menu"})
_ENDING_ITEMS = _CELLS | {"li", "caption"}

_DEEPEST_LIST = 8


@dataclass
class _List:
    is_ordered: bool
    items: int = 0


@dataclass
class _Table:
    cells: list[list[str]] = field(default_factory=list)


class WebBlocks:
    """Collects text and writes it when a block ends.

    Args:
        writer: Takes the blocks.
    """

    def __init__(self, writer: Writer) -> None:
        self.inline = Inline()
        self.heading: int | None = None
        self.preformatted = False
        self._writer = writer
        self._lists: list[_List] = []
        self._tables: list[_Table] = []
        self._is_new_item = False

    def start(self, tag: str) -> None:
        """A list, a table or a part of one begins."""
        if tag in _LISTS:
            self.flush()
            self._lists.append(_List(tag == "ol"))
        elif tag == "li":
            self.flush()
            self._is_new_item = True
            if self._lists:
                self._lists[-1].items += 1
        elif tag == "table":
            self.flush()
            self._tables.append(_Table())
        elif tag == "caption":
            self.flush()
        elif tag in _CELLS and self._tables:
            self.flush()
            self._tables[-1].cells.append([])
        elif tag == "tr":
            self._end_row()

    def end(self, tag: str) -> None:
        """A list, a table or a part of one ends."""
        if tag in _LISTS:
            self.flush()
            if self._lists:
                self._lists.pop()
        elif tag in _ENDING_ITEMS:
            self.flush()
            self._is_new_item = False
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_row()
            if self._tables:
                self._tables.pop()

    def finish(self) -> None:
        """The page ends, and with it what it never closed."""
        while self._tables:
            self.end("table")
        self.flush()

    def flush(self) -> None:
        """Write what was collected as a block of its own."""
        inline, self.inline = self.inline, Inline()
        text = inline.text()
        if not text.strip():
            return
        if self._tables and self._tables[-1].cells:
            self._tables[-1].cells[-1].append(text.strip())
        elif self.preformatted:
            text = text.strip("\n")
            self._writer.paragraph(text, f"```\n{text}\n```")
        elif self.heading is not None:
            self._writer.heading(text, self.heading)
        elif self._is_new_item:
            self._write_item(inline)
        else:
            self._writer.paragraph(text, inline.markdown())

    def _write_item(self, inline: Inline) -> None:
        self._is_new_item = False
        innermost = self._lists[-1] if self._lists else _List(is_ordered=False)
        self._writer.item(
            inline.text(),
            level=min(max(len(self._lists) - 1, 0), _DEEPEST_LIST),
            number=innermost.items if innermost.is_ordered else None,
            markdown=inline.markdown(),
        )

    def _end_row(self) -> None:
        self.flush()
        if not self._tables:
            return
        cells = self._tables[-1].cells
        self._tables[-1].cells = []
        if not cells:
            return
        if len(cells) == 1:
            # A table of one column is there for the looks.
            self._write_apart(cells[0])
        elif self._outer_cell() is None:
            self._writer.row(["\n".join(cell) for cell in cells])
        else:
            self._write_apart([" ".join(" ".join(cell) for cell in cells)])

    def _write_apart(self, texts: list[str]) -> None:
        outer = self._outer_cell()
        for text in texts:
            if outer is None:
                self._writer.paragraph(text)
            else:
                outer.append(text)

    def _outer_cell(self) -> list[str] | None:
        """Return the cell that the innermost table is in."""
        outer = self._tables[-2].cells if len(self._tables) > 1 else []
        return outer[-1] if outer else None
