"""The rows of a workbook's sheet, as they come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aistudio_shared.extraction.spreadsheet_values import date_text, number_text
from aistudio_shared.extraction.writer import Writer
from aistudio_shared.extraction.xlsx_content import (
    Formats,
    PartHandler,
    SharedTexts,
    Workbook,
    unescaped,
)

_MAX_COLUMNS = 16_384
"""Of a sheet.

Source: https://support.microsoft.com/en-us/office/
excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
"""

_COLUMN = re.compile(r"[A-Z]{1,3}")

_BOOLEANS = {"0": "FALSE", "1": "TRUE"}


@dataclass
class Sheet(PartHandler):
    """Writes a sheet's rows as they come.

    Attributes:
        name: The sheet's name.
        workbook: The workbook.
        formats: Its cell formats.
        shared: Its shared texts.
        writer: Takes the rows.
    """

    name: str
    workbook: Workbook
    formats: Formats
    shared: SharedTexts
    writer: Writer
    _cells: list[str] = field(default_factory=list)
    _kind: str = ""
    _style: str = ""
    _value: list[str] = field(default_factory=list)
    _formula: list[str] = field(default_factory=list)
    _into: list[str] | None = None
    _in_reading: bool = False
    _has_rows: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if name == "s:c":
            self._start_cell(attributes)
        elif name == "s:v" or (name == "s:t" and not self._in_reading):
            self._into = self._value
        elif name == "s:f":
            self._into = self._formula
        elif name == "s:rPh":
            self._in_reading = True
        elif name == "s:row":
            self._cells = []

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._value, self._formula = [], []
        column = _column(attributes.get("r", ""))
        if column is not None and column > len(self._cells):
            self._cells.extend([""] * (column - len(self._cells)))

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "s:c":
            if len(self._cells) < _MAX_COLUMNS:
                self._cells.append(self._text())
        elif name == "s:row":
            self._end_row()
        elif name == "s:rPh":
            self._in_reading = False
        elif name in {"s:v", "s:t", "s:f"}:
            self._into = None

    def characters(self, text: str) -> None:
        """Text comes."""
        if self._into is not None:
            self._into.append(text)

    def _end_row(self) -> None:
        if not self._has_rows and any(self._cells):
            self._has_rows = True
            self.writer.heading(f"Sheet: {self.name}", 2)
        self.writer.row(self._cells)

    def _text(self) -> str:
        value = "".join(self._value)
        if not value and self._formula:
            # Programs that do not calculate write no result.
            return f"={''.join(self._formula)}"
        if self._kind == "s":
            return self._shared(value)
        if self._kind in {"str", "inlineStr"}:
            return unescaped(value)
        if self._kind == "b":
            return _BOOLEANS.get(value, value)
        if self._kind == "n" and value:
            return self._number(value)
        return value

    def _shared(self, value: str) -> str:
        texts = self.shared.texts
        return texts[int(value)] if value.isdecimal() and int(value) < len(texts) else ""

    def _number(self, value: str) -> str:
        style = int(self._style) if self._style.isdecimal() else 0
        if style < len(self.formats.dates) and self.formats.dates[style]:
            return date_text(value, since_1904=self.workbook.since_1904)
        return number_text(value)


def _column(reference: str) -> int | None:
    """Return the index of a cell's column, from 0; ``None`` if the cell does not tell."""
    match = _COLUMN.match(reference)
    if match is None:
        return None
    index = 0
    for letter in match.group():
        index = index * 26 + ord(letter) - ord("A") + 1
    return min(index, _MAX_COLUMNS) - 1
