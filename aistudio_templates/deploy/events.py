"""Stack events of a nested set, folded into one log. Pure; standard library only.

CloudFormation keeps a list of events for each stack, newest first, and repeats a nested
stack's failure as a row of its parent. The log puts them in order, drops repetitions,
knows where in the tree each belongs, and finds the failure that caused the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from aistudio_templates.deploy.status import is_failure, is_settled

STACK_TYPE = "AWS::CloudFormation::Stack"
"""Type of a nested stack's row in its parent, and of a stack's row in itself."""

_CANCELLATIONS = ("resource creation cancelled", "resource update cancelled")
_ECHO = "embedded stack"
_SUMMARY = "the following resource(s) failed to"


@dataclass(frozen=True)
class StackEvent:
    """One event, as CloudFormation tells it.

    Attributes:
        event_id: Unique among the events of a stack.
        stack_id: ARN of the stack that the event belongs to.
        stack_name: That stack's name.
        logical_id: The resource; the stack's own name for events about itself.
        physical_id: The resource's physical id, empty before it has one.
        resource_type: Such as ``AWS::RDS::DBCluster``.
        status: Such as ``CREATE_FAILED``.
        reason: CloudFormation's words, safe to print.
        timestamp: When, with time zone.
    """

    event_id: str
    stack_id: str
    stack_name: str
    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str | None
    timestamp: datetime

    @property
    def about_own_stack(self) -> bool:
        """Whether the event tells of its stack as a whole."""
        return self.physical_id == self.stack_id

    @property
    def nested_stack_id(self) -> str | None:
        """ARN of the nested stack that this row of a parent is about."""
        if self.resource_type == STACK_TYPE and self.physical_id and not self.about_own_stack:
            return self.physical_id
        return None


@dataclass(frozen=True)
class Cause:
    """A failure: where in the tree, and CloudFormation's reason."""

    path: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class EventLog:
    """All events seen so far, and the tree of stacks that they show.

    Attributes:
        events: In the order in which they happened.
        paths: Path of each known stack by its ARN; the root has its own name.
    """

    events: tuple[StackEvent, ...] = ()
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of_root(cls, stack_id: str, stack_name: str) -> EventLog:
        """Return the empty log of a root stack."""
        return cls((), {stack_id: (stack_name,)})

    def path(self, event: StackEvent) -> tuple[str, ...]:
        """Return where an event belongs: ``("aistudio-dev", "Database", "Cluster")``."""
        own = self.paths.get(event.stack_id, (event.stack_name,))
        return own if event.about_own_stack else (*own, event.logical_id)

    def repeats_parent(self, event: StackEvent) -> bool:
        """Return whether a row of the parent says the same: a nested stack about itself."""
        return event.about_own_stack and len(self.path(event)) > 1

    def add(self, new: Iterable[StackEvent]) -> tuple[EventLog, tuple[StackEvent, ...]]:
        """Take in events in any order, some maybe seen before.

        Returns:
            The new log, and what was really new, in order.
        """
        known = {(event.stack_id, event.event_id) for event in self.events}
        unseen: dict[tuple[str, str], StackEvent] = {}
        for event in new:
            key = (event.stack_id, event.event_id)
            if key not in known:
                unseen.setdefault(key, event)
        fresh = tuple(sorted(unseen.values(), key=lambda event: event.timestamp))
        paths = dict(self.paths)
        for event in fresh:
            _learn(paths, event)
        # sorted() is stable: events of one instant stay in the order in which they came.
        merged = tuple(sorted((*self.events, *fresh), key=lambda event: event.timestamp))
        return replace(self, events=merged, paths=paths), fresh

    def running_stacks(self) -> tuple[str, ...]:
        """Return the ARNs of nested stacks that an operation of theirs still runs in."""
        latest: dict[str, str] = {}
        for event in self.events:
            if event.nested_stack_id is not None:
                latest[event.nested_stack_id] = event.status
        return tuple(stack_id for stack_id, status in latest.items() if not is_settled(status))

    def nested_stacks(self) -> Mapping[str, datetime]:
        """Return each nested stack's ARN with the time of the first row that names it."""
        first: dict[str, datetime] = {}
        for event in self.events:
            if event.nested_stack_id is not None:
                first.setdefault(event.nested_stack_id, event.timestamp)
        return first

    def root_cause(self) -> Cause | None:
        """Return the failure that caused the others, or ``None`` without any.

        It is the earliest failure that is neither a cancellation (those follow another
        failure), nor a parent's echo of its nested stack, nor a stack's summary of its
        resources; the deeper one where two share an instant. Only when nothing else is
        left do echoes and summaries count.
        """
        failures = [event for event in self.events if is_failure(event.status)]
        failed_stacks = {event.stack_id for event in failures if not _is_derived(event)}
        real = [
            event
            for event in failures
            if not _is_derived(event) and event.nested_stack_id not in failed_stacks
        ]
        remaining = real or [event for event in failures if not _is_cancellation(event)]
        if not remaining:
            return None
        first = min(remaining, key=lambda event: (event.timestamp, -len(self.path(event))))
        return Cause(self.path(first), first.reason or first.status)


def _learn(paths: dict[str, tuple[str, ...]], event: StackEvent) -> None:
    nested = event.nested_stack_id
    if nested is not None and event.stack_id in paths:
        paths[nested] = (*paths[event.stack_id], event.logical_id)


def _is_derived(event: StackEvent) -> bool:
    reason = (event.reason or "").lower()
    is_echo = event.nested_stack_id is not None and reason.startswith(_ECHO)
    is_summary = event.about_own_stack and (not reason or reason.startswith(_SUMMARY))
    return _is_cancellation(event) or is_echo or is_summary


def _is_cancellation(event: StackEvent) -> bool:
    return (event.reason or "").lower().startswith(_CANCELLATIONS)
