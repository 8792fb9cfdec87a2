"""What one execution publishes, under which names, and what it has to put back.

Every version is published with a description of its own, the mark. It makes Lambda publish a
new version even if memory and code are those of an older one, and tells what is the tuning's
and may be deleted from what is not.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tuning import Tuning

MARK = "Power tuning "
"""Begins the description of whatever a tuning has changed or published."""

FIELD = "lambdaConfigurations"
"""Where the plan lies in the state machine's data."""


@dataclass(frozen=True)
class Original:
    """What the function was like before.

    Attributes:
        memory_mib: Memory, in MiB.
        description: Description.
        logging: Logging configuration, as Lambda returns it.
    """

    memory_mib: int
    description: str
    logging: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """The configurations of one execution, and how many of them are published.

    Attributes:
        run: Tells this execution's versions from another's.
        power_values: Memory sizes, in MiB.
        original: What to put back.
        architecture: ``arm64`` or ``x86_64``.
        count: Number of configurations.
        index: The next one.
    """

    run: str
    power_values: tuple[int, ...]
    original: Original
    architecture: str
    count: int
    index: int = 0

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Plan:
        """Return the plan in the state machine's data."""
        found = state[FIELD]
        original = found["original"]
        return cls(
            run=found["run"],
            power_values=tuple(found["powerValues"]),
            original=Original(
                original["memorySize"], original["description"], original["loggingConfig"]
            ),
            architecture=found["architecture"],
            count=found["iterator"]["count"],
            index=found["iterator"]["index"],
        )

    def as_json(self) -> dict[str, Any]:
        """Return the plan as the state machine carries it."""
        return {
            "run": self.run,
            "powerValues": list(self.power_values),
            "original": {
                "memorySize": self.original.memory_mib,
                "description": self.original.description,
                "loggingConfig": dict(self.original.logging),
            },
            "architecture": self.architecture,
            "iterator": {
                "index": self.index,
                "count": self.count,
                "continue": self.index < self.count,
            },
        }

    def advanced(self) -> Plan:
        """Return the plan after one more configuration."""
        return replace(self, index=self.index + 1)

    def configuration(self, tuning: Tuning) -> tuple[int, str]:
        """Return memory, in MiB, and alias of the next configuration."""
        if not tuning.only_cold_starts:
            memory_mib = self.power_values[self.index]
            return memory_mib, alias_of(memory_mib)
        which, run = divmod(self.index, tuning.num)
        memory_mib = self.power_values[which]
        return memory_mib, alias_of(memory_mib, run)

    @property
    def own_mark(self) -> str:
        """What the descriptions of this execution's versions begin with."""
        return f"{MARK}{self.run} "

    def description(self, alias: str) -> str:
        """Return the description of the version behind ``alias``."""
        return f"{self.own_mark}of {self.original.memory_mib} MiB: {alias}"


def alias_of(memory_mib: int, run: int | None = None) -> str:
    """Return the alias of a memory size; cold starts have one for each invocation."""
    return f"RAM{memory_mib}" if run is None else f"RAM{memory_mib}-{run}"
