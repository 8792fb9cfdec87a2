"""Wheels as files of a function: unpacked by ourselves, so that nothing else gets in.

An installer would add compiled modules, its own name and start scripts that hold this
machine's paths. A wheel's own files are the same for everyone who has the wheel.
"""

from __future__ import annotations

import email
import io
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Set

from aistudio_templates.assets.lock import LOCK_FILE, normalised
from aistudio_templates.assets.prebuilt import is_safe_name
from aistudio_templates.assets.sources import SourceFile
from aistudio_templates.errors import AssetError

_FROM_RUNTIME = {"boto3", "botocore"}
"""What Lambda's runtime brings.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
"""

_MODULES = {"purelib", "platlib", "data"}
"""Parts of a wheel that go where modules are; scripts and headers are of no use there.

Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

_DATA_FOLDER = re.compile(r"[^/]+\.data/(?P<part>[^/]+)/(?P<rest>.+)")
_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def files_of(wheels: Mapping[str, bytes]) -> list[SourceFile]:
    """Return what the wheels put beside a function's own modules.

    Args:
        wheels: Wheels by the name of their distribution.

    Raises:
        AssetError: A wheel is no zip or has unsafe names, or needs a distribution that is
            neither among ``wheels`` nor in Lambda's runtime.
    """
    files = []
    for name, content in wheels.items():
        unpacked = list(_unpacked(name, content))
        _check_complete(name, unpacked, wheels.keys() | _FROM_RUNTIME)
        files += unpacked
    return files


def _unpacked(name: str, content: bytes) -> Iterator[SourceFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            for member in wheel.infolist():
                if not is_safe_name(member.orig_filename):
                    raise AssetError(f"{name}: unsafe member name {member.orig_filename!r}")
                place = _place(member.filename)
                if place is not None:
                    executable = bool(member.external_attr >> 16 & _EXECUTABLE)
                    yield SourceFile(place, wheel.read(member), executable)
    except zipfile.BadZipFile as error:
        raise AssetError(f"{name}: is no wheel: {error}") from error


def _place(name: str) -> str | None:
    """Return where a wheel's member goes, or ``None`` for what is left out."""
    if name.endswith(("/", ".pyc")):
        return None
    match = _DATA_FOLDER.fullmatch(name)
    if match is None:
        return name
    return match["rest"] if match["part"] in _MODULES else None


def _check_complete(name: str, files: Iterable[SourceFile], known: Set[str]) -> None:
    for needed in _needed(files):
        if needed not in known:
            raise AssetError(
                f"{name}: needs {needed}, which {LOCK_FILE} does not lock",
                "lock dependencies of dependencies too, as `pip-compile` does",
            )


def _needed(files: Iterable[SourceFile]) -> Iterator[str]:
    """Yield what a wheel needs whatever the circumstances; conditions are not judged."""
    for file in files:
        if not re.fullmatch(r"[^/]+\.dist-info/METADATA", file.name):
            continue
        metadata = email.message_from_bytes(file.content)
        for line in metadata.get_all("Requires-Dist", []):
            match = re.match(r"[A-Za-z0-9._-]+", line)
            if match and ";" not in line:
                yield normalised(match[0])
