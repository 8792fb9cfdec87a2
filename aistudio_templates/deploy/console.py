"""How the engine speaks to a person: a protocol that the command line implements.

Pure. The engine itself prints nothing.
"""

from __future__ import annotations

from typing import Protocol

from aistudio_templates.deploy.change_set import ChangeSummary
from aistudio_templates.deploy.events import StackEvent
from aistudio_templates.deploy.request import DestroyPlan


class Console(Protocol):
    """Progress, events and questions."""

    def progress(self, line: str) -> None:
        """Tell what the engine does now."""
        ...

    def warn(self, line: str) -> None:
        """Tell what went wrong without stopping the deploy."""
        ...

    def event(self, event: StackEvent, path: tuple[str, ...]) -> None:
        """Tell of a stack event.

        Args:
            event: The event, its texts safe to print.
            path: Where it belongs: ``("aistudio-dev", "Database", "Cluster")``.
        """
        ...

    def summary(self, summary: ChangeSummary) -> None:
        """Show what a deploy would change, whether or not anybody has to agree."""
        ...

    def confirm(self, summary: ChangeSummary, reasons: tuple[str, ...]) -> bool:
        """Return whether a person agrees to a deploy that needs it.

        Args:
            summary: All changes.
            reasons: Why somebody has to agree; never empty.

        Raises:
            RefusedError: There is nobody to ask. The engine cleans up.
        """
        ...

    def confirm_destroy(self, plan: DestroyPlan) -> bool:
        """Return whether a person agrees to the deletion of a set.

        Raises:
            RefusedError: There is nobody to ask.
        """
        ...
