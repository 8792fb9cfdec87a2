"""CloudFormation's stack statuses, classified. Pure; standard library only.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/
view-stack-events.html
"""

from __future__ import annotations

from enum import StrEnum


class Situation(StrEnum):
    """What can be done with a stack."""

    ABSENT = "absent"
    """No such stack: create it."""
    REVIEW = "review"
    """A shell without resources that a change set made: create it."""
    IN_PROGRESS = "in progress"
    """An operation runs: wait; no second one can start."""
    UPDATABLE = "updatable"
    """Update it."""
    DELETABLE_ONLY = "deletable only"
    """Its creation failed: it can be deleted, nothing else."""
    NEEDS_OPERATOR = "needs an operator"
    """It is stuck; somebody has to decide."""


_SITUATIONS = {
    "CREATE_COMPLETE": Situation.UPDATABLE,
    "UPDATE_COMPLETE": Situation.UPDATABLE,
    "UPDATE_ROLLBACK_COMPLETE": Situation.UPDATABLE,
    "IMPORT_COMPLETE": Situation.UPDATABLE,
    "IMPORT_ROLLBACK_COMPLETE": Situation.UPDATABLE,
    "REVIEW_IN_PROGRESS": Situation.REVIEW,
    "CREATE_FAILED": Situation.DELETABLE_ONLY,
    "ROLLBACK_COMPLETE": Situation.DELETABLE_ONLY,
    "ROLLBACK_FAILED": Situation.DELETABLE_ONLY,
    "DELETE_COMPLETE": Situation.ABSENT,
    "DELETE_FAILED": Situation.NEEDS_OPERATOR,
    "UPDATE_FAILED": Situation.NEEDS_OPERATOR,
    "UPDATE_ROLLBACK_FAILED": Situation.NEEDS_OPERATOR,
    "IMPORT_ROLLBACK_FAILED": Situation.NEEDS_OPERATOR,
}

SUCCEEDED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
"""Statuses in which a deploy has done what was asked."""

ROLLED_BACK = frozenset({"ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})
"""Statuses in which a deploy has failed and left things as they were."""


def situation(status: str | None) -> Situation:
    """Return what can be done with a stack in ``status``; ``None`` is no stack.

    A status that AWS adds later counts as in progress if its name says so, otherwise
    as one for an operator: never as one to be updated.
    """
    if status is None:
        return Situation.ABSENT
    known = _SITUATIONS.get(status)
    if known is not None:
        return known
    in_progress = status.endswith("_IN_PROGRESS")
    return Situation.IN_PROGRESS if in_progress else Situation.NEEDS_OPERATOR


def is_settled(status: str | None) -> bool:
    """Return whether no operation runs on a stack in ``status``."""
    return situation(status) not in {Situation.IN_PROGRESS, Situation.REVIEW}


def is_failure(status: str) -> bool:
    """Return whether a resource's or stack's ``status`` is a failure."""
    return status.endswith("_FAILED")
