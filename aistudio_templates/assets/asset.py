"""An asset: source under a name, how it is packaged, and what for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from aistudio_templates import names
from aistudio_templates.assets.digest import digest_of
from aistudio_templates.assets.lock import LOCK_FILE, Requirement, parse_lock
from aistudio_templates.assets.native import check_native
from aistudio_templates.assets.node_project import ESBUILD_VERSION, node_project
from aistudio_templates.assets.prebuilt import prebuilt_zip
from aistudio_templates.assets.sources import SourceFile, merged, source_files
from aistudio_templates.assets.target import LAMBDA, Target
from aistudio_templates.errors import AssetError, valid_choices

PYTHON_SOURCE = "python-source-1"
"""Recipe: the folder's files as they are, with what its ``requirements.txt`` locks beside
them. The number grows when the zip's form changes."""

PYTHON_LAYER = "python-layer-1"
"""Recipe: the same below ``python/``, where Lambda looks for a layer's modules.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
"""

NODE_BUNDLE = "node-bundle-1"
"""Recipe: the folder with a ``package.json``, bundled into ``index.js`` by esbuild."""

PREBUILT_ZIP = "prebuilt-zip-1"
"""Recipe: a zip file, byte for byte."""

RECIPES = (NODE_BUNDLE, PREBUILT_ZIP, PYTHON_LAYER, PYTHON_SOURCE)
"""Every recipe there is."""


@dataclass(frozen=True)
class Asset:
    """A function's or layer's source.

    Attributes:
        name: In kebab case; part of the S3 key.
        source: The folder, or the zip file that was built elsewhere.
        recipe: How the zip is made of it.
        target: What native code has to run on.
        extra: Files from elsewhere under the names that they have among the source: they
            are source like the folder's own, for the digest as for the zip.
    """

    name: str
    source: Path
    recipe: str = PYTHON_SOURCE
    target: Target = LAMBDA
    extra: tuple[SourceFile, ...] = field(default=(), repr=False)

    @cached_property
    def files(self) -> tuple[SourceFile, ...]:
        """The source files, read once.

        Raises:
            AssetError: The source cannot be packaged, or two files have one name.
        """
        if self.recipe not in RECIPES:
            raise AssetError(
                f"{self.name}: no such recipe: {self.recipe!r}",
                valid_choices(self.recipe, RECIPES),
            )
        if self.recipe == PREBUILT_ZIP:
            if self.extra:
                raise AssetError(f"{self.source}: is a zip, to which no files can be added")
            return (prebuilt_zip(self.source, self.target),)
        files = merged(source_files(self.source), self.extra, where=self.source)
        check_native(files, self.target, where=self.source)
        return files

    @cached_property
    def lock(self) -> tuple[Requirement, ...]:
        """The Python distributions that are packaged with the source.

        Raises:
            AssetError: The source cannot be packaged, or a line does not pin.
        """
        if self.recipe not in {PYTHON_SOURCE, PYTHON_LAYER}:
            return ()
        for file in self.files:
            if file.name == LOCK_FILE:
                return parse_lock(file.content, self.source / LOCK_FILE)
        return ()

    @cached_property
    def full_recipe(self) -> str:
        """The recipe with all that the zip depends on beside the source.

        A zip without native code is the same for every target, so its recipe names none.

        Raises:
            AssetError: The source cannot be packaged.
        """
        if self.lock:
            return f"{self.recipe} {self.target.python}"
        if self.recipe == NODE_BUNDLE:
            node_project(self.files, where=self.source)
            return f"{self.recipe} {self.target.node} esbuild-{ESBUILD_VERSION}"
        return self.recipe

    @cached_property
    def digest(self) -> str:
        """Digest of source and recipe, in hexadecimal; nothing is fetched or built for it.

        Raises:
            AssetError: The source cannot be packaged.
        """
        return digest_of(self.files, recipe=self.full_recipe)

    @property
    def key(self) -> str:
        """Key of the zip in the artifact bucket."""
        return names.asset_key(self.name, self.digest)
