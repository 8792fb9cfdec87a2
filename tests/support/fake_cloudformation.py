"""A CloudFormation client without AWS; ``fake_cloudformation.md`` states its behaviour."""

# ruff: noqa: N803 # argument names are boto3's

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from botocore.exceptions import ClientError, EndpointConnectionError

from aistudio_templates.deploy.template_text import parse_template

PAGE_SIZE = 2
STACK = "AWS::CloudFormation::Stack"
_ARN = "arn:aws:cloudformation:us-east-1:111122223333"
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def client_error(code: str, message: str, call: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, call)


def fault(code: str, call: str) -> Exception:
    if code == "disconnect":
        return EndpointConnectionError(endpoint_url="https://example.invalid")
    return client_error(code, f"{code} was asked for", call)


class Faults:
    """Failures to come, by the name of the call, and the calls that were made."""

    def __init__(self) -> None:
        self._coming: dict[str, list[str]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def fail(self, call: str, *codes: str) -> None:
        self._coming.setdefault(call, []).extend(codes)

    def called(self, call: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == call]

    def enter(self, call: str, arguments: dict[str, Any]) -> None:
        self.calls.append((call, arguments))
        coming = self._coming.get(call)
        if coming:
            raise fault(coming.pop(0), call)


_Method = TypeVar("_Method", bound=Callable[..., Any])


def api(method: _Method) -> _Method:
    """Record a call and let it fail if that was asked for."""

    @functools.wraps(method)
    def call(self: Any, **arguments: Any) -> Any:
        self.faults.enter(method.__name__, arguments)
        return method(self, **arguments)

    return cast("_Method", call)


@dataclass
class FakeStack:
    name: str
    stack_id: str
    status: str
    updated: datetime
    body: str = '{"Resources": {}}'
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    parameters: list[dict[str, str]] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    protected: bool = False

    @property
    def template(self) -> dict[str, Any]:
        return dict(parse_template(self.body, self.name))


@dataclass
class FakeChangeSet:
    change_set_id: str
    stack_id: str
    body: str
    rows: list[dict[str, Any]]
    reason: str = ""
    pending: bool = True
    executed: bool = False
    parameters: list[dict[str, str]] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)


class _FailedError(Exception):
    """A resource failed, and its stack with it."""


