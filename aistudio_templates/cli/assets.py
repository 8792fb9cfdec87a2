"""Building the zips of an assembly's assets on demand, and writing them to a folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aistudio_templates.errors import AssetError

if TYPE_CHECKING:
    from aistudio_templates.assets import Target
    from aistudio_templates.model import Assembly


def asset_builder(assembly: Assembly, *, target: Target | None = None) -> Callable[[str], bytes]:
    """Return a function that builds the zip of one of the assembly's assets by name.

    Args:
        assembly: What names the assets.
        target: What dependencies are packaged for: ``host_target()`` where functions run
            on this machine. Default: what each asset names.
    """
    assets = {asset.name: asset for asset in assembly.assets}

    def build(name: str) -> bytes:
        from aistudio_templates.assets import archive

        return archive(assets[name], target=target)

    return build


def write_zip(path: Path, content: bytes) -> None:
    """Write a zip whole or not at all; folders on the way are made.

    Raises:
        AssetError: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise AssetError(
            f"{error.filename or path}: cannot be written: {error.strerror}",
            "choose another folder with --out",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
