"""What was fetched once, kept between runs: wheels and the bundler.

Below ``$XDG_CACHE_HOME/aistudio-templates``, by default ``~/.cache/aistudio-templates``. A
folder appears there whole or not at all, so that two processes may fetch the same thing;
the whole cache may be removed at any time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from aistudio_templates import names
from aistudio_templates.errors import AssetError


def cached_folder(kind: str, key: str, *, fill: Callable[[Path], None]) -> Path:
    """Return a folder of the cache; it is made when it is missing.

    Args:
        kind: What it holds, such as ``wheels``.
        key: Names its content: the same key, the same content.
        fill: Writes the content into the empty folder that it is handed.

    Raises:
        AssetError: The cache cannot be written, or ``fill`` fails.
    """
    folder = _root() / kind / key
    if folder.is_dir():
        return folder
    with _cache_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{key[:8]}.", dir=folder.parent))
    try:
        fill(draft)
        with _cache_errors(folder):
            _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def discard(folder: Path) -> None:
    """Remove a damaged folder of the cache, so that it is made again."""
    shutil.rmtree(folder, ignore_errors=True)


def _publish(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError:
        # Another process was faster, and a key names its content: theirs is ours.
        if not folder.is_dir():
            raise


def _root() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification says to ignore relative paths.
    folder = Path(base) if base.startswith("/") else Path("~/.cache").expanduser()
    return folder / f"{names.APPLICATION}-templates"


@contextlib.contextmanager
def _cache_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AssetError(
            f"{error.filename or folder}: cannot be written: {error.strerror}",
            "set XDG_CACHE_HOME to a folder that can be written",
        ) from error
