"""What is in a spreadsheet's cell, as its reader would see it.

Source: https://learn.microsoft.com/en-us/dotnet/api/
documentformat.openxml.spreadsheet.numberingformat
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Ids of number formats that every program knows as dates or times."""

_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTER = re.compile(r"[dmyhs]", re.IGNORECASE)

_EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 # spreadsheets know no time zones
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 # the same
_LEAP_BUG_DAYS = 60
"""Serial numbers below count from a day later: Lotus 1-2-3 had a 29 February 1900."""

_LAST_DAY = 2_958_465
"""31 December 9999."""

_MILLISECONDS_A_DAY = 86_400_000


def is_date_format(format_id: int, code: str | None) -> bool:
    """Return whether a number format shows a date or a time.

    Args:
        format_id: Its id.
        code: How it is spelt; ``None`` for a built-in one.
    """
    if code is None:
        return format_id in _BUILT_IN_DATES
    positive = _LITERAL.sub("", code).partition(";")[0]
    return positive.lower() != "general" and bool(_DATE_LETTER.search(positive))


def number_text(value: str) -> str:
    """Return a number in the digits that a spreadsheet shows; anything else as it is.

    A file has 0.30000000000000004 where its reader sees 0.3: 15 digits count.
    """
    if len(value) < 16 and "E" not in value:
        return value
    try:
        return f"{float(value):.15g}"
    except ValueError:
        return value


def date_text(value: str, *, since_1904: bool) -> str:
    """Return a serial number as an ISO date, time or both; anything else as it is.

    Args:
        value: Days, with a fraction for the time.
        since_1904: Whether the workbook counts from 1904.
    """
    try:
        days = float(value)
    except ValueError:
        return value
    if not 0 <= days <= _LAST_DAY:
        return number_text(value)
    epoch = _EPOCH_1904 if since_1904 else _EPOCH_1900
    if not since_1904 and days < _LEAP_BUG_DAYS:
        epoch += timedelta(days=1)
    moment = epoch + timedelta(milliseconds=round(days * _MILLISECONDS_A_DAY))
    clock = moment.strftime("%H:%M:%S")
    if days < 1:
        return clock
    day = moment.date().isoformat()
    return day if clock == "00:00:00" else f"{day} {clock}"
