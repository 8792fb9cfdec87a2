"""The parts of a workbook besides its rows: sheets, shared texts, formats and comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aistudio_shared.extraction.result import UnreadableError
from aistudio_shared.extraction.spreadsheet_values import is_date_format
from aistudio_shared.extraction.writer import MAX_CHARACTERS, Writer

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class PartHandler:
    """What the readers of parts have in common."""

    def end(self, name: str) -> None:
        """An element ends."""

    def characters(self, text: str) -> None:
        """Text comes."""


@dataclass
class Workbook(PartHandler):
    """Reads the main part.

    Attributes:
        sheets: Name and id of the relationship of each sheet, in order.
        since_1904: Whether dates count from 1904.
    """

    sheets: list[tuple[str, str]] = field(default_factory=list)
    since_1904: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if name == "s:sheet":
            self.sheets.append((attributes.get("name", ""), attributes.get("r:id", "")))
        elif name == "s:workbookPr":
            self.since_1904 = attributes.get("date1904") in {"1", "true"}


@dataclass
class Formats(PartHandler):
    """Reads the styles.

    Attributes:
        dates: Of each cell format, whether it shows a date.
    """

    dates: list[bool] = field(default_factory=list)
    _codes: dict[str, str] = field(default_factory=dict)
    _in_cells: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if name == "s:numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "s:cellXfs":
            self._in_cells = True
        elif name == "s:xf" and self._in_cells:
            found = attributes.get("numFmtId", "0")
            format_id = int(found) if found.isdecimal() else 0
            self.dates.append(is_date_format(format_id, self._codes.get(found)))

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "s:cellXfs":
            self._in_cells = False


@dataclass
class SharedTexts(PartHandler):
    """Reads the texts that cells refer to.

    Attributes:
        texts: In order.
    """

    texts: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _in_text: bool = False
    _in_reading: bool = False
    _characters: int = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002 # none is of use
        """An element begins."""
        if name == "s:rPh":
            # How Japanese is read aloud: the text once more.
            self._in_reading = True
        elif name == "s:t":
            self._in_text = not self._in_reading

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "s:t":
            self._in_text = False
        elif name == "s:rPh":
            self._in_reading = False
        elif name == "s:si":
            self.texts.append(unescaped("".join(self._pieces)))
            self._pieces.clear()

    def characters(self, text: str) -> None:
        """Text comes."""
        if not self._in_text:
            return
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            raise UnreadableError(f"it has more than {MAX_CHARACTERS:,} characters of text")
        self._pieces.append(text)


@dataclass
class Comments(PartHandler):
    """Writes the comments of a sheet, each with the cell that it is about.

    Attributes:
        writer: Takes them.
    """

    writer: Writer
    _cell: str = ""
    _pieces: list[str] = field(default_factory=list)
    _in_text: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if name == "s:commentList":
            self.writer.heading("Comments", 3)
        elif name == "s:comment":
            self._cell = attributes.get("ref", "")
            self._pieces = []
        self._in_text = name == "s:t"

    def end(self, name: str) -> None:
        """An element ends."""
        self._in_text = False
        if name == "s:comment":
            self.writer.item(f"{self._cell}: {''.join(self._pieces)}")

    def characters(self, text: str) -> None:
        """Text comes."""
        if self._in_text:
            self._pieces.append(text)


def unescaped(text: str) -> str:
    """Return ``text`` with the characters that XML cannot have, which are spelt ``_xHHHH_``."""
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text) if "_x" in text else text