class FakeCloudFormation:
    """See ``fake_cloudformation.md``.

    Attributes:
        fetch: Returns the text behind a template URL.
        nested_change_sets: Whether rows of nested stacks have change sets.
        one_instant: Whether all events bear the same time.
        faults: Failures to come and calls made.
    """

    def __init__(self, fetch: Callable[[str], str], *, nested_change_sets: bool = True) -> None:
        self.fetch = fetch
        self.nested_change_sets = nested_change_sets
        self.one_instant = False
        self.faults = Faults()
        self.stacks: dict[str, FakeStack] = {}
        self.change_sets: dict[str, FakeChangeSet] = {}
        self._numbers = itertools.count(1)
        self._running: Iterator[None] | None = None

    # The API.

    @api
    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        if self._running is not None and next(self._running, self) is self:
            self._running = None
        stack = self.find(StackName)
        outputs = [
            {"OutputKey": name, "OutputValue": f"{stack.name}.{name}"}
            for name in sorted(stack.template.get("Outputs", {}))
            if stack.resources
        ]
        return {
            "Stacks": [
                {
                    "StackId": stack.stack_id,
                    "StackName": stack.name,
                    "StackStatus": stack.status,
                    "CreationTime": _BEGAN,
                    "LastUpdatedTime": stack.updated,
                    "Outputs": outputs,
                    "Parameters": stack.parameters,
                    "Tags": stack.tags,
                    "EnableTerminationProtection": stack.protected,
                }
            ]
        }

    @api
    def get_template(self, *, StackName: str, TemplateStage: str) -> dict[str, Any]:
        assert TemplateStage == "Original"
        return {"TemplateBody": self.find(StackName).body}

    @api
    def list_stack_resources(self, *, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        rows = list(self.find(StackName).resources.values())
        return _page("StackResourceSummaries", rows, NextToken)

    @api
    def describe_stack_events(self, *, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        return _page("StackEvents", self.find(StackName).events[::-1], NextToken)

    @api
    def create_change_set(self, *, StackName: str, ChangeSetType: str, **asked: Any) -> Any:
        body = (
            asked["TemplateBody"] if "TemplateBody" in asked else self.fetch(asked["TemplateURL"])
        )
        if ChangeSetType == "CREATE":
            stack = self._by_name(StackName) or self._new(StackName, "REVIEW_IN_PROGRESS")
        else:
            stack = self.find(StackName)
        previous = {p["ParameterKey"]: p for p in stack.parameters}
        parameters = [
            previous[p["ParameterKey"]] if p.get("UsePreviousValue") else p
            for p in asked["Parameters"]
        ]
        made = self._compute(stack.stack_id, stack.body if stack.resources else None, body)
        made.parameters, made.tags = parameters, asked["Tags"]
        same = (stack.parameters, stack.tags) == (parameters, asked["Tags"])
        if same and not made.reason and stack.template == parse_template(body, "root"):
            made.reason = "The submitted information didn't contain changes."
        return {"Id": made.change_set_id, "StackId": stack.stack_id}

    @api
    def describe_change_set(self, *, ChangeSetName: str, NextToken: str = "0") -> dict[str, Any]:
        made = self._change_set(ChangeSetName)
        answer = _page("Changes", made.rows, NextToken)
        status = "FAILED" if made.reason else "CREATE_COMPLETE"
        if made.pending:
            made.pending = False
            answer, status = {"Changes": []}, "CREATE_IN_PROGRESS"
        answer |= {"ChangeSetId": made.change_set_id, "Status": status}
        return answer | ({"StatusReason": made.reason} if status == "FAILED" else {})

    @api
    def delete_change_set(self, *, ChangeSetName: str) -> dict[str, Any]:
        self._change_set(ChangeSetName)
        del self.change_sets[ChangeSetName]
        return {}

    @api
    def execute_change_set(
        self, *, ChangeSetName: str, ClientRequestToken: str, DisableRollback: bool
    ) -> dict[str, Any]:
        assert DisableRollback is False
        made = self._change_set(ChangeSetName)
        if made.executed or made.reason:
            raise client_error("InvalidChangeSetStatus", "cannot be executed", "ExecuteChangeSet")
        made.executed = True
        stack = self.stacks[made.stack_id]
        self._running = self._deploy_root(stack, made)
        next(self._running)
        return {}

    @api
    def delete_stack(self, *, StackName: str, ClientRequestToken: str) -> dict[str, Any]:
        self._running = self._delete(self.find(StackName))
        next(self._running)
        return {}

    @api
    def update_termination_protection(
        self, *, StackName: str, EnableTerminationProtection: bool
    ) -> dict[str, Any]:
        self.find(StackName).protected = EnableTerminationProtection
        return {}

    # What tests look at and set up.

    def find(self, name: str) -> FakeStack:
        stack = self.stacks.get(name) or self._by_name(name)
        if stack is None:
            raise client_error("ValidationError", f"Stack with id {name} does not exist", "Any")
        return stack

    def exists(self, name: str) -> bool:
        return self._by_name(name) is not None

    def set_status(self, name: str, status: str) -> None:
        stack = self.find(name)
        stack.status, stack.updated = status, self._tick()

    def finish(self) -> None:
        for _ in self._running or ():
            pass
        self._running = None

    # Operations: a generator each, one step a time.

    def _deploy_root(self, stack: FakeStack, made: FakeChangeSet) -> Iterator[None]:
        kind = "CREATE" if not stack.resources else "UPDATE"
        old = (stack.body, dict(stack.resources))
        self._status(stack, f"{kind}_IN_PROGRESS")
        stack.updated = self._tick()
        yield
        try:
            yield from self._apply_root(stack, made.body, kind)
        except _FailedError:
            yield from self._roll_back(stack, kind, old)
            return
        stack.body, stack.parameters, stack.tags = made.body, made.parameters, made.tags
        if kind == "UPDATE":
            self._status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            yield
        self._status(stack, f"{kind}_COMPLETE")

    def _apply_root(self, stack: FakeStack, body: str, kind: str) -> Iterator[None]:
        wanted = parse_template(body, "root")["Resources"]
        for logical_id in sorted(stack.resources.keys() - wanted.keys()):
            yield from self._delete(self.find(stack.resources[logical_id]["PhysicalResourceId"]))
            del stack.resources[logical_id]
        for logical_id, resource in sorted(wanted.items()):
            yield from self._apply_child(stack, logical_id, resource, kind)

    def _apply_child(
        self, root: FakeStack, logical_id: str, resource: dict[str, Any], kind: str
    ) -> Iterator[None]:
        row = root.resources.get(logical_id)
        body = self.fetch(resource["Properties"]["TemplateURL"])
        if row is None:
            child = self._new(f"{root.name}-{logical_id}", "CREATE_IN_PROGRESS")
            kind = "CREATE"
        else:
            child = self.find(row["PhysicalResourceId"])
            if child.body == body:
                return
            kind = "UPDATE"
        self._row(root, logical_id, STACK, f"{kind}_IN_PROGRESS", physical_id=child.stack_id)
        self._status(child, f"{kind}_IN_PROGRESS")
        yield
        try:
            yield from self._apply(child, parse_template(body, "child")["Resources"], kind)
        except _FailedError:
            self._status(child, f"{kind}_FAILED", "The following resource(s) failed to go: [X].")
            echo = f"Embedded stack {child.stack_id} was not successfully done"
            self._row(root, logical_id, STACK, f"{kind}_FAILED", echo, physical_id=child.stack_id)
            raise
        child.body = body
        self._status(child, f"{kind}_COMPLETE")
        self._row(root, logical_id, STACK, f"{kind}_COMPLETE", physical_id=child.stack_id)

    def _apply(self, stack: FakeStack, wanted: dict[str, Any], kind: str) -> Iterator[None]:
        failed = False
        for logical_id, resource in sorted(wanted.items()):
            properties = resource.get("Properties", {})
            kind_of = resource["Type"]
            self._row(stack, logical_id, kind_of, f"{kind}_IN_PROGRESS")
            yield
            if failed:
                self._row(
                    stack, logical_id, kind_of, f"{kind}_FAILED", "Resource creation cancelled"
                )
            elif "Fail" in properties:
                self._row(stack, logical_id, kind_of, f"{kind}_FAILED", properties["Fail"])
                failed = True
            else:
                self._row(stack, logical_id, kind_of, f"{kind}_COMPLETE")
        if failed:
            raise _FailedError
        for gone in stack.resources.keys() - wanted.keys():
            del stack.resources[gone]

    def _roll_back(
        self, stack: FakeStack, kind: str, old: tuple[str, dict[str, Any]]
    ) -> Iterator[None]:
        prefix = "" if kind == "CREATE" else "UPDATE_"
        self._status(stack, f"{prefix}ROLLBACK_IN_PROGRESS", "The following failed: [X].")
        yield
        if "FailRollback" in str(self._bodies(stack)):
            self._status(stack, f"{prefix}ROLLBACK_FAILED")
            return
        if kind == "CREATE":
            for row in list(stack.resources.values()):
                yield from self._delete(self.find(row["PhysicalResourceId"]))
                row["ResourceStatus"] = "DELETE_COMPLETE"
        else:
            stack.body, stack.resources = old
        self._status(stack, f"{prefix}ROLLBACK_COMPLETE")

    def _bodies(self, stack: FakeStack) -> list[str]:
        return [self.fetch(url) for url in self._urls(stack)]

    def _urls(self, stack: FakeStack) -> list[str]:
        newest = [made for made in self.change_sets.values() if made.stack_id == stack.stack_id]
        resources = parse_template(newest[-1].body, "root")["Resources"].values()
        return [resource["Properties"]["TemplateURL"] for resource in resources]

    def _delete(self, stack: FakeStack) -> Iterator[None]:
        self._status(stack, "DELETE_IN_PROGRESS")
        yield
        definitions = stack.template["Resources"]
        for logical_id, row in list(stack.resources.items()):
            definition = definitions.get(logical_id, {})
            if row["ResourceType"] == STACK:
                child = self.find(row["PhysicalResourceId"])
                self._row(
                    stack, logical_id, STACK, "DELETE_IN_PROGRESS", physical_id=child.stack_id
                )
                yield from self._delete(child)
                reason = definition = None
                if child.status == "DELETE_FAILED":
                    reason = f"Embedded stack {child.stack_id} was not successfully deleted"
            else:
                reason = definition.get("Properties", {}).get("FailDelete")
                if definition.get("DeletionPolicy") == "Retain":
                    continue
            if reason is not None:
                physical_id = row["PhysicalResourceId"]
                kind_of = row["ResourceType"]
                self._row(
                    stack, logical_id, kind_of, "DELETE_FAILED", reason, physical_id=physical_id
                )
                self._status(stack, "DELETE_FAILED", "The following resource(s) failed to delete")
                return
            row["ResourceStatus"] = "DELETE_COMPLETE"
        self._status(stack, "DELETE_COMPLETE")

    # Change sets.

    def _compute(self, stack_id: str, old: str | None, new: str) -> FakeChangeSet:
        number = next(self._numbers)
        made = FakeChangeSet(f"{_ARN}:changeSet/c{number}/{number}", stack_id, new, [])
        self.change_sets[made.change_set_id] = made
        before = parse_template(old, "old")["Resources"] if old else {}
        template = parse_template(new, "new")
        if "InvalidTemplate" in template.get("Description", ""):
            made.reason = "Template error: it is invalid"
            return made
        after = template["Resources"]
        for logical_id in sorted(before.keys() | after.keys()):
            row = self._change(stack_id, logical_id, before.get(logical_id), after.get(logical_id))
            nested = self.change_sets.get(row.get("ChangeSetId", "")) if row else None
            if nested is not None and nested.reason:
                made.reason = (
                    f"Nested change set {nested.change_set_id} was not successfully created"
                )
            if row is not None:
                made.rows.append({"Type": "Resource", "ResourceChange": row})
        return made

    def _change(
        self, stack_id: str, logical_id: str, old: dict[str, Any] | None, new: dict[str, Any] | None
    ) -> dict[str, Any] | None:
        definition: dict[str, Any] = new or old or {}
        action = "Add" if old is None else "Remove" if new is None else "Modify"
        row: dict[str, Any] = {
            "LogicalResourceId": logical_id,
            "ResourceType": definition["Type"],
            "Action": action,
        }
        if definition["Type"] == STACK:
            return self._nested_change(stack_id, row, old, new)
        if old == new:
            return None
        if old is not None and new is not None:
            was, wanted = old.get("Properties", {}), new.get("Properties", {})
            changed = sorted(k for k in was.keys() | wanted.keys() if was.get(k) != wanted.get(k))
            row["Replacement"] = "True" if "Name" in changed else "False"
            row["Details"] = [{"Target": {"Attribute": "Properties", "Name": k}} for k in changed]
        return row

    def _nested_change(
        self,
        stack_id: str,
        row: dict[str, Any],
        old: dict[str, Any] | None,
        new: dict[str, Any] | None,
    ) -> dict[str, Any]:
        child = None
        if old is not None:
            held = self.stacks[stack_id].resources[row["LogicalResourceId"]]
            child = self.find(held["PhysicalResourceId"])
            row["PhysicalResourceId"] = child.stack_id
        if self.nested_change_sets and new is not None:
            body = self.fetch(new["Properties"]["TemplateURL"])
            nested = self._compute(
                child.stack_id if child else "", child.body if child else None, body
            )
            row["ChangeSetId"] = nested.change_set_id
        return row

    def _change_set(self, change_set_id: str) -> FakeChangeSet:
        made = self.change_sets.get(change_set_id)
        if made is None:
            raise client_error("ChangeSetNotFound", f"{change_set_id} does not exist", "Any")
        return made

    # Bookkeeping.

    def _tick(self) -> datetime:
        return _BEGAN + timedelta(seconds=next(self._numbers))

    def _new(self, name: str, status: str) -> FakeStack:
        stack_id = f"{_ARN}:stack/{name}/{next(self._numbers)}"
        stack = FakeStack(name, stack_id, status, self._tick())
        self.stacks[stack_id] = stack
        return stack

    def _by_name(self, name: str) -> FakeStack | None:
        living = [
            stack
            for stack in self.stacks.values()
            if stack.name == name and stack.status != "DELETE_COMPLETE"
        ]
        return living[-1] if living else None

    def _status(self, stack: FakeStack, status: str, reason: str | None = None) -> None:
        stack.status = status
        self._event(stack, stack.name, STACK, status, reason=reason, physical_id=stack.stack_id)

    def _row(
        self,
        stack: FakeStack,
        logical_id: str,
        resource_type: str,
        status: str,
        reason: str | None = None,
        *,
        physical_id: str | None = None,
    ) -> None:
        physical_id = physical_id or f"{stack.name}-{logical_id}"
        stack.resources[logical_id] = {
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": resource_type,
            "ResourceStatus": status,
        } | ({"ResourceStatusReason": reason} if reason else {})
        self._event(
            stack, logical_id, resource_type, status, reason=reason, physical_id=physical_id
        )

    def _event(
        self,
        stack: FakeStack,
        logical_id: str,
        resource_type: str,
        status: str,
        *,
        reason: str | None,
        physical_id: str,
    ) -> None:
        event: dict[str, Any] = {
            "EventId": f"e{next(self._numbers)}",
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": resource_type,
            "ResourceStatus": status,
            "Timestamp": _BEGAN if self.one_instant else self._tick(),
        }
        stack.events.append(event | ({"ResourceStatusReason": reason} if reason else {}))


def _page(key: str, items: list[Any], token: str) -> dict[str, Any]:
    start = int(token)
    more = {"NextToken": str(start + PAGE_SIZE)} if start + PAGE_SIZE < len(items) else {}
    return {key: items[start : start + PAGE_SIZE], **more}
