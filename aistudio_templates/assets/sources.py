"""Which files of a folder are source, in an order and form that no machine changes."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from aistudio_templates.assets.limits import check_size
from aistudio_templates.errors import AssetError

_LEFT_OUT_FOLDERS = {"__pycache__", "node_modules", "tests"}
_LEFT_OUT_SUFFIXES = (".pyc", ".pyo", "~", ".orig", ".rej")
_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class SourceFile:
    """One file of an asset.

    Attributes:
        name: Path below the asset's folder, with forward slashes.
        content: Its bytes.
        executable: Whether its owner may execute it.
    """

    name: str
    content: bytes
    executable: bool


def source_files(folder: Path) -> tuple[SourceFile, ...]:
    """Return the source files below ``folder``, sorted by name.

    Caches, tests, hidden files, installed packages and editors' leftovers are no source.

    Raises:
        AssetError: The folder is missing, empty or too large for a function, or holds
            a symbolic link or a name that is unsafe in a zip.
    """
    if not folder.is_dir():
        raise AssetError(f"{folder}: no such folder of source")
    files = sorted(_read(folder, ""), key=lambda file: file.name)
    if not files:
        raise AssetError(f"{folder}: holds no source")
    check_size(folder, (len(file.content) for file in files))
    return tuple(files)


def below(folder: str, files: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    """Return files as they are called below a folder of an asset.

    Args:
        folder: With forward slashes and without one at the end.
        files: Source from elsewhere.
    """
    return tuple(replace(file, name=f"{folder}/{file.name}") for file in files)


def merged(
    files: Iterable[SourceFile], extra: Iterable[SourceFile], *, where: object
) -> tuple[SourceFile, ...]:
    """Return all files, sorted by name.

    Args:
        files: An asset's own.
        extra: Files from elsewhere.
        where: The asset's folder, for errors.

    Raises:
        AssetError: Two have one name.
    """
    found = {file.name: file for file in files}
    for file in extra:
        if found.setdefault(file.name, file) is not file:
            raise AssetError(f"{where}: {file.name} is there, and comes from elsewhere too")
    return tuple(found[name] for name in sorted(found))


def _read(folder: Path, prefix: str) -> Iterator[SourceFile]:
    with os.scandir(folder) as listing:
        entries = list(listing)
    for entry in entries:
        name = prefix + entry.name
        if entry.name.startswith(".") or entry.name.endswith(_LEFT_OUT_SUFFIXES):
            continue
        if entry.is_symlink():
            raise AssetError(f"{entry.path}: is a symbolic link", "copy the file instead")
        if not _SAFE_NAME.fullmatch(entry.name):
            raise AssetError(f"{entry.path!r}: unsafe name", "use letters, digits and _.+-")
        if entry.is_dir():
            if entry.name not in _LEFT_OUT_FOLDERS:
                yield from _read(Path(entry.path), f"{name}/")
            continue
        executable = bool(entry.stat().st_mode & stat.S_IXUSR)
        yield SourceFile(name, content_of(Path(entry.path)), executable)


def content_of(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        AssetError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssetError(f"{path}: cannot be read: {error.strerror}") from error
