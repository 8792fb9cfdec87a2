"""Node.js functions as one module: bundled, tree-shaken and minified by esbuild.

esbuild comes from the npm registry in one exact version and is kept in the cache. Sources
are copied to a temporary folder first: nothing is installed beside them, and no path of
this machine gets into the bundle.
"""

from __future__ import annotations

import functools
import os
import platform
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from aistudio_templates.assets.cache import cached_folder
from aistudio_templates.assets.node_project import ESBUILD_VERSION, NodeProject, node_project
from aistudio_templates.assets.programs import Finished, program, run
from aistudio_templates.assets.sources import SourceFile, content_of
from aistudio_templates.assets.target import Target
from aistudio_templates.errors import AssetError

_OUTPUT = "aistudio-bundle"
"""Folder of the bundle, below the sources: paths in the source map start there."""

_QUIET = ("--no-audit", "--no-fund", "--no-progress", "--loglevel=error")
_NODE_HINT = "install Node.js 20 or newer, with npm"
_LEFT_OUT_SUFFIXES = (".md", ".ts", ".map")
"""What shipped modules do not need at run time."""

_LEFT_OUT_FOLDERS = {".bin", "__tests__", "node_modules", "test", "tests"}
_PROCESSORS = {"arm64": "arm64", "x86_64": "x64"}


def node_bundle(
    files: Sequence[SourceFile], target: Target, *, where: Path
) -> tuple[SourceFile, ...]:
    """Return ``index.js``, its source map and the modules that are not bundled.

    Args:
        files: The sources with ``package.json``.
        target: Gives the syntax that may be used and the processor of shipped modules.
        where: The sources' folder, for errors.

    Raises:
        AssetError: npm or Node.js is missing; a package cannot be installed; a module is
            missing or has a syntax error.
    """
    project = node_project(files, where=where)
    esbuild = _esbuild(where)
    with tempfile.TemporaryDirectory(prefix="aistudio-") as temporary:
        # esbuild resolves links, and a temporary folder may lie behind one.
        folder = Path(temporary).resolve()
        _write(files, folder)
        if project.locked:
            _install(folder, target, where)
        _bundle(esbuild, folder, project, target, where=where)
        bundle = _read(folder / _OUTPUT, prefix="")
        modules = (file for name in project.shipped for file in _read(folder / name, f"{name}/"))
        return (*bundle, *modules)


def _esbuild(where: Path) -> Path:
    """Return esbuild's start script from the cache."""
    system = f"{sys.platform}-{platform.machine()}".lower()
    fill = functools.partial(_install_esbuild, where)
    folder = cached_folder("esbuild", f"{ESBUILD_VERSION}-{system}", fill=fill)
    return folder / "node_modules" / "esbuild" / "bin" / "esbuild"


def _install_esbuild(where: Path, folder: Path) -> None:
    options = ["--ignore-scripts", "--no-save", "--no-package-lock", *_QUIET]
    _npm("install", *options, f"esbuild@{ESBUILD_VERSION}", folder=folder, where=where)


def _install(folder: Path, target: Target, where: Path) -> None:
    """Install what the lock says; scripts of packages do not run."""
    processor = _PROCESSORS.get(target.architecture)
    options = [f"--cpu={processor}", "--os=linux", "--libc=glibc"] if target.on_lambda else []
    options += ["--include=dev", "--ignore-scripts", "--prefer-offline", *_QUIET]
    _npm("ci", *options, folder=folder, where=where)


def _npm(*arguments: str, folder: Path, where: Path) -> None:
    npm = program("npm", f"to bundle {where}", _NODE_HINT)
    done = run([npm, *arguments], folder)
    if not done.succeeded:
        raise AssetError(
            f"{where}: npm {arguments[0]} failed: {_npm_reason(done)}",
            f"run in that folder: npm {arguments[0]}",
        )


def _npm_reason(done: Finished) -> str:
    lines = [line.removeprefix("npm error").strip() for line in done.messages]
    codes = [line for line in lines if line.startswith("code ")]
    words = [line for line in lines if line and line not in codes]
    return " ".join([*codes[:1], *words[:1]]) or "it said nothing"


def _bundle(
    esbuild: Path, folder: Path, project: NodeProject, target: Target, *, where: Path
) -> None:
    node = program("node", f"to bundle {where}", _NODE_HINT)
    options = [
        *("--bundle", "--platform=node", "--format=cjs", f"--target=node{target.node_version}"),
        *("--main-fields=module,main", "--tree-shaking=true", "--minify", "--sourcemap"),
        *("--color=false", "--log-level=warning", "--log-limit=1"),
        *(f"--external:{name}" for name in project.external),
    ]
    output = f"--outfile={_OUTPUT}/index.js"
    done = run([node, esbuild, f"./{project.entry}", *options, output], folder)
    if not done.succeeded:
        reason = " ".join(line.strip() for line in done.messages[:4] if line.strip())
        raise AssetError(f"{where}: esbuild: {reason or 'failed'}")


def _write(files: Sequence[SourceFile], folder: Path) -> None:
    for file in files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)


def _read(folder: Path, prefix: str) -> Iterator[SourceFile]:
    """Yield the files below ``folder`` that run; packages for other systems are not there."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT_FOLDERS]
        for name in names:
            path = Path(place, name)
            if prefix and name.endswith(_LEFT_OUT_SUFFIXES):
                continue
            below = path.relative_to(folder).as_posix()
            executable = bool(path.stat().st_mode & stat.S_IXUSR)
            yield SourceFile(prefix + below, content_of(path), executable)
