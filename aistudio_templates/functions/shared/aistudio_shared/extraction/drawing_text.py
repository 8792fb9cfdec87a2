"""The text of drawings: slides, notes, diagrams and charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aistudio_shared.extraction.inline import Inline

_SKIPPED = frozenset({"mc:Fallback", "c:numRef"})
"""The same content once more for old programs, and the numbers that a chart draws."""

_TITLES = frozenset({"title", "ctrTitle"})
_NO_CONTENT = frozenset({"dt", "hdr", "sldImg", "sldNum"})
"""Placeholders that show today's date, or the slide's number or picture."""

_SHAPES = frozenset({"p:sp", "p:graphicFrame", "p:cxnSp", "p:pic"})

_TEXTS = frozenset({"a:t", "c:v", "m:t"})


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a shape.

    Attributes:
        content: Its text.
        level: How deep it is indented, from 0.
        placeholder: What kind of placeholder the shape is; ``None`` for a free one.
    """

    content: Inline
    level: int
    placeholder: str | None


@dataclass
class DrawingText:
    """Collects the text of one part, in the order of its shapes.

    Attributes:
        title: Text of its title's placeholder.
        blocks: Paragraphs, and rows of tables.
        parts: Ids of relationships to charts and diagrams.
    """

    title: str = ""
    blocks: list[Paragraph | list[str]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    _labels: set[str] = field(default_factory=set)
    _paragraph: Inline | None = None
    _level: int = 0
    _placeholder: str | None = None
    _row: list[list[str]] | None = None
    _in_text: bool = False
    _bold: bool = False
    _italic: bool = False
    _skipping: int = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if self._skipping or name in _SKIPPED:
            self._skipping += 1
        elif name in _TEXTS:
            self._start_text(name)
        elif name == "a:p":
            self._paragraph, self._level = Inline(), 0
        elif name == "a:tr":
            self._row = []
        elif name == "a:tc" and self._row is not None:
            self._row.append([])
        elif name in _SHAPES:
            self._placeholder = None
        elif name == "p:ph":
            self._placeholder = attributes.get("type", "body")
        elif name in {"c:chart", "dgm:relIds"}:
            self.parts.append(attributes.get("r:id") or attributes.get("r:dm", ""))
        elif self._paragraph is not None:
            self._start_in_paragraph(name, attributes)

    def _start_text(self, name: str) -> None:
        self._in_text = True
        if name == "c:v":
            # A chart's cached values stand in no paragraph.
            self._paragraph, self._level, self._placeholder = Inline(), 0, None

    def _start_in_paragraph(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "a:pPr":
            level = attributes.get("lvl", "0")
            self._level = min(int(level), 8) if level.isdecimal() else 0
        elif name == "a:rPr":
            self._bold = attributes.get("b") in {"1", "true"}
            self._italic = attributes.get("i") in {"1", "true"}
        elif name == "a:br" and self._paragraph is not None:
            self._paragraph.add("\n")

    def end(self, name: str) -> None:
        """An element ends."""
        if self._skipping:
            self._skipping -= 1
        elif name in _TEXTS:
            self._in_text = False
            if name == "c:v":
                self._end_label()
        elif name == "a:r":
            self._bold = self._italic = False
        elif name == "a:p":
            self._end_paragraph()
        elif name == "a:tr" and self._row is not None:
            self.blocks.append(["\n".join(cell) for cell in self._row])
            self._row = None

    def characters(self, text: str) -> None:
        """Text, of which only the one in runs counts."""
        if self._in_text and not self._skipping and self._paragraph is not None:
            self._paragraph.add(text, bold=self._bold, italic=self._italic)

    def _end_label(self) -> None:
        """End a chart's label; each series repeats those of the axis."""
        label = self._paragraph.text() if self._paragraph is not None else ""
        if label in self._labels:
            self._paragraph = None
        self._labels.add(label)
        self._end_paragraph()

    def _end_paragraph(self) -> None:
        content, self._paragraph = self._paragraph, None
        if content is None or not content.text().strip():
            return
        if self._row:
            self._row[-1].append(content.text())
        elif self._placeholder in _TITLES:
            self.title = f"{self.title} {content.text()}".strip()
        elif self._placeholder not in _NO_CONTENT:
            self.blocks.append(Paragraph(content, self._level, self._placeholder))
