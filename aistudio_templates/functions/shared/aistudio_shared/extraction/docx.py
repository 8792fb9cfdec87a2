"""Word documents: text, headings, lists, tables, text boxes, notes, comments and headers."""

from __future__ import annotations

from aistudio_shared.extraction import ooxml
from aistudio_shared.extraction.core_properties import core_properties
from aistudio_shared.extraction.docx_content import Content
from aistudio_shared.extraction.docx_styles import Styles, styles_of
from aistudio_shared.extraction.result import Document, Facts
from aistudio_shared.extraction.writer import Writer

_MAIN_PART = "word/document.xml"


def read(document: Document, writer: Writer) -> Facts:
    """Write a Word document: its headers, its text, then notes, comments and footers.

    Args:
        document: The file.
        writer: Takes the blocks.

    Raises:
        UnreadableError: It is broken.
    """
    with ooxml.opened(document.path) as package:
        main_part = package.main_part(_MAIN_PART)
        styles = styles_of(package, main_part)
        for part in _unlike(package, package.related(main_part, "header"), styles):
            package.parse(part, Content(styles, writer))
        package.parse(main_part, Content(styles, writer))
        notes = package.related(main_part, "footnotes", "endnotes", "comments")
        footers = _unlike(package, package.related(main_part, "footer"), styles)
        for part in [*notes, *footers]:
            package.parse(part, Content(styles, writer))
        return Facts(metadata=core_properties(package))


def _unlike(package: ooxml.Package, parts: list[str], styles: Styles) -> list[str]:
    """Return the parts without those that repeat another one's text.

    A document has up to three headers and footers a section, most of them alike.
    """
    by_text: dict[str, str] = {}
    for part in parts:
        alone = Writer(markdown=False)
        package.parse(part, Content(styles, alone))
        by_text.setdefault(alone.text, part)
    return list(by_text.values())
