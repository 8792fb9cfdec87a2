"""A function's ``requirements.txt``: exact versions with the hashes of their files.

Only what pins is accepted. Everything else would let two machines, or the same machine on
two days, package different code for one digest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aistudio_templates.errors import AssetError

LOCK_FILE = "requirements.txt"
"""Name of the lock in a function's folder."""

_LOCKED = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(\[[^\]]*\])?==(?P<version>[A-Za-z0-9._+!-]+)"
    r"(?P<hashes>(\s+--hash=sha256:[0-9a-f]{64})+)"
)
_HINT = "write name==version --hash=sha256:…, as `pip-compile --generate-hashes` does"


@dataclass(frozen=True)
class Requirement:
    """One locked distribution.

    Attributes:
        name: Its name, normalised.
        version: Its only version.
        sha256: Hashes of the files that may be taken, in hexadecimal.
    """

    name: str
    version: str
    sha256: frozenset[str]

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"

    @property
    def line(self) -> str:
        """The requirement as pip reads it, the same for the same content."""
        return " ".join([str(self), *(f"--hash=sha256:{value}" for value in sorted(self.sha256))])


def normalised(name: str) -> str:
    """Return a distribution's name in the one form that compares.

    Source: https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_lock(content: bytes, where: object) -> tuple[Requirement, ...]:
    """Return the requirements of a lock, sorted by name.

    Args:
        content: The file's bytes.
        where: The file, for errors.

    Raises:
        AssetError: A line does not pin, or would mean something else on another machine.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise AssetError(f"{where}: is not UTF-8", "save it as UTF-8") from error
    found: dict[str, Requirement] = {}
    for line in _logical_lines(text):
        requirement = _requirement(line, where)
        if requirement.name in found:
            raise AssetError(f"{where}: {requirement.name} is locked twice", "keep one line")
        found[requirement.name] = requirement
    return tuple(found[name] for name in sorted(found))


def _logical_lines(text: str) -> Iterator[str]:
    joined = re.sub(r"\\[ \t]*\r?\n", " ", text)
    for line in joined.splitlines():
        if stripped := re.sub(r"(^|\s)#.*", "", line).strip():
            yield stripped


def _requirement(line: str, where: object) -> Requirement:
    match = _LOCKED.fullmatch(line)
    if match is None:
        raise AssetError(f"{where}: {line.split(' --hash', maxsplit=1)[0]!r} {_fault(line)}", _HINT)
    return Requirement(
        normalised(match["name"]),
        match["version"],
        frozenset(re.findall(r"sha256:([0-9a-f]{64})", match["hashes"])),
    )


def _fault(line: str) -> str:
    if line.startswith("-"):
        return "is an option: only locked requirements count"
    if ";" in line:
        return "has a condition, which the machine that packages would decide"
    if "==" not in line or "*" in line:
        return "is not locked to one version"
    return "has no hash, or not only SHA-256 hashes"
