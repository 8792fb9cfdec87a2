"""Native libraries, judged by their ELF header: is it Linux, and which processor?

Lambda finds out at the first import only, with "cannot open shared object file".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from aistudio_templates.assets.sources import SourceFile
from aistudio_templates.assets.target import Target
from aistudio_templates.errors import AssetError

HEADER_BYTES = 20
"""As much of a file as is needed to judge it, in bytes."""

_ELF = b"\x7fELF"
_64_BIT = 2
_LITTLE_ENDIAN = 1
_MACHINES = {0x03: "x86", 0x28: "arm", 0x3E: "x86_64", 0xB7: "arm64"}
"""``e_machine`` in Lambda's words.

Source: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
"""

_LIBRARY = re.compile(r".+\.(so(\.\d+)*|node|dylib|pyd|dll)")


def check_native(files: Iterable[SourceFile], target: Target, *, where: object) -> None:
    """Check that the native code among ``files`` runs on ``target``.

    Args:
        files: Their first :data:`HEADER_BYTES` bytes suffice.
        target: Another system than Lambda is not judged: it loads other formats.
        where: Where the files are from, for errors.

    Raises:
        AssetError: A library is for another processor, or for another system than Linux.
    """
    if not target.on_lambda:
        return
    for file in files:
        if not file.content.startswith(_ELF) and not _LIBRARY.fullmatch(file.name):
            continue
        built_for = machine_of(file.content)
        if built_for != target.architecture:
            raise AssetError(
                f"{where}: {file.name} is built for {built_for}, "
                f"the function runs on {target.architecture}",
                f"package what was built for Linux on {target.architecture}",
            )


def machine_of(content: bytes) -> str:
    """Return the processor of a native file, or a phrase for what it is instead.

    Args:
        content: At least its first :data:`HEADER_BYTES` bytes.
    """
    if not content.startswith(_ELF) or len(content) < HEADER_BYTES:
        return "another system than Linux"
    number = int.from_bytes(content[18:20], "little")
    if content[4] != _64_BIT or content[5] != _LITTLE_ENDIAN:
        return "a processor that Lambda does not have"
    return _MACHINES.get(number, f"ELF machine {number}")
