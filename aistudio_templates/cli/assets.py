"""Building the zips of an assembly's assets on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aistudio_templates.model import Assembly


def asset_builder(assembly: Assembly) -> Callable[[str], bytes]:
    """Return a function that builds the zip of one of the assembly's assets by name."""
    assets = {asset.name: asset for asset in assembly.assets}

    def build(name: str) -> bytes:
        from aistudio_templates.assets import archive

        return archive(assets[name])

    return build
