"""Wheels by pip: fetched for Lambda's processor on any machine, without Docker.

pip picks the files and checks their hashes; it never builds and never resolves, so what
comes is what the lock says. Fetched wheels are kept by what was asked for, and judged by
their hashes again at every use: a second run needs no network.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from aistudio_templates.assets.cache import cached_folder, discard
from aistudio_templates.assets.lock import LOCK_FILE, Requirement, normalised
from aistudio_templates.assets.pip_failure import pip_failure
from aistudio_templates.assets.programs import run
from aistudio_templates.assets.target import Target
from aistudio_templates.errors import AssetError

_OLDEST_GLIBC_MINOR = 17
_LAMBDA_GLIBC_MINOR = 34
"""Lambda's Python runtimes run on Amazon Linux 2023, which has glibc 2.34.

Source: https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html
"""

_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""What wheels call Lambda's architectures."""


def fetched_wheels(lock: Sequence[Requirement], target: Target) -> Mapping[str, bytes]:
    """Return the wheels of a lock by the name of their distribution.

    Args:
        lock: What is needed, complete.
        target: What it has to run on.

    Raises:
        AssetError: pip is missing, finds no such wheel or cannot reach the package index;
            a hash differs; or the cache cannot be written.
    """
    key = hashlib.sha256("\n".join([target.python, *_lines(lock)]).encode()).hexdigest()
    fill = functools.partial(_download, lock, target)
    for _ in range(2):
        folder = cached_folder("wheels", key, fill=fill)
        wheels = _intact(folder, lock)
        if wheels is not None:
            return wheels
        discard(folder)
    raise AssetError(f"{folder}: is damaged while it is in use", "run it again")


def _download(lock: Sequence[Requirement], target: Target, folder: Path) -> None:
    file = folder / LOCK_FILE
    file.write_text("".join(f"{line}\n" for line in _lines(lock)))
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    done = run(
        [
            *(sys.executable, "-m", "pip", "download", *options),
            *("--only-binary", ":all:", "--require-hashes", *_tags(target)),
            *("--dest", folder, "--requirement", file),
        ],
        folder,
    )
    if not done.succeeded:
        raise pip_failure(done.messages, lock, target)


def _tags(target: Target) -> list[str]:
    """Return the options that make pip choose for ``target``, newest platform first.

    That is the order of pip itself on such a system, and the same for every pip.
    """
    if not target.on_lambda:
        return []
    machine = _MACHINES[target.architecture]
    minors = range(_LAMBDA_GLIBC_MINOR, _OLDEST_GLIBC_MINOR - 1, -1)
    platforms = [
        *(f"manylinux_2_{minor}_{machine}" for minor in minors),
        f"manylinux2014_{machine}",
    ]
    return [
        *(f"--platform={platform}" for platform in platforms),
        f"--python-version={target.python_version}",
        "--implementation=cp",
        f"--abi=cp{target.python_version.replace('.', '')}",
    ]


def _intact(folder: Path, lock: Sequence[Requirement]) -> Mapping[str, bytes] | None:
    """Return the wheels below ``folder``, or ``None`` when they are not what was locked."""
    try:
        contents = {path.name: path.read_bytes() for path in sorted(folder.glob("*.whl"))}
    except OSError:
        return None
    wheels = {normalised(name.split("-")[0]): content for name, content in contents.items()}
    wanted = {requirement.name: requirement.sha256 for requirement in lock}
    if wheels.keys() != wanted.keys():
        return None
    if any(hashlib.sha256(wheels[name]).hexdigest() not in wanted[name] for name in wanted):
        return None
    return wheels


def _lines(lock: Sequence[Requirement]) -> list[str]:
    return [requirement.line for requirement in lock]
