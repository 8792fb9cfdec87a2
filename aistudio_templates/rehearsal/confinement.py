"""Functions stay on this machine, as the emulator itself does.

A client of ``http.client`` or ``socket`` obeys no proxy variable, and a function that runs by
a schedule calls its application just like that. So every Python worker begins with what
refuses the child's own connections. Runs in the child; may use the emulator.
"""

from __future__ import annotations

from pathlib import Path

from ministack.core import lambda_runtime

from aistudio_templates.rehearsal import outbound


def confine_functions() -> None:
    """Let Python functions connect to loopback alone; called once, before serving."""
    # As text: a worker must not find our package.
    program = Path(outbound.__file__).read_text(encoding="utf-8")
    lambda_runtime._PYTHON_WORKER_SCRIPT = (
        f"{program}\nrefuse_outbound()\n{lambda_runtime._PYTHON_WORKER_SCRIPT}"
    )
