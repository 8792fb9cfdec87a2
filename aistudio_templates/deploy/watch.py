"""Following a set until nothing runs in it any more.

Asks CloudFormation through the door it is handed. The deploy goes on by itself, so
trouble with *watching* (throttling, a lost network, no permission to read events) never
ends it: only credentials that have ended, or the deadline, end the watching.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from aistudio_templates.deploy.aws_failure import is_denied, is_transient
from aistudio_templates.deploy.clock import Clock, Polling
from aistudio_templates.deploy.console import Console
from aistudio_templates.deploy.events import EventLog, StackEvent
from aistudio_templates.deploy.stack import Stack
from aistudio_templates.deploy.status import is_settled
from aistudio_templates.errors import AwsError

if TYPE_CHECKING:
    from aistudio_templates.deploy.cloudformation import CloudFormation

_MAX_STALE_READS = 5
"""Reads that may show the stack as it was before the operation, right after its start."""


@dataclass(frozen=True)
class Watched:
    """How an operation ended: the stack (``None`` when it is gone) and all its events."""

    stack: Stack | None
    log: EventLog


def last_event(door: CloudFormation, stack_id: str) -> str | None:
    """Return the id of a stack's newest event, the mark after which to watch.

    Without permission to read events there is none, and there will be none to tell.
    """
    try:
        page = next(door.events(stack_id), ())
    except AwsError as error:
        if is_denied(error):
            return None
        raise
    return page[0].event_id if page else None


@dataclass
class Watcher:
    """Watches one operation on one root.

    Attributes:
        door: CloudFormation.
        console: Where events and warnings go.
        clock: Time.
        polling: How often to ask.
        before: The root as it was before the operation.
        mark: Id of its newest event then; older ones are not told.
    """

    door: CloudFormation
    console: Console
    clock: Clock
    polling: Polling
    before: Stack
    mark: str | None
    _log: EventLog = field(init=False)
    _warned: set[str] = field(init=False, default_factory=set)
    _stale_reads: int = field(init=False, default=0)

    def watch(self) -> Watched:
        """Return once no operation runs on the root.

        Raises:
            AwsError: AWS refuses to tell the root's status, or the deadline has passed;
                the hint says that the stack goes on, and how to look at it.
        """
        self._log = EventLog.of_root(self.before.stack_id, self.before.name)
        began = self.clock.monotonic_seconds()
        pause_seconds = self.polling.first_seconds
        running: tuple[str, ...] = ()
        while True:
            known, stack = self._read_stack()
            is_over = known and self._is_over(stack)
            told = self._tell_events((*running, *self._log.running_stacks()), everything=is_over)
            running = self._log.running_stacks()
            if is_over:
                return Watched(stack, self._log)
            self._check_deadline(began)
            self.clock.sleep(pause_seconds)
            longer = self.polling.next_seconds(pause_seconds)
            pause_seconds = self.polling.first_seconds if told else longer

    def _read_stack(self) -> tuple[bool, Stack | None]:
        try:
            return True, self.door.describe_stack(self.before.stack_id)
        except AwsError as error:
            if not is_transient(error):
                hint = f"{error.hint}; {self._goes_on()}" if error.hint else self._goes_on()
                raise AwsError(error.message, hint) from error
            self._warn(error)
            return False, None

    def _is_over(self, stack: Stack | None) -> bool:
        if stack is None:
            return True
        if not is_settled(stack.status):
            return False
        if stack.revision != self.before.revision:
            return True
        self._stale_reads += 1
        return self._stale_reads > _MAX_STALE_READS

    def _tell_events(self, stack_ids: Iterable[str], *, everything: bool) -> bool:
        """Read new events of the root and the given stacks, and of any that they name."""
        waiting = [self.before.stack_id, *stack_ids]
        seen: set[str] = set()
        told = False
        while waiting:
            stack_id = waiting.pop(0)
            if stack_id in seen:
                continue
            seen.add(stack_id)
            self._log, fresh = self._log.add(self._new_events(stack_id))
            for event in fresh:
                if not self._log.repeats_parent(event):
                    self.console.event(event, self._log.path(event))
            told = told or bool(fresh)
            waiting.extend(event.nested_stack_id for event in fresh if event.nested_stack_id)
            if everything and not waiting:
                waiting.extend(self._log.nested_stacks().keys() - seen)
        return told

    def _new_events(self, stack_id: str) -> list[StackEvent]:
        known = {event.event_id for event in self._log.events if event.stack_id == stack_id}
        # A nested stack's older events belong to earlier operations; the root's end at the mark.
        is_root = stack_id == self.before.stack_id
        since = None if is_root else self._began()
        new: list[StackEvent] = []
        try:
            for page in self.door.events(stack_id):
                for event in page:
                    is_old = since is not None and event.timestamp < since
                    if is_old or event.event_id in known or event.event_id == self.mark:
                        return new[::-1]
                    new.append(event)
        except AwsError as error:
            # Without the older pages there would be a gap that the next read cannot see.
            self._warn(error)
            return []
        # Oldest first, so that events of one instant keep their order.
        return new[::-1]

    def _began(self) -> datetime | None:
        return self._log.events[0].timestamp if self._log.events else None

    def _check_deadline(self, began_seconds: float) -> None:
        if self.clock.monotonic_seconds() - began_seconds > self.polling.deadline_seconds:
            raise AwsError(
                f"{self.before.name}: still running after {self.polling.deadline_seconds:.0f} s",
                self._goes_on(),
            )

    def _goes_on(self) -> str:
        return f"the operation goes on without us: `status` shows it ({self.before.stack_id})"

    def _warn(self, error: AwsError) -> None:
        if error.message not in self._warned:
            self._warned.add(error.message)
            self.console.warn(f"watching: {error.message}")
