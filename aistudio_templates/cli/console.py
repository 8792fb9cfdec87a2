"""How a deploy speaks: append-only lines, or a live table on a terminal.

Everything here goes to standard error; standard output belongs to data.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from aistudio_templates.cli.changes import summary_lines
from aistudio_templates.errors import RefusedError

if TYPE_CHECKING:
    from aistudio_templates.deploy.change_set import ChangeSummary
    from aistudio_templates.deploy.console import Console
    from aistudio_templates.deploy.events import StackEvent
    from aistudio_templates.deploy.request import DestroyPlan

_FAILED, _ROLLBACK, _COMPLETE = "FAILED", "ROLLBACK", "COMPLETE"


class LineConsole:
    """Append-only lines, one an event: for logs, pipelines and files."""

    def __init__(self, *, assume_yes: bool) -> None:
        self._assume_yes = assume_yes

    def progress(self, line: str) -> None:
        """Print what the engine does now."""
        self._print(line)

    def warn(self, line: str) -> None:
        """Print a warning."""
        self._print(f"Warning: {line}", color="yellow")

    def event(self, event: StackEvent, path: tuple[str, ...]) -> None:
        """Print an event: status, type, path and, where there is one, its reason."""
        reason = f"  {event.reason}" if event.reason else ""
        line = f"{event.status:<28} {event.resource_type:<34} {'/'.join(path)}{reason}"
        self._print(line, color=_color(event.status))

    def summary(self, summary: ChangeSummary) -> None:
        """Print what would change."""
        for line in summary_lines(summary):
            self._print(line)

    def confirm(self, summary: ChangeSummary, reasons: tuple[str, ...]) -> bool:
        """Ask whether to deploy, unless ``--yes`` answered already.

        Raises:
            RefusedError: There is no terminal to ask on.
        """
        for reason in reasons:
            self._print(f"  approval needed: {reason}", color="yellow")
        return self._ask(f"Deploy {len(summary.changes)} changes to {summary.stack_name}?")

    def confirm_destroy(self, plan: DestroyPlan) -> bool:
        """Ask whether to delete a set, unless ``--yes`` answered already.

        Raises:
            RefusedError: There is no terminal to ask on.
        """
        for path in plan.retained:
            self._print(f"  kept: {path}")
        self._print(f"  deleted: {len(plan.removed)} resources")
        return self._ask(f"Delete {plan.stack_name}?")

    def _ask(self, question: str) -> bool:
        if self._assume_yes:
            return True
        if not sys.stdin.isatty():
            raise RefusedError(
                f"{question} Nobody can answer: standard input is no terminal",
                "pass --yes, or --require-approval never",
            )
        return click.confirm(question, default=False, err=True)

    def _print(self, line: str, *, color: str | None = None) -> None:
        stamp = time.strftime("%H:%M:%S")
        text = click.style(line, fg=color) if color and uses_color() else line
        click.echo(f"{stamp} {text}", err=True, color=uses_color())


def _color(status: str) -> str | None:
    if _FAILED in status:
        return "red"
    if _ROLLBACK in status:
        return "yellow"
    return "green" if status.endswith(_COMPLETE) else None


def uses_color() -> bool:
    """Return whether standard error shows colour.

    ``NO_COLOR`` and ``TERM=dumb`` say no, ``FORCE_COLOR`` says yes; otherwise a
    terminal does, and a pipe does not. Source: https://no-color.org
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stderr.isatty()


def is_live() -> bool:
    """Return whether standard error is a terminal that can be redrawn, and not CI's."""
    return uses_color() and sys.stderr.isatty() and not os.environ.get("CI")


@contextmanager
def open_console(*, assume_yes: bool) -> Iterator[Console]:
    """Yield the console that suits standard error.

    Args:
        assume_yes: Answer every question with yes.
    """
    if not is_live():
        yield LineConsole(assume_yes=assume_yes)
        return
    from aistudio_templates.cli.live_console import LiveConsole

    with LiveConsole(assume_yes=assume_yes) as console:
        yield console
