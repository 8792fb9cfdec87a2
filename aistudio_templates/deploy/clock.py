"""Time as the engine sees it: a clock that can be replaced, and how often to ask.

Pure but for :class:`SystemClock`, which is only called, never at import.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """What the engine needs of time; tests hand in a simulated one."""

    def monotonic_seconds(self) -> float:
        """Return seconds since an arbitrary start; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        ...


class SystemClock:
    """The machine's clock."""

    def monotonic_seconds(self) -> float:
        """Return the machine's monotonic time in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep for ``seconds``."""
        time.sleep(seconds)


SYSTEM_CLOCK = SystemClock()
"""The default clock; has no state."""


@dataclass(frozen=True)
class Polling:
    """How often to ask AWS, and for how long at most.

    Attributes:
        first_seconds: First pause; it doubles while nothing happens, and starts
            again when something does. Default: 2.
        longest_seconds: Longest pause. Default: 10.
        deadline_seconds: Give up *waiting* (the stack goes on) after this. Default: 6
            hours, longer than CloudFormation waits for any resource of the set.
    """

    first_seconds: float = 2.0
    longest_seconds: float = 10.0
    deadline_seconds: float = 21_600.0

    def next_seconds(self, current_seconds: float) -> float:
        """Return the pause after one of ``current_seconds`` in which nothing happened."""
        return min(current_seconds * 2, self.longest_seconds)


DEFAULT_POLLING = Polling()
"""Seldom enough that CloudFormation does not throttle several engines at once."""
