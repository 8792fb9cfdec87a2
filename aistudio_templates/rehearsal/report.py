"""What the emulator did so far, as the child answers it and the parent reads it.

Plain values and their JSON; may use the standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

REPORT_PATH = "/_rehearsal/report"
"""Path of the child's endpoint that answers with the report; no AWS service uses it."""


@dataclass(frozen=True)
class HandledType:
    """One resource type that a rehearsal created.

    Attributes:
        resource_type: Such as ``AWS::EC2::NatGateway``.
        created: How many were created, replacements included.
        reason: Why it was only recorded; ``None`` when the emulator emulates it.
    """

    resource_type: str
    created: int
    reason: str | None = None


@dataclass(frozen=True)
class EmulatorReport:
    """The resource types handled so far.

    Attributes:
        account_id: The account the emulator answers for.
        types: One entry a type, sorted by name.
    """

    account_id: str
    types: tuple[HandledType, ...]

    @property
    def emulated(self) -> Mapping[str, int]:
        """How many were created of each type that has something behind it."""
        return {entry.resource_type: entry.created for entry in self.types if not entry.reason}

    @property
    def recorded(self) -> Mapping[str, int]:
        """How many were created of each type that was checked and noted only."""
        return {entry.resource_type: entry.created for entry in self.types if entry.reason}


def to_json(account_id: str, types: Iterable[HandledType]) -> bytes:
    """Return the report as the child answers it."""
    return json.dumps(
        {"account_id": account_id, "types": [asdict(entry) for entry in types]}
    ).encode()


def from_json(content: bytes) -> EmulatorReport:
    """Return the report that :func:`to_json` wrote.

    Raises:
        ValueError: ``content`` is something else.
    """
    try:
        document = json.loads(content)
        entries = [HandledType(**entry) for entry in document["types"]]
        account_id = str(document["account_id"])
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a report of the emulator: {content[:80]!r}") from error
    return EmulatorReport(account_id, tuple(sorted(entries, key=lambda entry: entry.resource_type)))
