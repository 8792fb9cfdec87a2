"""Presentations: titles, text, tables, groups, diagrams, charts and notes of every slide."""

from __future__ import annotations

from collections.abc import Mapping

from aistudio_shared.extraction import ooxml
from aistudio_shared.extraction.core_properties import core_properties
from aistudio_shared.extraction.drawing_text import DrawingText, Paragraph
from aistudio_shared.extraction.ooxml import Package
from aistudio_shared.extraction.result import Document, Facts
from aistudio_shared.extraction.writer import Writer

_MAIN_PART = "ppt/presentation.xml"


def read(document: Document, writer: Writer) -> Facts:
    """Write a presentation, slide after slide.

    Args:
        document: The file.
        writer: Takes the blocks.

    Raises:
        UnreadableError: It is broken.
    """
    with ooxml.opened(document.path) as package:
        slides = _slides(package)
        for number, slide in enumerate(slides, start=1):
            _write_slide(package, slide, number, writer)
        return Facts(page_count=len(slides), metadata=core_properties(package))


def _slides(package: Package) -> list[str]:
    """Return the names of the slides' parts in the order of the presentation."""
    main_part = package.main_part(_MAIN_PART)
    order = _SlideOrder()
    package.parse(main_part, order)
    relationships = package.relationships(main_part)
    targets = [relationships[found].target for found in order.ids if found in relationships]
    return [target for target in targets if package.has(target)]


def _write_slide(package: Package, slide: str, number: int, writer: Writer) -> None:
    content = DrawingText()
    package.parse(slide, content)
    relationships = package.relationships(slide)
    title = f"Slide {number}: {content.title}" if content.title else f"Slide {number}"
    drawn = [relationships[found].target for found in content.parts if found in relationships]
    notes = package.related(slide, "notesSlide")
    parts = [part for part in [*drawn, *notes] if package.has(part)]
    further = {part: _content_of(package, part) for part in parts}
    if not (content.title or content.blocks or any(text.blocks for text in further.values())):
        return
    writer.heading(title, 2)
    _write_blocks(content, writer)
    for part, text in further.items():
        if part in notes and text.blocks:
            writer.heading("Notes", 3)
        _write_blocks(text, writer)


def _content_of(package: Package, part: str) -> DrawingText:
    content = DrawingText()
    package.parse(part, content)
    return content


def _write_blocks(content: DrawingText, writer: Writer) -> None:
    for block in content.blocks:
        if not isinstance(block, Paragraph):
            writer.row(block)
        elif block.placeholder == "body" and content.title:
            writer.item(block.content.text(), level=block.level, markdown=block.content.markdown())
        else:
            writer.paragraph(block.content.text(), block.content.markdown())


class _SlideOrder:
    def __init__(self) -> None:
        self.ids: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "p:sldId":
            self.ids.append(attributes.get("r:id", ""))

    def end(self, name: str) -> None:
        """Only attributes count."""

    def characters(self, text: str) -> None:
        """Only attributes count."""
