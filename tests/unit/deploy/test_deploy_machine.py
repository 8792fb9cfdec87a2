"""The state machine: every pair answered, always ends, never executes unapproved."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistudio_templates.deploy import machine, steps
from aistudio_templates.deploy.change_set import Action, ChangeSummary, ResourceChange
from aistudio_templates.deploy.machine import Options, Phase, State
from aistudio_templates.deploy.outcome import (
    Deployed,
    NeedsOperator,
    Refused,
    RolledBack,
    Unchanged,
)

NAME = "aistudio-dev"


def summary(resource_type: str = "AWS::EC2::VPC", action: Action = Action.ADDED) -> ChangeSummary:
    return ChangeSummary(NAME, (ResourceChange(("A", "B"), resource_type, action, (), None),), ())


HARMLESS = summary()
BROADENING = summary("AWS::IAM::Role")
LOSS = summary("AWS::S3::Bucket", Action.REMOVED)

OBSERVATIONS: tuple[Any, ...] = (
    steps.StackRead(None),
    steps.StackRead("CREATE_COMPLETE", "id", same=True),
    steps.StackRead("UPDATE_COMPLETE", "id"),
    steps.StackRead("REVIEW_IN_PROGRESS", "id"),
    steps.StackRead("UPDATE_IN_PROGRESS", "id"),
    steps.StackRead("ROLLBACK_COMPLETE", "id"),
    steps.StackRead("UPDATE_ROLLBACK_FAILED", "id", stuck=("A/B: why",)),
    steps.StackDeleted(),
    steps.StackNotDeleted((NAME, "A"), "in use"),
    steps.Packaged(),
    steps.ChangeSetReady(HARMLESS),
    steps.ChangeSetReady(BROADENING),
    steps.ChangeSetReady(LOSS),
    steps.ChangeSetEmpty(),
    steps.ChangeSetFailed("wrong"),
    steps.Answered(agreed=True),
    steps.Answered(agreed=False),
    steps.Rechecked(same=True),
    steps.Rechecked(same=False),
    steps.Executed(accepted=True, stack_id="id"),
    steps.Executed(accepted=False),
    steps.Settled("CREATE_COMPLETE"),
    steps.Settled("UPDATE_ROLLBACK_COMPLETE", (NAME, "A"), "broke"),
    steps.Settled("UPDATE_ROLLBACK_FAILED", (NAME, "A"), "broke", ("A/B: x",)),
    steps.Settled(None),
    steps.Discarded(),
    steps.Concluded({"Url": "x"}),
)

AWAITED = {
    Phase.READING: {steps.StackRead},
    Phase.RECREATING: {steps.StackDeleted, steps.StackNotDeleted},
    Phase.PACKAGING: {steps.Packaged},
    Phase.PREPARING: {steps.ChangeSetReady, steps.ChangeSetEmpty, steps.ChangeSetFailed},
    Phase.APPROVING: {steps.Answered},
    Phase.RECHECKING: {steps.Rechecked},
    Phase.EXECUTING: {steps.Executed},
    Phase.WATCHING: {steps.Settled},
    Phase.CONCLUDING: {steps.Concluded},
    Phase.DISCARDING: {steps.Discarded},
    Phase.DONE: set(),
}

ANSWERS: dict[type[Any], tuple[Any, ...]] = {
    steps.ReadStack: (steps.StackRead,),
    steps.DeleteStack: (steps.StackDeleted, steps.StackNotDeleted),
    steps.Package: (steps.Packaged,),
    steps.PrepareChangeSet: (steps.ChangeSetReady, steps.ChangeSetEmpty, steps.ChangeSetFailed),
    steps.Ask: (steps.Answered,),
    steps.Recheck: (steps.Rechecked,),
    steps.Execute: (steps.Executed,),
    steps.Watch: (steps.Settled,),
    steps.Discard: (steps.Discarded,),
    steps.Conclude: (steps.Concluded,),
}


@pytest.mark.parametrize(("phase", "seen"), list(itertools.product(Phase, OBSERVATIONS)))
def test_every_pair_has_an_answer(phase: Phase, seen: Any) -> None:
    state = State(Options(NAME), phase)
    after, commands = machine.step(state, seen)
    if type(seen) not in AWAITED[phase]:
        assert (after, commands) == (state, ())
    elif after.phase is Phase.DONE:
        assert commands == ()
        assert after.outcome is not None
    else:
        (command,) = commands
        assert {type(o) for o in OBSERVATIONS if type(o) in ANSWERS[type(command)]} <= AWAITED[
            after.phase
        ]


UPDATE = steps.StackRead("UPDATE_COMPLETE", "id")
READY = (UPDATE, steps.Packaged(), steps.ChangeSetReady(HARMLESS), steps.Rechecked(same=True))
DONE = (steps.Executed(accepted=True, stack_id="id"), steps.Settled("UPDATE_COMPLETE"))
OUTPUTS = steps.Concluded({})
STALE = steps.Rechecked(same=False)


@pytest.mark.parametrize(
    ("seen", "ending"),
    [
        ((OBSERVATIONS[1], OUTPUTS), Unchanged),
        ((*READY, *DONE, OUTPUTS), Deployed),
        ((*READY, DONE[0], OBSERVATIONS[22]), RolledBack),
        ((*READY, DONE[0], OBSERVATIONS[23]), NeedsOperator),
        ((*READY, DONE[0], steps.Settled(None)), NeedsOperator),
        ((UPDATE, steps.Packaged(), steps.ChangeSetEmpty(), steps.Discarded(), OUTPUTS), Unchanged),
        ((UPDATE, steps.Packaged(), steps.ChangeSetFailed("x"), steps.Discarded()), Refused),
        ((UPDATE, steps.Packaged(), steps.ChangeSetReady(LOSS), steps.Discarded()), Refused),
        ((*READY[:3], STALE, steps.Discarded(), *READY, *DONE, OUTPUTS), Deployed),
        (
            (*READY[:3], STALE, steps.Discarded(), *READY[:3], STALE, steps.Discarded()),
            Refused,
        ),
        ((steps.StackRead("CREATE_IN_PROGRESS", "id"),), Refused),
        ((steps.StackRead("ROLLBACK_COMPLETE", "id"),), Refused),
        ((steps.StackRead("DELETE_FAILED", "id"),), NeedsOperator),
        ((steps.StackRead("UPDATE_FAILED", "id"),), NeedsOperator),
    ],
)
def test_sequences(seen: tuple[Any, ...], ending: type[Any]) -> None:
    state, commands = machine.start(Options(NAME))
    for observation in seen:
        assert type(observation) in ANSWERS[type(commands[0])]
        state, commands = machine.step(state, observation)
    assert state.phase is Phase.DONE
    assert isinstance(state.outcome, ending)


@pytest.mark.parametrize(
    ("status", "create"),
    [(None, True), ("REVIEW_IN_PROGRESS", True), ("UPDATE_ROLLBACK_COMPLETE", False)],
)
def test_type_of_change_set(status: str | None, create: bool) -> None:
    state, _ = machine.step(State(Options(NAME)), steps.StackRead(status, "id"))
    _, commands = machine.step(state, steps.Packaged())
    assert commands == (steps.PrepareChangeSet(create),)


@pytest.mark.parametrize(
    ("seen", "allowed", "expected"),
    [
        ({}, (), steps.DeleteStack("id")),
        ({"protected": True}, (), None),
        ({"stateful": ("A/B",)}, (), None),
        ({"stateful": ("A/B",)}, ("A/B",), steps.DeleteStack("id")),
    ],
)
def test_recreation_guards_data(seen: dict[str, Any], allowed: Any, expected: Any) -> None:
    options = Options(NAME, recreate=True, allow_data_loss=frozenset(allowed))
    read = steps.StackRead("ROLLBACK_COMPLETE", "id", **seen)
    state, commands = machine.step(State(options), read)
    assert commands == (() if expected is None else (expected,))
    assert isinstance(state.outcome, Refused) is (expected is None)


def test_shell_is_deleted_only_if_it_is_ours() -> None:
    for status, ours in ((None, True), ("REVIEW_IN_PROGRESS", False)):
        state, _ = machine.step(State(Options(NAME)), steps.StackRead(status, "id"))
        state, _ = machine.step(state, steps.Packaged())
        assert machine.cleanup(state, may_run=False) == (steps.Discard(shell=ours),)
        assert machine.cleanup(state, may_run=True) == ()


def test_protection_is_switched_on_only_where_it_is_off() -> None:
    options = Options(NAME, termination_protection=True)
    for protected in (True, False):
        read = steps.StackRead("UPDATE_COMPLETE", "id", same=True, protected=protected)
        _, commands = machine.step(State(options), read)
        assert commands == (steps.Conclude(not protected),)


@given(st.data(), st.sampled_from(["never", "broadening", "any-change"]), st.booleans())
def test_ends_and_executes_only_what_is_approved(data: Any, policy: Any, recreate: bool) -> None:
    state, commands = machine.start(Options(NAME, require_approval=policy, recreate=recreate))
    agreed = asked = False
    for _ in range(40):
        if not commands:
            break
        possible = [o for o in OBSERVATIONS if isinstance(o, ANSWERS[type(commands[0])])]
        seen = data.draw(st.sampled_from(possible))
        if isinstance(seen, steps.ChangeSetReady):
            agreed, asked = False, False
        state, commands = machine.step(state, seen)
        asked = asked or any(isinstance(command, steps.Ask) for command in commands)
        agreed = agreed or (isinstance(seen, steps.Answered) and seen.agreed)
        if any(isinstance(command, steps.Execute) for command in commands):
            assert state.approved
            assert state.summary is not LOSS
            assert agreed or not asked
            assert agreed or policy == "never" or state.summary is HARMLESS
            assert agreed or policy != "any-change"
    assert state.phase is Phase.DONE
    assert state.outcome is not None
