"""An asset: a folder of source under a name, and how it is packaged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from aistudio_templates import names
from aistudio_templates.assets.digest import digest_of
from aistudio_templates.assets.sources import SourceFile, source_files

PYTHON_SOURCE = "python-source-1"
"""Recipe: the folder's files as they are. The number grows when the zip's form changes."""


@dataclass(frozen=True)
class Asset:
    """A function's source.

    Attributes:
        name: In kebab case; part of the S3 key.
        source: The folder.
        recipe: How the zip is made of it.
    """

    name: str
    source: Path
    recipe: str = PYTHON_SOURCE

    @cached_property
    def files(self) -> tuple[SourceFile, ...]:
        """The source files, read once.

        Raises:
            AssetError: The source cannot be packaged.
        """
        return source_files(self.source)

    @cached_property
    def digest(self) -> str:
        """Digest of source and recipe, in hexadecimal.

        Raises:
            AssetError: The source cannot be packaged.
        """
        return digest_of(self.files, recipe=self.recipe)

    @property
    def key(self) -> str:
        """Key of the zip in the artifact bucket."""
        return names.asset_key(self.name, self.digest)
