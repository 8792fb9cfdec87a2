"""The sentences with which the engine refuses or gives up. Pure.

One function a situation: first the cause, then the command or the option that helps.
"""

from __future__ import annotations

from collections.abc import Sequence

from aistudio_templates.deploy.outcome import NeedsOperator, Refused
from aistudio_templates.deploy.status import Situation, situation

BLOCKED_DELETE = "remove what blocks it (a bucket's objects, a used network interface), then repeat"
"""Hint for a stack that cannot be deleted."""

_MOST_LISTED = 5
_NEXT_STEPS = {
    "UPDATE_ROLLBACK_FAILED": "continue its rollback on the root stack "
    "(`aws cloudformation continue-update-rollback --stack-name {name}`), then deploy again",
    "UPDATE_FAILED": "roll it back (`aws cloudformation rollback-stack --stack-name {name}`), "
    "then deploy again",
    "DELETE_FAILED": "finish its deletion with `destroy`, then deploy again",
}


def before(
    name: str, status: str | None, *, stuck: Sequence[str], recreate: bool
) -> Refused | NeedsOperator | None:
    """Return why a stack in ``status`` cannot be deployed to, or ``None`` if it can.

    Args:
        name: The root stack's name.
        status: Its status; ``None`` when there is none.
        stuck: Failed resources, as ``path: reason``.
        recreate: Whether the caller asked for a failed stack to be made anew.
    """
    match situation(status):
        case Situation.IN_PROGRESS:
            return busy(name, status or "")
        case Situation.DELETABLE_ONLY if not recreate:
            return Refused(
                name,
                f"its creation failed ({status}): it can only be deleted",
                "`deploy --recreate` deletes it and creates it again",
            )
        case Situation.NEEDS_OPERATOR:
            step = _NEXT_STEPS.get(status or "", "look at it in the console")
            return NeedsOperator(
                (name,), f"is stuck in {status}{_listed(stuck)}", step.format(name=name)
            )
        case _:
            return None


def busy(name: str, status: str) -> Refused:
    """Refuse because an operation runs on the stack."""
    return Refused(
        name, f"another operation runs: {status}", "wait for it (`status` shows it), then repeat"
    )


def recreating(name: str, *, protected: bool, stateful: Sequence[str]) -> Refused | None:
    """Return why a failed stack must not be deleted, or ``None`` if it may."""
    if protected:
        return termination_protected(name)
    if stateful:
        return Refused(
            name,
            f"recreating it would delete {', '.join(stateful)}",
            _allow(stateful),
        )
    return None


def termination_protected(name: str) -> Refused:
    """Refuse to delete a protected stack."""
    return Refused(
        name,
        "termination protection is on",
        "switch it off yourself if you mean it (`aws cloudformation "
        f"update-termination-protection --no-enable-termination-protection --stack-name {name}`)",
    )


def data_loss(name: str, losses: Sequence[str]) -> Refused:
    """Refuse to take data away.

    Args:
        name: The root stack's name.
        losses: Sentences that start with the resource's path.
    """
    return Refused(name, f"data loss: {'; '.join(losses)}", _allow([s.split()[0] for s in losses]))


def not_approved(name: str) -> Refused:
    """Refuse because a person said no."""
    return Refused(name, "not approved", "nothing was changed")


def stale(name: str) -> Refused:
    """Refuse because the stack keeps changing under our change sets."""
    return Refused(
        name,
        "the stack was changed by somebody else while the deploy was prepared, twice",
        "find out who else deploys it, then deploy again",
    )


def invalid(name: str, reason: str) -> Refused:
    """Refuse because CloudFormation cannot compute the change set."""
    return Refused(name, f"CloudFormation refuses the change set: {reason}", "nothing was changed")


def after_rollback(name: str, status: str) -> str:
    """Return the next step after a deploy that was rolled back."""
    if situation(status) is Situation.DELETABLE_ONLY:
        return f"fix the cause, then `deploy --recreate`: {name} has to be created anew"
    return "fix the cause, then deploy again; the stack is as it was before"


def stuck_hint(stuck: Sequence[str]) -> str:
    """Return the next step for a stack that is stuck after a deploy."""
    return f"`status` shows where it stands{_listed(stuck)}"


def blocked_hint(blockers: Sequence[str]) -> str:
    """Return the next step for a stack that cannot be deleted."""
    return f"{BLOCKED_DELETE}{_listed(blockers)}"


def _allow(paths: Sequence[str]) -> str:
    options = " ".join(f"--allow-data-loss {path}" for path in paths)
    return f"if you mean it: {options}"


def _listed(stuck: Sequence[str]) -> str:
    if not stuck:
        return ""
    more = f" and {len(stuck) - _MOST_LISTED} more" if len(stuck) > _MOST_LISTED else ""
    return f": {'; '.join(stuck[:_MOST_LISTED])}{more}"
