"""The context in which the emulator runs.

May use the standard library, ``errors`` and the parent's side of this room.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aistudio_templates.errors import RehearsalError
from aistudio_templates.rehearsal.child import Child, start
from aistudio_templates.rehearsal.handle import Emulator
from aistudio_templates.rehearsal.surroundings import ACCOUNT_ID, LOOPBACK


@contextmanager
def emulator(
    *, region: str = "us-east-1", startup_timeout_seconds: float = 60.0
) -> Iterator[Emulator]:
    """Run the emulator on loopback for the length of a ``with`` block.

    Its state lives in memory and in a temporary directory, and is gone afterwards. It
    ends with the block, with an exception, and with this process, even by ``kill -9``.
    On Linux it also ends with the *thread* that entered the block.

    Args:
        region: The emulator's default region.
        startup_timeout_seconds: How long it may take to answer. Default: 60, some
            thirty times what an idle machine needs.

    Raises:
        RehearsalError: The emulator is not installed, did not start, or ended before
            the block did.
    """
    _require_emulator()
    with tempfile.TemporaryDirectory(
        prefix="aistudio-emulator-", ignore_cleanup_errors=True
    ) as directory:
        child = start(directory=Path(directory).resolve(), region=region)
        try:
            child.wait_until_ready(startup_timeout_seconds)
            with _noticing_its_end(child):
                yield Emulator(f"http://{LOOPBACK}:{child.port}", ACCOUNT_ID, region, child)
        finally:
            child.stop()


@contextmanager
def _noticing_its_end(child: Child) -> Iterator[None]:
    """Replace whatever followed from the emulator's end by that end itself."""
    try:
        yield
    except Exception as error:
        if child.has_ended() and not isinstance(error, RehearsalError):
            raise child.failure("ended while it was in use") from error
        raise
    if child.has_ended():
        raise child.failure("ended while it was in use")


def _require_emulator() -> None:
    if importlib.util.find_spec("ministack") is None:
        raise RehearsalError(
            "the emulator (package ministack) is not installed",
            "pip install 'aistudio-templates[rehearsal]'",
        )
