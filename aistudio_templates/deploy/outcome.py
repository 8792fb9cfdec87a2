"""What a deploy or a destroy can end in: a closed union of frozen values. Pure.

Outcomes are for what can normally happen; wrong configuration and calls that AWS
refuses are raised instead. :func:`as_error` turns the bad outcomes into errors, with
their exit codes, for whoever wants them raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aistudio_templates.deploy.change_set import ChangeSummary
from aistudio_templates.errors import (
    AIStudioError,
    NeedsOperatorError,
    RefusedError,
    RolledBackError,
)


@dataclass(frozen=True)
class Unchanged:
    """There was nothing to do; the root's outputs are told all the same."""

    stack_name: str
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Deployed:
    """The change set was executed and every stack is complete."""

    stack_name: str
    stack_id: str
    outputs: Mapping[str, str]
    summary: ChangeSummary


@dataclass(frozen=True)
class Destroyed:
    """The set is deleted; resources at ``retained`` were kept outside it."""

    stack_name: str
    retained: tuple[str, ...]


@dataclass(frozen=True)
class Refused:
    """We did not go on, and nothing of the stack was changed."""

    stack_name: str
    reason: str
    hint: str


@dataclass(frozen=True)
class RolledBack:
    """The deploy failed, and CloudFormation restored the state before it."""

    stack_path: tuple[str, ...]
    reason: str
    hint: str | None


@dataclass(frozen=True)
class NeedsOperator:
    """The set is stuck in a state that somebody has to decide about."""

    stack_path: tuple[str, ...]
    reason: str
    hint: str | None


Outcome = Unchanged | Deployed | Refused | RolledBack | NeedsOperator
"""What a deploy ends in."""

DestroyOutcome = Unchanged | Destroyed | Refused | NeedsOperator
"""What a destroy ends in; ``Unchanged`` when there was no stack."""


def as_error(outcome: Outcome | DestroyOutcome) -> AIStudioError | None:
    """Return the error that an outcome amounts to, or ``None`` for a good one."""
    match outcome:
        case Refused(stack_name, reason, hint):
            return RefusedError(f"{stack_name}: {reason}", hint)
        case RolledBack(path, reason, hint):
            return RolledBackError(path, reason, hint)
        case NeedsOperator(path, reason, hint):
            return NeedsOperatorError(path, reason, hint)
        case _:
            return None
