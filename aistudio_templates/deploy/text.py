"""Text from outside, made safe to print. Pure; standard library only."""

from __future__ import annotations

import re
import unicodedata

_ESCAPE_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-Z\\-_])")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf"})


def printable(text: str) -> str:
    """Return ``text`` on one line, without terminal escapes or invisible characters.

    Resource names and failure reasons are written by whoever calls the API; one with an
    escape sequence could repaint the terminal of whoever reads it.
    """
    plain = _ESCAPE_SEQUENCE.sub("", text)
    return "".join(
        " " if character.isspace() else character
        for character in plain
        if character.isspace() or unicodedata.category(character) not in _HIDDEN_CATEGORIES
    )
