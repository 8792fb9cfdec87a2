"""The child's end when its parent ends, however that happens.

Two ways, because each has a gap: a pipe's end is missed while some other process has
inherited its writing end, and the parent-death signal is Linux only. Standard library.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

_PR_SET_PDEATHSIG = 1
"""Source: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html"""


def tie_to_parent(directory: Path) -> None:
    """End this process group as soon as the parent is gone or asks with SIGTERM.

    Must be called in the main thread of a session leader whose standard input is a
    pipe from its parent.

    Args:
        directory: Removed when the parent is gone and cannot do so itself. A parent
            that lives still wants to read the log in it.
    """
    parent = os.getppid()

    def on_terminate(_number: int, _frame: FrameType | None) -> None:
        if os.getppid() != parent:
            shutil.rmtree(directory, ignore_errors=True)
        _kill_group()

    def wait_for_end_of_input() -> None:
        while os.read(0, 1):
            pass
        # The pipe ends a moment before the kernel gives us another parent.
        shutil.rmtree(directory, ignore_errors=True)
        _kill_group()

    signal.signal(signal.SIGTERM, on_terminate)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    threading.Thread(target=wait_for_end_of_input, name="lifeline", daemon=True).start()


def _kill_group() -> None:
    """End this process and the Lambda workers it started, at once."""
    os.killpg(os.getpgrp(), signal.SIGKILL)
