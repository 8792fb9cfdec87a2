"""Tables in text files: values between commas, semicolons, tabs or bars."""

from __future__ import annotations

import csv

from aistudio_shared.extraction.encodings import open_text
from aistudio_shared.extraction.result import Document, Facts, WrongTypeError
from aistudio_shared.extraction.writer import Writer

_DELIMITERS = ",;\t|"

_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_ROWS = 20

_LONGEST_FIELD_CHARACTERS = 1024 * 1024
"""A quote that is never closed makes one field of the rest of the file."""


def read(document: Document, writer: Writer) -> Facts:
    """Write every record.

    Args:
        document: The file, in any encoding.
        writer: Takes the rows.

    Raises:
        WrongTypeError: It is no table.
    """
    csv.field_size_limit(_LONGEST_FIELD_CHARACTERS)
    rows = 0
    with open_text(document.path, newline="") as file:
        delimiter = _delimiter(file.read(_SAMPLE_CHARACTERS))
        file.seek(0)
        try:
            for row in csv.reader(file, delimiter=delimiter):
                writer.row(row)
                rows += bool(row)
        except csv.Error as error:
            raise WrongTypeError(str(error)) from error
    return Facts(metadata={"rows": rows})


def _delimiter(sample: str) -> str:
    """Return the delimiter that gives the most columns in the most rows of equal width."""
    return max(_DELIMITERS, key=lambda delimiter: _fit(sample, delimiter))


def _fit(sample: str, delimiter: str) -> tuple[int, int]:
    try:
        rows = [row for row in csv.reader(sample.splitlines(), delimiter=delimiter) if row]
    except csv.Error:
        return 0, 0
    widths = [len(row) for row in rows[:_SAMPLE_ROWS]]
    if not widths or widths[0] < 2:
        return 0, 0
    return widths.count(widths[0]), widths[0]
