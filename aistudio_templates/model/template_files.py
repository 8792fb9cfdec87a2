"""``templates/<env>/`` on disk: written whole or not at all, and compared.

A write has three steps: every new content goes to a temporary file beside its target
and is flushed to disk; then all are renamed, the manifest last; then files that only
the old manifest names are removed. Whatever interrupts the second step puts the old
contents back. A killed process can leave whole old and whole new files side by side,
which the hashes in the manifest show to whoever reads it. Files that no manifest
names are never touched.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from aistudio_templates import names
from aistudio_templates.errors import TemplateError

_FILE_MODE = 0o644


def write_files(directory: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Make ``directory`` hold ``files``, and no template that an older build left.

    Args:
        directory: Such as ``templates/dev``; made when missing.
        files: Contents by file name, the manifest among them.

    Returns:
        Names of the files that were added, changed or removed, sorted.

    Raises:
        TemplateError: The directory is a symbolic link, or cannot be written
            (permission, read-only or full file system); the old files are whole.
    """
    with _write_errors(directory):
        if directory.is_symlink():
            raise TemplateError(
                f"{directory}: is a symbolic link", "templates are written to real directories only"
            )
        directory.mkdir(parents=True, exist_ok=True)
        current = read_files(directory)
        changed = [name for name, body in files.items() if current.get(name) != body]
        orphans = sorted(current.keys() - files.keys())
        _replace(directory, {name: files[name] for name in changed}, current)
        for name in orphans:
            (directory / name).unlink()
    return tuple(sorted([*changed, *orphans]))


def read_files(directory: Path) -> dict[str, bytes]:
    """Return the files that a build wrote to ``directory``: the manifest and what it names.

    A missing directory has none. Without a readable manifest, the templates that the
    directory holds count, so that a damaged manifest leaves no orphans.
    """
    if not directory.is_dir():
        return {}
    return {
        name: (directory / name).read_bytes()
        for name in _written_names(directory)
        if (directory / name).is_file()
    }


def _written_names(directory: Path) -> set[str]:
    try:
        manifest = json.loads((directory / names.MANIFEST_FILE).read_bytes())
        listed = [manifest["root"]["file"], *(s["file"] for s in manifest["stacks"].values())]
    except FileNotFoundError:
        listed = []
    except (ValueError, KeyError, TypeError, AttributeError):
        listed = [path.name for path in directory.glob("*.yaml")]
    # A name with a path in it is not one that we wrote.
    return {names.MANIFEST_FILE, *(name for name in listed if Path(name).name == name)}


def _replace(directory: Path, changed: Mapping[str, bytes], current: Mapping[str, bytes]) -> None:
    staged = _stage(directory, changed)
    # The manifest goes last: until then, its hashes tell that the directory is in between.
    order = sorted(staged, key=lambda name: (name == names.MANIFEST_FILE, name))
    renamed = []
    try:
        for name in order:
            staged[name].replace(directory / name)
            renamed.append(name)
    except BaseException:
        _restore(directory, renamed, current)
        raise
    finally:
        for path in staged.values():
            path.unlink(missing_ok=True)


def _stage(directory: Path, changed: Mapping[str, bytes]) -> dict[str, Path]:
    staged: dict[str, Path] = {}
    try:
        for name, content in changed.items():
            staged[name] = _temporary(directory, name, content)
    except BaseException:
        for path in staged.values():
            path.unlink(missing_ok=True)
        raise
    return staged


def _temporary(directory: Path, name: str, content: bytes) -> Path:
    descriptor, path_text = tempfile.mkstemp(prefix=f".{name}.", dir=directory)
    path = Path(path_text)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), _FILE_MODE)
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _restore(directory: Path, renamed: list[str], current: Mapping[str, bytes]) -> None:
    for name in renamed:
        if name in current:
            _temporary(directory, name, current[name]).replace(directory / name)
        else:
            (directory / name).unlink(missing_ok=True)


@contextlib.contextmanager
def _write_errors(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hints = {
            errno.ENOSPC: "free some space; the old files are whole",
            errno.EROFS: "the file system is read-only",
        }
        hint = hints.get(error.errno or 0, "check its owner and permissions")
        path = error.filename or directory
        raise TemplateError(f"{path}: cannot be written: {error.strerror}", hint) from error
