"""The emulator's process, seen from the parent: start, readiness, log, end.

May use the standard library, ``errors`` and ``surroundings``.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aistudio_templates.errors import RehearsalError
from aistudio_templates.rehearsal.surroundings import LOOPBACK, child_environment

_HEALTH_PATH = "/_ministack/health"
_GRACE_SECONDS = 3.0
"""Between SIGTERM and SIGKILL. The child has no state worth saving."""

_POLL_SECONDS = 0.05
_LOG_LINES = 12
"""How much of the log an error shows: a traceback's end."""


@dataclass(frozen=True)
class Child:
    """A running emulator process.

    Attributes:
        process: The process, leader of its own session.
        port: The port on loopback that it serves.
        log: The file with everything it wrote.
    """

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def request(self, path: str, *, timeout_seconds: float) -> bytes:
        """Return the body of a GET, past any proxy of the shell.

        Raises:
            OSError: Nothing answers on the port.
            http.client.HTTPException: The answer is no HTTP or not status 200.
        """
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=timeout_seconds)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise http.client.HTTPException(f"GET {path}: status {response.status}")
        return body

    def has_ended(self) -> bool:
        """Return whether the process is gone."""
        return self.process.poll() is not None

    def failure(self, what: str) -> RehearsalError:
        """Return an error that says ``what`` and shows the end of the log."""
        code = self.process.poll()
        state = "still running" if code is None else f"exit code {code}"
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        tail = "\n".join(lines[-_LOG_LINES:]) or "(the log is empty)"
        return RehearsalError(f"the emulator {what} ({state})", f"end of its log:\n{tail}")

    def wait_until_ready(self, timeout_seconds: float) -> None:
        """Return once the emulator answers.

        Raises:
            RehearsalError: It ended or stayed silent for ``timeout_seconds``.
        """
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if self.has_ended():
                raise self.failure("ended while it started")
            with suppress(OSError, http.client.HTTPException):
                self.request(_HEALTH_PATH, timeout_seconds=timeout_seconds)
                return
            time.sleep(_POLL_SECONDS)
        raise self.failure(f"was not ready within {timeout_seconds:g} seconds")

    def stop(self) -> None:
        """End the process and every Lambda worker it started, and wait for it."""
        self._signal_group(signal.SIGTERM)
        try:
            self.process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal_group(signal.SIGKILL)
            self.process.wait()
        finally:
            if self.process.stdin is not None:
                self.process.stdin.close()

    def _signal_group(self, number: signal.Signals) -> None:
        # The group outlives its leader while a worker runs, so signal it in any case.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


def start(*, directory: Path, region: str) -> Child:
    """Start the emulator with everything it writes in ``directory``.

    The listening socket is bound here, to a free port, and inherited by the child, so
    that no other process can take the port in between. The child's standard input is
    a pipe that nobody writes to: its end tells the child that the parent is gone.
    """
    log = directory / "emulator.log"
    with socket.socket() as listener, log.open("wb") as output:
        listener.bind((LOOPBACK, 0))
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "aistudio_templates.rehearsal.server", str(listener.fileno())],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=child_environment(directory=directory, port=port, region=region),
            pass_fds=[listener.fileno()],
            # Out of the terminal's group: Ctrl-C reaches the parent alone, which decides.
            start_new_session=True,
        )
    return Child(process, port, log)
