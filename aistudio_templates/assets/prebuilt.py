"""Zips that were built elsewhere: taken byte for byte, once they are known to be harmless."""

from __future__ import annotations

import io
import posixpath
import re
import stat
import zipfile
import zlib
from pathlib import Path

from aistudio_templates.assets.limits import check_size
from aistudio_templates.assets.native import HEADER_BYTES, check_native
from aistudio_templates.assets.sources import SourceFile, content_of
from aistudio_templates.assets.target import Target
from aistudio_templates.errors import AssetError

_ENCRYPTED = 0x1
_DRIVE = re.compile(r"[A-Za-z]:")


def prebuilt_zip(path: Path, target: Target) -> SourceFile:
    """Return a zip as the one source file of its asset.

    Only its directory and the first bytes of its members are read, so that composing
    templates stays fast; :func:`check_contents` reads the rest.

    Args:
        path: The file; its name does not count.
        target: What its native code has to run on.

    Raises:
        AssetError: It is missing, no zip, empty or too large; or a member has an unsafe
            name or type, or is for another processor.
    """
    if not path.is_file():
        raise AssetError(f"{path}: no such zip file")
    content = content_of(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            _check(package, path, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise AssetError(f"{path}: is no zip that Lambda can read: {error}") from error
    return SourceFile("code.zip", content, executable=False)


def check_contents(path: Path, content: bytes) -> None:
    """Check that every member of a zip can be unpacked.

    Raises:
        AssetError: One is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            damaged = package.testzip()
    except (zlib.error, EOFError) as error:
        raise AssetError(f"{path}: is damaged: {error}", "build it again") from error
    if damaged is not None:
        raise AssetError(f"{path}: {damaged} is damaged", "build it again")


def is_safe_name(name: str) -> bool:
    """Return whether a member of this name is unpacked below the folder that is meant."""
    parts = name.removesuffix("/").split("/")
    return (
        name.isprintable()
        and "\\" not in name
        and not _DRIVE.match(name)
        and not any(part in {"", ".", ".."} for part in parts)
    )


def _check(package: zipfile.ZipFile, path: Path, target: Target) -> None:
    members = [member for member in package.infolist() if not member.is_dir()]
    if not members:
        raise AssetError(f"{path}: holds no file")
    seen = set()
    for member in package.infolist():
        if not is_safe_name(member.orig_filename) or member.filename in seen:
            raise AssetError(f"{path}: unsafe member name {member.orig_filename!r}")
        seen.add(member.filename)
        if member.flag_bits & _ENCRYPTED:
            raise AssetError(f"{path}: {member.filename} is encrypted")
    check_size(path, (member.file_size for member in members))
    for link in filter(_is_link, members):
        _check_link(package.read(link).decode(errors="replace"), link.filename, path)
    heads = [_head(package, member) for member in members if not _is_link(member)]
    check_native(heads, target, where=path)


def _is_link(member: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(member.external_attr >> 16)


def _check_link(leads_to: str, name: str, path: Path) -> None:
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(name), leads_to))
    if not is_safe_name(reached):
        raise AssetError(f"{path}: {name} is a link that leaves the zip")


def _head(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> SourceFile:
    with package.open(member) as file:
        return SourceFile(member.filename, file.read(HEADER_BYTES), executable=False)
