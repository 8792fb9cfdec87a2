"""What other stacks and dashboards know of a function beyond its name."""

from __future__ import annotations

from dataclasses import dataclass

from aistudio_templates.model import Described
from aistudio_templates.patterns.function_sizing import Profile


@dataclass(frozen=True)
class FunctionFacts(Described):
    """A function's name, and what alarms and dashboards need to know of it.

    Attributes:
        title: Stem of its logical ids, such as ``FileProcessor``.
        timeout_seconds: Its timeout, in seconds.
        memory_mib: Its memory, in MiB.
        architecture: ``arm64`` or ``x86_64``.
        profile: Its profile.
        tolerated_errors: Errors in five minutes that are no alarm.
    """

    title: str
    timeout_seconds: int
    memory_mib: int
    architecture: str
    profile: Profile
    tolerated_errors: int = 0
