"""From a change set on the root to a summary of the whole tree.

Asks CloudFormation through the door it is handed. AWS gives each nested stack a change
set of its own; where there is none (an emulator, a removed nested stack), the deployed
template is compared with the new one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aistudio_templates.deploy.change_set import (
    Action,
    ChangeSet,
    ChangeSummary,
    NestedRow,
    ResourceChange,
    below,
    changes_of_templates,
    knowing_members,
    parse_change_set,
)
from aistudio_templates.deploy.clock import Clock, Polling
from aistudio_templates.deploy.template_diff import EMPTY_TEMPLATE, diff_resources
from aistudio_templates.deploy.template_text import Template
from aistudio_templates.errors import AwsError

if TYPE_CHECKING:
    from aistudio_templates.deploy.cloudformation import CloudFormation

_CHANGE_SET_ARN = re.compile(r"arn:[a-z-]+:cloudformation:[^\s,;]+:changeSet/[^\s,;.]+")


@dataclass(frozen=True)
class Preview:
    """Reads change sets and joins them.

    Attributes:
        door: CloudFormation.
        clock: Time.
        polling: How often to ask for a change set that is being computed.
    """

    door: CloudFormation
    clock: Clock
    polling: Polling

    def wait(self, change_set_id: str) -> ChangeSet:
        """Return a change set once CloudFormation has computed it.

        Raises:
            AwsError: It is still not computed at the deadline.
        """
        began = self.clock.monotonic_seconds()
        pause_seconds = self.polling.first_seconds
        while True:
            change_set = parse_change_set(self.door.describe_change_set(change_set_id))
            if not change_set.is_pending:
                return change_set
            if self.clock.monotonic_seconds() - began > self.polling.deadline_seconds:
                raise AwsError(
                    f"change set {change_set_id}: still {change_set.status} after "
                    f"{self.polling.deadline_seconds:.0f} s",
                    "deploy again",
                )
            self.clock.sleep(pause_seconds)
            pause_seconds = self.polling.next_seconds(pause_seconds)

    def summarise(
        self, stack_name: str, root: ChangeSet, new: Mapping[str, Template]
    ) -> ChangeSummary:
        """Return everything that a root's change set changes.

        Args:
            stack_name: The root stack.
            root: Its change set.
            new: The new templates of the nested stacks that are deployed, by logical id;
                a nested stack that is not among them keeps what it has.

        Raises:
            AwsError: A nested change set failed although the root's did not.
        """
        compared: list[str] = []
        changes = self._changes(root, new, compared)
        ordered = sorted(changes, key=lambda change: change.path)
        return ChangeSummary(stack_name, tuple(ordered), tuple(sorted(compared)))

    def failure(self, change_set: ChangeSet) -> str:
        """Return why a change set failed: the innermost nested reason there is."""
        nested_ids = [row.change_set_id for row in change_set.nested if row.change_set_id]
        nested_ids += _CHANGE_SET_ARN.findall(change_set.reason)
        for nested_id in dict.fromkeys(nested_ids):
            if nested_id == change_set.change_set_id:
                continue
            nested = self.wait(nested_id)
            if nested.status == "FAILED" and not nested.is_empty:
                return self.failure(nested)
        return change_set.reason or f"change set ended in {change_set.status}"

    def _changes(
        self, change_set: ChangeSet, new: Mapping[str, Template], compared: list[str]
    ) -> tuple[ResourceChange, ...]:
        changes = list(change_set.changes)
        for row in change_set.nested:
            changes.extend(below(row.logical_id, self._nested_changes(row, new, compared)))
        return tuple(changes)

    def _nested_changes(
        self, row: NestedRow, new: Mapping[str, Template], compared: list[str]
    ) -> tuple[ResourceChange, ...]:
        if row.change_set_id is not None and row.action is not Action.REMOVED:
            # Deeper nesting has no templates here: it relies on its change sets alone.
            nested = self.wait(row.change_set_id)
            if nested.status != "CREATE_COMPLETE" and not nested.is_empty:
                # Its rows may be incomplete, and the data-loss guard must not trust them.
                raise AwsError(
                    f"nested change set of {row.logical_id}: {nested.status}: {nested.reason}",
                    "deploy again",
                )
            changes = self._changes(nested, {}, compared)
            if row.physical_id is None or row.action is Action.ADDED:
                return changes
            return knowing_members(changes, self.door.get_template(row.physical_id))
        removed = row.action is Action.REMOVED
        if not removed and row.logical_id not in new:
            return ()
        compared.append(row.logical_id)
        after = EMPTY_TEMPLATE if removed else new[row.logical_id]
        is_deployed = row.physical_id is not None and row.action is not Action.ADDED
        before = self.door.get_template(row.physical_id or "") if is_deployed else EMPTY_TEMPLATE
        return changes_of_templates(diff_resources(before, after))
