"""A Node.js function's ``package.json`` and lock: where it starts and what is not bundled."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aistudio_templates.assets.sources import SourceFile
from aistudio_templates.errors import AssetError

ESBUILD_VERSION = "0.28.2"
"""The bundler's exact version; part of the digest, since another one writes other code.

Source: https://github.com/evanw/esbuild/releases
"""

PACKAGE_FILE = "package.json"
PACKAGE_LOCK_FILE = "package-lock.json"

_ENTRIES = tuple(
    f"{folder}index.{suffix}"
    for folder in ("", "src/")
    for suffix in ("ts", "mts", "cts", "js", "mjs", "cjs")
)


@dataclass(frozen=True)
class NodeProject:
    """A folder that can be bundled.

    Attributes:
        entry: The module with the handler.
        external: Modules that are not bundled, as ``aistudio.external`` names them; one
            ``*`` a name is allowed.
        locked: Whether there is a lock, and so something to install.
        shipped: Folders below ``node_modules/`` that go into the zip as they are: what is
            external and a dependency, with all that it needs. An external module that is
            no dependency comes with Lambda's runtime, as the AWS SDK does.
    """

    entry: str
    external: tuple[str, ...]
    locked: bool
    shipped: tuple[str, ...]


def node_project(files: Sequence[SourceFile], *, where: Path) -> NodeProject:
    """Return the project that ``files`` make up.

    Raises:
        AssetError: ``package.json`` or the entry is missing, a file is no JSON, or
            dependencies are not locked.
    """
    contents = {file.name: file.content for file in files}
    if PACKAGE_FILE not in contents:
        raise AssetError(f"{where}: holds no {PACKAGE_FILE}", "run: npm init")
    package = _json(contents[PACKAGE_FILE], where / PACKAGE_FILE)
    lock = contents.get(PACKAGE_LOCK_FILE)
    needed = _table(package, "dependencies") | _table(package, "devDependencies")
    if needed and lock is None:
        raise AssetError(
            f"{where}: {PACKAGE_FILE} has dependencies, but {PACKAGE_LOCK_FILE} is missing",
            "run: npm install --package-lock-only",
        )
    external = _external(package, where)
    roots = _roots(external, _table(package, "dependencies"))
    packages = _table(_json(lock, where / PACKAGE_LOCK_FILE), "packages") if lock else {}
    return NodeProject(
        entry=_entry(contents, where),
        external=external,
        locked=lock is not None,
        shipped=tuple(sorted(_with_dependencies(roots, packages))),
    )


def _entry(names: Mapping[str, object], where: Path) -> str:
    for entry in _ENTRIES:
        if entry in names:
            return entry
    raise AssetError(f"{where}: holds no index.ts or index.js", "put the handler there")


def _external(package: Mapping[str, Any], where: Path) -> tuple[str, ...]:
    external = _table(package, "aistudio").get("external", [])
    if not isinstance(external, list) or not all(isinstance(name, str) for name in external):
        raise AssetError(f"{where / PACKAGE_FILE}: aistudio.external is no list of names")
    return tuple(external)


def _roots(external: Sequence[str], dependencies: Mapping[str, Any]) -> list[str]:
    return [
        f"node_modules/{name}"
        for name in dependencies
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in external)
    ]


def _with_dependencies(roots: Sequence[str], packages: Mapping[str, Any]) -> set[str]:
    """Return the folders of ``roots`` and of what they need, as the lock places them."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        folder = waiting.pop()
        if folder in found or folder not in packages:
            continue
        found.add(folder)
        entry = packages[folder]
        for kind in ("dependencies", "optionalDependencies", "peerDependencies"):
            for name in entry.get(kind, {}):
                waiting += _nearest(folder, name, packages)
    return found


def _nearest(folder: str, name: str, packages: Mapping[str, Any]) -> Iterator[str]:
    """Yield the folder from which a module in ``folder`` would load ``name``, if any."""
    while True:
        candidate = f"{folder}/node_modules/{name}".lstrip("/")
        if candidate in packages:
            yield candidate
            return
        if not folder:
            return
        folder = folder.rpartition("node_modules/")[0].rstrip("/")


def _json(content: bytes, where: Path) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise AssetError(f"{where}: is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise AssetError(f"{where}: is no JSON object")
    return document


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}
