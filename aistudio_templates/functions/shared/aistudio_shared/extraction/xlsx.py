"""Workbooks: every row of every sheet, with results instead of formulas."""

from __future__ import annotations

from aistudio_shared.extraction import ooxml
from aistudio_shared.extraction.core_properties import core_properties
from aistudio_shared.extraction.result import Document, Facts
from aistudio_shared.extraction.writer import Writer
from aistudio_shared.extraction.xlsx_content import (
    Comments,
    Formats,
    SharedTexts,
    Workbook,
)
from aistudio_shared.extraction.xlsx_sheet import Sheet

_MAIN_PART = "xl/workbook.xml"


def read(document: Document, writer: Writer) -> Facts:
    """Write a workbook, sheet after sheet, hidden ones too.

    Args:
        document: The file.
        writer: Takes the rows.

    Raises:
        UnreadableError: It is broken.
    """
    with ooxml.opened(document.path) as package:
        main_part = package.main_part(_MAIN_PART)
        workbook, formats, shared = Workbook(), Formats(), SharedTexts()
        package.parse(main_part, workbook)
        for part in package.related(main_part, "styles"):
            package.parse(part, formats)
        for part in package.related(main_part, "sharedStrings"):
            package.parse(part, shared)
        relationships = package.relationships(main_part)
        for name, relationship_id in workbook.sheets:
            relationship = relationships.get(relationship_id)
            if relationship is None or relationship.kind != "worksheet":
                continue
            sheet = Sheet(name, workbook, formats, shared, writer)
            package.parse(relationship.target, sheet)
            for part in package.related(relationship.target, "comments"):
                package.parse(part, Comments(writer))
        names = [name for name, _ in workbook.sheets]
        return Facts(metadata={**core_properties(package), "sheets": names})
