"""A live table of the nested stacks on a terminal, with failures pinned above it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console as RichConsole
from rich.live import Live
from rich.table import Table
from rich.text import Text

from aistudio_templates.cli.changes import summary_lines
from aistudio_templates.cli.console import LineConsole

if TYPE_CHECKING:
    from aistudio_templates.deploy.change_set import ChangeSummary
    from aistudio_templates.deploy.events import StackEvent
    from aistudio_templates.deploy.request import DestroyPlan

_STACK_TYPE = "AWS::CloudFormation::Stack"
_REDRAWS_PER_SECOND = 8


@dataclass
class _StackRow:
    """What the table shows of one stack."""

    status: str = ""
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    seen: set[str] = field(default_factory=set)
    complete: set[str] = field(default_factory=set)
    current: str = ""

    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.started


class LiveConsole:
    """Redraws one row a stack; prints failures and messages above the table."""

    def __init__(self, *, assume_yes: bool) -> None:
        self._lines = LineConsole(assume_yes=assume_yes)
        self._rows: dict[tuple[str, ...], _StackRow] = {}
        self._live = Live(
            console=RichConsole(stderr=True),
            get_renderable=self._table,
            refresh_per_second=_REDRAWS_PER_SECOND,
            transient=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pause()

    def progress(self, line: str) -> None:
        """Print what the engine does now, above the table."""
        self._live.console.print(Text(line))

    def warn(self, line: str) -> None:
        """Print a warning above the table."""
        self._live.console.print(Text(f"Warning: {line}", style="yellow"))

    def summary(self, summary: ChangeSummary) -> None:
        """Print what would change."""
        for line in summary_lines(summary):
            self._live.console.print(Text(line))

    def event(self, event: StackEvent, path: tuple[str, ...]) -> None:
        """Take an event into the table; print it above when it is a failure."""
        if not self._live.is_started:
            self._live.start()
        is_stack = event.resource_type == _STACK_TYPE
        row = self._rows.setdefault(path if is_stack else path[:-1], _StackRow())
        if is_stack:
            row.status = event.status
            settled = event.status.endswith(("COMPLETE", "FAILED"))
            row.ended = time.monotonic() if settled else None
        else:
            _count(row, event)
        if "FAILED" in event.status:
            text = f"{'/'.join(path)}: {event.status}: {event.reason or 'no reason given'}"
            self._live.console.print(Text(text, style="red"))

    def confirm(self, summary: ChangeSummary, reasons: tuple[str, ...]) -> bool:
        """Ask on the terminal, with the table out of the way."""
        self._pause()
        return self._lines.confirm(summary, reasons)

    def confirm_destroy(self, plan: DestroyPlan) -> bool:
        """Ask on the terminal, with the table out of the way."""
        self._pause()
        return self._lines.confirm_destroy(plan)

    def _pause(self) -> None:
        if self._live.is_started:
            self._live.stop()
            self._rows.clear()

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for heading in ("STACK", "STATUS", "RESOURCES", "SECONDS", "NOW"):
            table.add_column(heading, no_wrap=True)
        for path, row in sorted(self._rows.items()):
            table.add_row(
                "  " * (len(path) - 1) + path[-1],
                Text(row.status, style=_style(row.status)),
                f"{len(row.complete)}/{len(row.seen)}",
                f"{row.seconds():.0f}",
                row.current,
            )
        return table


def _count(row: _StackRow, event: StackEvent) -> None:
    row.seen.add(event.logical_id)
    if event.status.endswith("_COMPLETE"):
        row.complete.add(event.logical_id)
        row.current = ""
    else:
        row.complete.discard(event.logical_id)
        row.current = event.logical_id


def _style(status: str) -> str:
    if "FAILED" in status:
        return "red"
    if "ROLLBACK" in status:
        return "yellow"
    return "green" if status.endswith("_COMPLETE") else ""
