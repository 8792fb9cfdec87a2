"""Text of users and of models, made safe for where it is put.

Pure: may import the standard library only.
"""

from __future__ import annotations

import re
import unicodedata

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
"""What browsers take for an address, with a dot in the domain.

It admits no comma, angle bracket, quote or white space: it is one address, and no header.

Source: https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
"""

_MAX_ADDRESS_CHARACTERS = 254
"""Source: https://www.rfc-editor.org/errata/eid1690"""


def one_line(text: str, max_characters: int) -> str:
    """Return ``text`` as one line without control and direction characters.

    Args:
        text: From anywhere.
        max_characters: What is longer is cut, in characters.
    """
    shown = "".join(_shown(character) for character in text)
    return " ".join(shown.split())[:max_characters].rstrip()


def lines(text: str, max_characters: int) -> str:
    """Return ``text`` with its lines and tabs, but no other control characters.

    Args:
        text: From anywhere.
        max_characters: What is longer is cut, and ends with a mark, in characters.
    """
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(
        character if character in "\n\t" or unicodedata.category(character)[0] != "C" else ""
        for character in normal
    )
    return kept if len(kept) <= max_characters else kept[: max_characters - 1].rstrip() + "…"


def file_name(title: str, day: str) -> str:
    """Return a file name of plain letters: ``daily-report-2026-11-24.md``.

    Args:
        title: Becomes lower-case ASCII.
        day: As in ``2026-11-24``.
    """
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only)[:60].strip("-")
    return f"{slug or 'schedule'}-{day}.md"


def is_address(text: str) -> bool:
    """Return whether ``text`` is one e-mail address and nothing else."""
    return len(text) <= _MAX_ADDRESS_CHARACTERS and _ADDRESS.fullmatch(text) is not None


def _shown(character: str) -> str:
    """Return what stands for a character on one line: a space for any that ends a line."""
    category = unicodedata.category(character)
    if category == "Cc" or category.startswith("Z"):
        return " "
    return "" if category.startswith("C") else character
