"""A deploy as a state machine: ``step(state, observation) -> (state, commands)``.

Pure: no clock, no AWS, no printing. The machine decides; ``deploying`` carries out each
command and comes back with an observation. An observation that a phase does not wait
for (late, repeated) changes nothing.

::

    READING ── same as deployed ─────────────────────────────► CONCLUDING ─► DONE
       │ └─ recreate ─► RECREATING ─┐                              ▲
       ▼                            ▼                              │
    PACKAGING ─► PREPARING ─► APPROVING ─► RECHECKING ─► EXECUTING ─► WATCHING
                    │             │            │ stale       │ stale
                    └─────────────┴──► DISCARDING ◄──────────┘
                                         └─► READING once more, or DONE

Only CONCLUDING, DISCARDING and refusals end it; ``EXECUTING`` is reached only with
``approved``, which is set by the policy or a person's yes to *this* change set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from aistudio_templates.deploy import refusals
from aistudio_templates.deploy.approval import ApprovalPolicy, data_losses, needs_approval
from aistudio_templates.deploy.change_set import ChangeSummary
from aistudio_templates.deploy.outcome import (
    Deployed,
    NeedsOperator,
    Outcome,
    RolledBack,
    Unchanged,
)
from aistudio_templates.deploy.status import ROLLED_BACK, SUCCEEDED, Situation, situation
from aistudio_templates.deploy.steps import (
    NO_STACK,
    Answered,
    Ask,
    ChangeSetEmpty,
    ChangeSetFailed,
    ChangeSetReady,
    Command,
    Conclude,
    Concluded,
    DeleteStack,
    Discard,
    Discarded,
    Execute,
    Executed,
    Observation,
    Package,
    Packaged,
    PrepareChangeSet,
    ReadStack,
    Recheck,
    Rechecked,
    Settled,
    StackDeleted,
    StackNotDeleted,
    StackRead,
    Watch,
)


class Phase(StrEnum):
    """What the machine waits for."""

    READING = "reading the stack"
    RECREATING = "deleting the failed stack"
    PACKAGING = "uploading"
    PREPARING = "creating the change set"
    APPROVING = "waiting for approval"
    RECHECKING = "reading the stack again"
    EXECUTING = "executing"
    WATCHING = "watching"
    CONCLUDING = "reading the outputs"
    DISCARDING = "deleting the change set"
    DONE = "done"


@dataclass(frozen=True)
class Options:
    """The parts of a request that the machine decides by."""

    stack_name: str
    require_approval: ApprovalPolicy = "broadening"
    allow_data_loss: frozenset[str] = frozenset()
    recreate: bool = False
    termination_protection: bool = False


@dataclass(frozen=True)
class State:
    """Where a deploy stands.

    Attributes:
        options: What was asked.
        phase: What is waited for.
        base: The root as it was read.
        summary: What the change set changes.
        owns_shell: Whether the stack's shell is there only because of our change set.
        approved: Whether this change set may be executed.
        replanned: Whether a stale change set was already replaced once.
        stack_id: ARN of the executed stack.
        outcome: How it ends; final in phase DONE, planned in DISCARDING.
    """

    options: Options
    phase: Phase = Phase.READING
    base: StackRead = NO_STACK
    summary: ChangeSummary | None = None
    owns_shell: bool = False
    approved: bool = False
    replanned: bool = False
    stack_id: str = ""
    outcome: Outcome | None = None


Step = tuple[State, tuple[Command, ...]]
"""A new state and what to do next; no command means done, or nothing to do."""


def start(options: Options) -> Step:
    """Return the first state and command of a deploy."""
    return State(options), (ReadStack(),)


def step(state: State, observation: Observation) -> Step:
    """Return the state after ``observation``, and what to do next."""
    handler = _HANDLERS.get((state.phase, type(observation)))
    return (state, ()) if handler is None else handler(state, observation)


def cleanup(state: State, *, may_run: bool) -> tuple[Command, ...]:
    """Return what to do when a deploy is interrupted in ``state``.

    Args:
        state: Where it stood.
        may_run: Whether an execution may have reached CloudFormation; the stack is then
            left alone.
    """
    owning = {Phase.PREPARING, Phase.APPROVING, Phase.RECHECKING, Phase.EXECUTING}
    if state.phase not in owning or may_run:
        return ()
    return (Discard(shell=state.owns_shell),)


def _read(state: State, seen: StackRead) -> Step:
    state = replace(state, base=seen, summary=None, approved=False)
    refusal = refusals.before(
        state.options.stack_name, seen.status, stuck=seen.stuck, recreate=state.options.recreate
    )
    if refusal is not None:
        return _done(state, refusal)
    match situation(seen.status):
        case Situation.DELETABLE_ONLY:
            return _recreate(state, seen)
        case Situation.UPDATABLE if seen.same:
            return _conclude(state)
        case _:
            return replace(state, phase=Phase.PACKAGING), (Package(),)


def _recreate(state: State, seen: StackRead) -> Step:
    name, allowed = state.options.stack_name, state.options.allow_data_loss
    refusal = refusals.recreating(
        name, protected=seen.protected, stateful=[p for p in seen.stateful if p not in allowed]
    )
    if refusal is not None:
        return _done(state, refusal)
    return replace(state, phase=Phase.RECREATING), (DeleteStack(seen.stack_id),)


def _deleted(state: State, _: StackDeleted) -> Step:
    return replace(state, phase=Phase.PACKAGING, base=NO_STACK), (Package(),)


def _not_deleted(state: State, seen: StackNotDeleted) -> Step:
    return _done(state, NeedsOperator(seen.path, seen.reason, refusals.BLOCKED_DELETE))


def _packaged(state: State, _: Packaged) -> Step:
    found = situation(state.base.status)
    owns_shell = state.owns_shell or found is Situation.ABSENT
    create = found in {Situation.ABSENT, Situation.REVIEW}
    state = replace(state, phase=Phase.PREPARING, owns_shell=owns_shell)
    return state, (PrepareChangeSet(create),)


def _ready(state: State, seen: ChangeSetReady) -> Step:
    state = replace(state, summary=seen.summary)
    losses = data_losses(seen.summary, state.options.allow_data_loss)
    if losses:
        return _discard(state, refusals.data_loss(state.options.stack_name, losses))
    reasons = needs_approval(state.options.require_approval, seen.summary)
    if reasons:
        return replace(state, phase=Phase.APPROVING), (Ask(seen.summary, reasons),)
    return _recheck(state)


def _empty(state: State, _: ChangeSetEmpty) -> Step:
    return _discard(state, Unchanged(state.options.stack_name, {}))


def _failed(state: State, seen: ChangeSetFailed) -> Step:
    return _discard(state, refusals.invalid(state.options.stack_name, seen.reason))


def _answered(state: State, seen: Answered) -> Step:
    if seen.agreed:
        return _recheck(state)
    return _discard(state, refusals.not_approved(state.options.stack_name))


def _recheck(state: State) -> Step:
    return replace(state, phase=Phase.RECHECKING, approved=True), (Recheck(),)


def _rechecked(state: State, seen: Rechecked) -> Step:
    if not seen.same:
        return _stale(state)
    return replace(state, phase=Phase.EXECUTING), (Execute(),)


def _stale(state: State) -> Step:
    state = replace(state, approved=False)
    if state.replanned:
        return _discard(state, refusals.stale(state.options.stack_name))
    return _discard(replace(state, replanned=True), None)


def _executed(state: State, seen: Executed) -> Step:
    if not seen.accepted:
        return _stale(state)
    return replace(state, phase=Phase.WATCHING, stack_id=seen.stack_id), (Watch(),)


def _settled(state: State, seen: Settled) -> Step:
    path = seen.path or (state.options.stack_name,)
    if seen.status in SUCCEEDED:
        return _conclude(state)
    if seen.status in ROLLED_BACK:
        hint = refusals.after_rollback(state.options.stack_name, seen.status)
        return _done(state, RolledBack(path, seen.reason or seen.status, hint))
    reason = seen.reason or f"ended in {seen.status or 'deletion by somebody else'}"
    return _done(state, NeedsOperator(path, reason, refusals.stuck_hint(seen.stuck)))


def _conclude(state: State) -> Step:
    protect = state.options.termination_protection and not state.base.protected
    return replace(state, phase=Phase.CONCLUDING), (Conclude(protect),)


def _concluded(state: State, seen: Concluded) -> Step:
    name = state.options.stack_name
    if state.stack_id and state.summary is not None:
        return _done(state, Deployed(name, state.stack_id, seen.outputs, state.summary))
    return _done(state, Unchanged(name, seen.outputs))


def _discard(state: State, outcome: Outcome | None) -> Step:
    state = replace(state, phase=Phase.DISCARDING, approved=False, outcome=outcome)
    # A replanned deploy would find a deletion in progress, so the shell stays for it.
    return state, (Discard(shell=state.owns_shell and outcome is not None),)


def _discarded(state: State, _: Discarded) -> Step:
    match state.outcome:
        case None:
            return replace(state, phase=Phase.READING), (ReadStack(),)
        case Unchanged():
            return _conclude(replace(state, outcome=None))
        case outcome:
            return _done(state, outcome)


def _done(state: State, outcome: Outcome) -> Step:
    return replace(state, phase=Phase.DONE, outcome=outcome), ()


_HANDLERS: Mapping[tuple[Phase, type[Any]], Callable[[State, Any], Step]] = {
    (Phase.READING, StackRead): _read,
    (Phase.RECREATING, StackDeleted): _deleted,
    (Phase.RECREATING, StackNotDeleted): _not_deleted,
    (Phase.PACKAGING, Packaged): _packaged,
    (Phase.PREPARING, ChangeSetReady): _ready,
    (Phase.PREPARING, ChangeSetEmpty): _empty,
    (Phase.PREPARING, ChangeSetFailed): _failed,
    (Phase.APPROVING, Answered): _answered,
    (Phase.RECHECKING, Rechecked): _rechecked,
    (Phase.EXECUTING, Executed): _executed,
    (Phase.WATCHING, Settled): _settled,
    (Phase.CONCLUDING, Concluded): _concluded,
    (Phase.DISCARDING, Discarded): _discarded,
}
