"""ZIP archives from strangers: opened only if what is inside is of a bearable size.

``zipfile`` never reads more of a member than its directory declares, so that checking what
is declared is enough.

Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aistudio_shared.extraction.result import UnreadableError

MAX_MEMBERS = 10_000
"""A presentation of a thousand slides with pictures and notes has about 6,000."""

MAX_UNZIPPED_BYTES = 1024 * 1024 * 1024
"""Of all members together."""

MAX_RATIO = 200
"""Unzipped to zipped size; a sheet of equal rows reaches 100, deflate at most 1,032."""

_RATIO_MATTERS_BYTES = 32 * 1024 * 1024
"""Whatever unzips to less is harmless at any ratio."""

_MAX_DIRECTORY_BYTES = 4 * 1024 * 1024
"""``zipfile`` makes an object of each entry before anybody can count them."""

_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_LONGEST_END_BYTES = 22 + 65_535 + 20 + 56

_ENCRYPTED = 0x1
_BROKEN = "the archive is broken or incomplete"

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What Office writes; other methods unzip to more, and in more memory."""


@contextmanager
def opened(source: Path) -> Iterator[zipfile.ZipFile]:
    """Yield an archive that is safe to read.

    Raises:
        UnreadableError: It is broken or protected, or too large inside; also when that
            shows only while a member is read.
    """
    _check_directory(source)
    try:
        with zipfile.ZipFile(source) as archive:
            _check_members(archive.infolist())
            yield archive
    except (EOFError, NotImplementedError, struct.error, zipfile.BadZipFile, zlib.error) as error:
        raise UnreadableError(_BROKEN) from error


def _check_directory(source: Path) -> None:
    """Refuse a directory that is large before ``zipfile`` reads it."""
    with source.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - _LONGEST_END_BYTES, 0))
        tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + 22:
        raise UnreadableError(_BROKEN)
    (directory_bytes,) = struct.unpack_from("<L", tail, end + 12)
    end_64 = tail.rfind(_END_64, 0, end)
    if end_64 >= 0:
        (directory_bytes,) = struct.unpack_from("<Q", tail, end_64 + 40)
    if directory_bytes > _MAX_DIRECTORY_BYTES:
        raise UnreadableError(f"the archive has more than {MAX_MEMBERS:,} files")


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise UnreadableError(f"the archive has more than {MAX_MEMBERS:,} files")
    if any(member.header_offset < 0 for member in members):
        raise UnreadableError(_BROKEN)
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise UnreadableError("it is protected by a password")
    if any(member.compress_type not in _METHODS for member in members):
        raise UnreadableError("it is compressed in a way that is not read")
    unzipped = sum(member.file_size for member in members)
    if unzipped > MAX_UNZIPPED_BYTES:
        raise UnreadableError(f"it unzips to more than {MAX_UNZIPPED_BYTES:,} bytes")
    zipped = sum(member.compress_size for member in members)
    if unzipped > _RATIO_MATTERS_BYTES and unzipped > zipped * MAX_RATIO:
        raise UnreadableError(f"it unzips to more than {MAX_RATIO} times its size")
