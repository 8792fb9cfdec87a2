"""Zips that are equal byte for byte on every machine.

Entries are stored, not compressed: what zlib writes differs between its builds, and the
sources are small. Times are zip's first, modes are two, and nothing says who made it.
"""

from __future__ import annotations

import io
import zipfile

from aistudio_templates.assets.asset import Asset

_FIRST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_EXECUTABLE_MODE = 0o100755
_PLAIN_MODE = 0o100644


def archive(asset: Asset) -> bytes:
    """Return the zip of an asset.

    Raises:
        AssetError: The source cannot be packaged.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_STORED) as package:
        for file in asset.files:
            entry = zipfile.ZipInfo(file.name, date_time=_FIRST_ZIP_TIME)
            entry.create_system = _UNIX
            entry.external_attr = (_EXECUTABLE_MODE if file.executable else _PLAIN_MODE) << 16
            package.writestr(entry, file.content)
    return buffer.getvalue()
