"""Hand-made wheels and native libraries, so that packaging is tested without a network."""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pytest

LAMBDA_TAG = "cp314-cp314-manylinux2014_aarch64"
MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}


def elf(machine: int, *, bits: int = 64, little: bool = True) -> bytes:
    """Return the header of a native library for a processor."""
    identification = b"\x7fELF" + bytes([2 if bits == 64 else 1, 1 if little else 2, 1])
    order: Literal["little", "big"] = "little" if little else "big"
    return identification.ljust(16, b"\0") + (3).to_bytes(2, "little") + machine.to_bytes(2, order)


def make_wheel(
    folder: Path,
    name: str,
    files: Mapping[str, bytes],
    *,
    tag: str = "py3-none-any",
    requires: Sequence[str] = (),
) -> Path:
    """Write version 1.0 of a wheel that pip accepts; ``.so`` files are executable."""
    stem = f"{name}-1.0"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0"]
    metadata += [f"Requires-Dist: {line}" for line in requires]
    contents = {
        **files,
        f"{stem}.dist-info/METADATA": ("\n".join(metadata) + "\n").encode(),
        f"{stem}.dist-info/WHEEL": f"Wheel-Version: 1.0\nTag: {tag}\n".encode(),
        f"{stem}.dist-info/RECORD": b"",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, content in contents.items():
            entry = zipfile.ZipInfo(member)
            entry.external_attr = (0o100755 if member.endswith(".so") else 0o100644) << 16
            wheel.writestr(entry, content)
    return path


def locked(*wheels: Path) -> str:
    """Return a ``requirements.txt`` that locks the wheels with their hashes."""
    hashes: dict[str, list[str]] = {}
    for path in wheels:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        hashes.setdefault(path.name.split("-")[0], []).append(f"--hash=sha256:{digest}")
    return "".join(f"{name}==1.0 {' '.join(values)}\n" for name, values in hashes.items())


def index_is(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make ``folder`` the only place where pip finds anything."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
