"""How a text file's bytes become characters."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import TextIO

HEAD_BYTES = 64 * 1024
"""How much of a file decides what it is, in bytes."""

_BLOCK_BYTES = 1024 * 1024

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # The mark of UTF-16 begins the one of UTF-32.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
"""Bytes that texts hardly have; bell, backspace and escape are in logs of terminals."""

_MANY = 0.25
"""Share of zero bytes at even or odd places that tells UTF-16: even much text of other
scripts has spaces and line ends."""

_FEW = 0.02


def encoding_of(source: Path, *, declared: str | None = None) -> str:
    """Return the encoding of a text file.

    A byte order mark decides; then UTF-16, told by its zero bytes; then UTF-8, if the
    whole file is valid; then what the file declares; then Windows-1252.

    Args:
        source: The file.
        declared: What the file says about itself.
    """
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    found = _marked_encoding(head) or _utf16(head)
    if found is not None:
        return found
    if _is_utf8(source):
        return "utf-8"
    return _known(declared) or "cp1252"


def open_text(source: Path, *, declared: str | None = None, newline: str | None = None) -> TextIO:
    """Open a text file of any encoding; what it cannot decode becomes U+FFFD.

    Args:
        source: The file.
        declared: What the file says about its encoding.
        newline: As for :func:`open`.
    """
    encoding = encoding_of(source, declared=declared)
    return source.open(encoding=encoding, errors="replace", newline=newline)


def is_text(head: bytes) -> bool:
    """Return whether the beginning of a file looks like text in any encoding.

    Args:
        head: The first bytes of the file.
    """
    if _marked_encoding(head) or _utf16(head):
        return True
    controls = len(_CONTROL.findall(head)) / max(len(head), 1)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
    except UnicodeDecodeError:
        return controls < _FEW / 2
    return controls < 0.1


def _marked_encoding(head: bytes) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    return None


def _utf16(head: bytes) -> str | None:
    pairs = max(len(head) // 2, 1)
    even, odd = head[::2].count(0) / pairs, head[1::2].count(0) / pairs
    if max(even, odd) < _MANY or min(even, odd) > _FEW:
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    decoded = head.decode(encoding, errors="replace").encode()
    # Sound and pictures have such zeros too, but no letters between them.
    return None if len(_CONTROL.findall(decoded)) > _FEW * pairs else encoding


def _is_utf8(source: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with source.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _known(encoding: str | None) -> str | None:
    """Return the encoding if Python knows it as one of text."""
    try:
        "".encode(encoding or "")
        b"".decode(encoding or "")
    except (LookupError, ValueError):
        return None
    return encoding
