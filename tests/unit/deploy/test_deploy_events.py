from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aistudio_templates.deploy.events import STACK_TYPE, Cause, EventLog, StackEvent

ROOT, CHILD = "arn:root", "arn:child"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def event(
    second: int,
    status: str,
    reason: str | None = None,
    logical_id: str = "X",
    *,
    stack_id: str = ROOT,
    physical_id: str = "",
) -> StackEvent:
    is_stack = physical_id.startswith("arn:")
    return StackEvent(
        event_id=f"{second}-{logical_id}-{status}",
        stack_id=stack_id,
        stack_name="aistudio-dev" if stack_id == ROOT else "aistudio-dev-Database",
        logical_id=logical_id,
        physical_id=physical_id,
        resource_type=STACK_TYPE if is_stack else "AWS::EC2::VPC",
        status=status,
        reason=reason,
        timestamp=BEGAN + timedelta(seconds=second),
    )


def row(second: int, status: str, reason: str | None = None) -> StackEvent:
    return event(second, status, reason, "Database", physical_id=CHILD)


CREATES = row(1, "CREATE_IN_PROGRESS")
REAL = event(4, "CREATE_FAILED", "no capacity", "Cluster", stack_id=CHILD)
LATER = event(6, "CREATE_FAILED", "also broken", "Proxy", stack_id=CHILD)
CANCELLED = event(2, "CREATE_FAILED", "Resource creation cancelled", "Role", stack_id=CHILD)
ECHO = row(7, "CREATE_FAILED", "Embedded stack arn:child was not successfully created: …")
SUMMARY = event(
    3,
    "CREATE_FAILED",
    "The following resource(s) failed to create: [X].",
    "D",
    stack_id=CHILD,
    physical_id=CHILD,
)
CLUSTER = ("aistudio-dev", "Database", "Cluster")


def log(*events: StackEvent) -> EventLog:
    return EventLog.of_root(ROOT, "aistudio-dev").add(events)[0]


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        ((CREATES,), None),
        ((CREATES, REAL), Cause(CLUSTER, "no capacity")),
        ((CREATES, ECHO, SUMMARY, CANCELLED, LATER, REAL), Cause(CLUSTER, "no capacity")),
        (
            (CREATES, row(2, "CREATE_FAILED", "Template format error")),
            Cause(("aistudio-dev", "Database"), "Template format error"),
        ),
        ((CREATES, ECHO), Cause(("aistudio-dev", "Database"), ECHO.reason or "")),
        ((CREATES, CANCELLED), None),
        ((event(1, "DELETE_FAILED"),), Cause(("aistudio-dev", "X"), "DELETE_FAILED")),
        (
            (CREATES, event(4, "UPDATE_FAILED", "root's own", "Y"), REAL),
            Cause(CLUSTER, "no capacity"),
        ),
    ],
)
def test_root_cause(events: tuple[StackEvent, ...], cause: Cause | None) -> None:
    assert log(*events).root_cause() == cause
    assert log(*reversed(events)).root_cause() == cause


def test_add_drops_what_is_known_and_orders_the_rest() -> None:
    first, fresh = EventLog.of_root(ROOT, "aistudio-dev").add([REAL, CREATES, REAL])
    assert fresh == (CREATES, REAL)
    second, fresh = first.add([LATER, REAL])
    assert fresh == (LATER,)
    assert second.events == (CREATES, REAL, LATER)


def test_equal_event_ids_of_two_stacks_are_two_events() -> None:
    twin = event(4, "CREATE_FAILED", "x", "Cluster", stack_id=ROOT)
    assert len(log(REAL, twin).events) == 2


def test_running_stacks_follow_their_latest_row() -> None:
    assert log(CREATES).running_stacks() == (CHILD,)
    assert log(CREATES, row(9, "CREATE_COMPLETE")).running_stacks() == ()
    assert list(log(CREATES, ECHO).nested_stacks()) == [CHILD]


def test_a_nested_stack_about_itself_repeats_its_parent() -> None:
    seen = log(CREATES, SUMMARY)
    assert seen.repeats_parent(SUMMARY)
    assert not seen.repeats_parent(CREATES)
    assert not seen.repeats_parent(
        event(1, "CREATE_COMPLETE", None, "aistudio-dev", physical_id=ROOT)
    )
