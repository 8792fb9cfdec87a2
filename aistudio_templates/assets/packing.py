"""Zips that are equal byte for byte on every machine.

Entries are stored, not compressed: what zlib writes differs between its builds, and S3
would hold different bytes for one digest. It costs little: the largest asset is below a
tenth of what a function may be, and Lambda's limit counts unzipped bytes (docs/packaging.md
has the figures). Times are zip's first, modes are two, and nothing says who made it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

from aistudio_templates.assets.asset import NODE_BUNDLE, PREBUILT_ZIP, PYTHON_LAYER, Asset
from aistudio_templates.assets.limits import SizeReport, check_size
from aistudio_templates.assets.native import check_native
from aistudio_templates.assets.node_bundle import node_bundle
from aistudio_templates.assets.prebuilt import check_contents
from aistudio_templates.assets.sources import SourceFile
from aistudio_templates.assets.target import Target
from aistudio_templates.assets.wheel_files import files_of
from aistudio_templates.assets.wheels import fetched_wheels
from aistudio_templates.errors import AssetError

LAYER_FOLDER = "python/"
"""Where Lambda looks for a layer's modules, below ``/opt``.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
"""

_FIRST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_EXECUTABLE_MODE = 0o100755
_PLAIN_MODE = 0o100644


def archive(asset: Asset, *, target: Target | None = None) -> bytes:
    """Return the zip of an asset.

    Args:
        asset: What is packaged.
        target: What dependencies are packaged for, such as this machine for a rehearsal;
            the zip is then not what the asset's digest stands for. Default: the asset's.

    Raises:
        AssetError: The source cannot be packaged, a dependency cannot be had, two files
            have one name, or it is larger than Lambda takes.
    """
    if asset.recipe == PREBUILT_ZIP:
        content = asset.files[0].content
        check_contents(asset.source, content)
        return content
    files = _unique(_contents(asset, target or asset.target), asset.name)
    check_size(asset.name, (len(file.content) for file in files))
    return _zipped(files)


def size_report(asset: Asset) -> SizeReport:
    """Return how large the zip of an asset is; it is built for that.

    Raises:
        AssetError: It cannot be built.
    """
    return sizes(asset.name, archive(asset))


def sizes(name: str, content: bytes) -> SizeReport:
    """Return the sizes of a zip.

    Args:
        name: The asset's name.
        content: The zip.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        unzipped = sum(entry.file_size for entry in package.infolist())
    return SizeReport(name, len(content), unzipped)


def _contents(asset: Asset, target: Target) -> list[SourceFile]:
    """Return the files of the zip."""
    if asset.recipe == NODE_BUNDLE:
        built = node_bundle(asset.files, target, where=asset.source)
        check_native(built, target, where=asset.name)
        return list(built)
    dependencies = files_of(fetched_wheels(asset.lock, target)) if asset.lock else []
    check_native(dependencies, target, where=asset.name)
    prefix = LAYER_FOLDER if asset.recipe == PYTHON_LAYER else ""
    return [
        SourceFile(prefix + file.name, file.content, file.executable)
        for file in (*asset.files, *dependencies)
    ]


def _unique(files: Iterable[SourceFile], where: str) -> list[SourceFile]:
    """Return the files sorted by name; the same file twice is one."""
    found: dict[str, SourceFile] = {}
    for file in files:
        if found.setdefault(file.name, file).content != file.content:
            raise AssetError(
                f"{where}: two different files are called {file.name}",
                "rename the module, or lock one of the two distributions only",
            )
    return [found[name] for name in sorted(found)]


def _zipped(files: Iterable[SourceFile]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_STORED) as package:
        for file in files:
            entry = zipfile.ZipInfo(file.name, date_time=_FIRST_ZIP_TIME)
            entry.create_system = _UNIX
            entry.external_attr = (_EXECUTABLE_MODE if file.executable else _PLAIN_MODE) << 16
            package.writestr(entry, file.content)
    return buffer.getvalue()
