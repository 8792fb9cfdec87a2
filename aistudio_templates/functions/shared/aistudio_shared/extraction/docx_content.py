"""Paragraphs and tables of a part of a Word document, as they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aistudio_shared.extraction.docx_styles import NO_LIST, Styles
from aistudio_shared.extraction.inline import Inline
from aistudio_shared.extraction.writer import Writer

_SKIPPED = frozenset({"mc:Fallback", "w:moveFrom"})
"""The same content once more for old programs, and text at the place that it left."""

_CHARACTERS = {
    "w:tab": "\t",
    "w:ptab": "\t",
    "w:br": "\n",
    "w:cr": "\n",
    "w:noBreakHyphen": "-",
}

_TEXTS = frozenset({"w:t", "m:t"})


@dataclass
class _Paragraph:
    content: Inline = field(default_factory=Inline)
    style_id: str | None = None
    heading: int | None = None
    list_id: str | None = None
    list_level: int = 0


@dataclass
class _Table:
    """A table, or a text box in one: what a paragraph belongs to."""

    cells: list[list[str]] = field(default_factory=list)


class Content:
    """Writes what a part of a Word document holds.

    Args:
        styles: What styles and lists mean.
        writer: Takes the blocks.
    """

    def __init__(self, styles: Styles, writer: Writer) -> None:
        self._styles = styles
        self._writer = writer
        self._paragraphs: list[_Paragraph] = []
        self._tables: list[_Table] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self._skipping = 0
        self._in_text = False
        self._in_run = False
        self._bold = self._italic = False
        self._ends: dict[str, Callable[[], None]] = {
            "w:p": self._end_paragraph,
            "w:tr": self._end_row,
            "w:tbl": self._end_table,
            "w:r": self._end_run,
        }

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if self._skipping or name in _SKIPPED:
            self._skipping += 1
        elif name in _TEXTS:
            self._in_text = True
        elif name == "w:p":
            self._paragraphs.append(_Paragraph())
        elif name == "w:tbl":
            self._tables.append(_Table())
        elif name == "w:tc" and self._tables:
            self._tables[-1].cells.append([])
        elif self._paragraphs:
            self._start_in_paragraph(name, attributes)

    def _start_in_paragraph(self, name: str, attributes: Mapping[str, str]) -> None:
        paragraph = self._paragraphs[-1]
        value = attributes.get("w:val", "")
        if name == "w:r":
            self._in_run, self._bold, self._italic = True, False, False
        elif self._in_run:
            self._start_in_run(name, value)
        elif name == "w:pStyle":
            paragraph.style_id = value
        elif name == "w:outlineLvl" and value.isdecimal() and int(value) < 9:
            paragraph.heading = int(value) + 1
        elif name == "w:ilvl" and value.isdecimal():
            paragraph.list_level = min(int(value), 8)
        elif name == "w:numId":
            paragraph.list_id = value

    def _start_in_run(self, name: str, value: str) -> None:
        if name == "w:b":
            self._bold = value not in {"0", "false", "off"}
        elif name == "w:i":
            self._italic = value not in {"0", "false", "off"}
        elif name in _CHARACTERS:
            self._add(_CHARACTERS[name])

    def end(self, name: str) -> None:
        """An element ends."""
        if self._skipping:
            self._skipping -= 1
        elif name in _TEXTS:
            self._in_text = False
        elif name in self._ends:
            self._ends[name]()

    def characters(self, text: str) -> None:
        """Text, of which only the one in runs counts."""
        if self._in_text and not self._skipping and self._paragraphs:
            self._add(text)

    def _add(self, text: str) -> None:
        self._paragraphs[-1].content.add(text, bold=self._bold, italic=self._italic)

    def _end_run(self) -> None:
        self._in_run = self._bold = self._italic = False

    def _end_paragraph(self) -> None:
        if not self._paragraphs:
            return
        paragraph = self._paragraphs.pop()
        if self._tables:
            if self._tables[-1].cells:
                self._tables[-1].cells[-1].append(paragraph.content.text().strip())
            return
        self._write(paragraph)

    def _write(self, paragraph: _Paragraph) -> None:
        text = paragraph.content.text()
        heading = paragraph.heading or self._styles.heading_of(paragraph.style_id)
        list_id = paragraph.list_id or self._styles.list_of(paragraph.style_id) or NO_LIST
        if heading is not None:
            self._writer.heading(text, heading)
        elif list_id == NO_LIST:
            self._writer.paragraph(text, paragraph.content.markdown())
        else:
            self._writer.item(
                text,
                level=paragraph.list_level,
                number=self._number(list_id, paragraph.list_level) if text.strip() else None,
                markdown=paragraph.content.markdown(),
            )

    def _number(self, list_id: str, level: int) -> int | None:
        if not self._styles.has_numbers(list_id, str(level)):
            return None
        for deeper in range(level + 1, 9):
            self._numbers.pop((list_id, deeper), None)
        self._numbers[list_id, level] = self._numbers.get((list_id, level), 0) + 1
        return self._numbers[list_id, level]

    def _end_row(self) -> None:
        if not self._tables:
            return
        cells = ["\n".join(filter(None, cell)) for cell in self._tables[-1].cells]
        self._tables[-1].cells = []
        if len(self._tables) == 1:
            self._writer.row(cells)
        elif self._tables[-2].cells:
            # A table in a cell becomes lines of the cell.
            self._tables[-2].cells[-1].append(" ".join(filter(None, cells)))

    def _end_table(self) -> None:
        if self._tables:
            self._tables.pop()
