"""Running pip, npm and esbuild: never through a shell, never with a terminal."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aistudio_templates.errors import AssetError


@dataclass(frozen=True)
class Finished:
    """A program that has ended.

    Attributes:
        succeeded: Whether its exit code was 0.
        messages: What it printed, line by line, without control characters.
    """

    succeeded: bool
    messages: tuple[str, ...]


def run(command: Sequence[str | Path], folder: Path) -> Finished:
    """Run a program to its end.

    Args:
        command: The program and its arguments.
        folder: Where it runs.

    Raises:
        AssetError: It cannot be started.
    """
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise AssetError(f"{command[0]}: cannot be started: {error.strerror}") from error
    text = done.stdout.decode(errors="replace")
    return Finished(done.returncode == 0, tuple(map(_printable, text.splitlines())))


def program(name: str, purpose: str, hint: str) -> str:
    """Return the path of a program.

    Args:
        name: Such as ``npm``.
        purpose: What it is needed for.
        hint: How to get it.

    Raises:
        AssetError: It is not installed.
    """
    path = shutil.which(name)
    if path is None:
        raise AssetError(f"{name}: not found, but needed {purpose}", hint)
    return path


def _printable(line: str) -> str:
    return "".join(character for character in line if character.isprintable() or character == "\t")
