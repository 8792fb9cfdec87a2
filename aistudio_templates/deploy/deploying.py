"""Carrying out the state machine's commands, each with one observation as its answer.

Decides nothing: what comes next is ``machine``'s business. Asks AWS through the clients
it is handed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from aistudio_templates import names
from aistudio_templates.deploy.artifact_bucket import ensure_bucket
from aistudio_templates.deploy.bucket_settings import Bucket
from aistudio_templates.deploy.clock import Clock, Polling
from aistudio_templates.deploy.console import Console
from aistudio_templates.deploy.desired import Desired, desire
from aistudio_templates.deploy.overview import failed_resources
from aistudio_templates.deploy.package import upload_missing
from aistudio_templates.deploy.preview import Preview
from aistudio_templates.deploy.reading import (
    deployed_root,
    described,
    stored_inputs_changed,
    uploads,
)
from aistudio_templates.deploy.request import DeployRequest
from aistudio_templates.deploy.stack import ChangeSetRequest, Stack
from aistudio_templates.deploy.status import ROLLED_BACK, SUCCEEDED, Situation, situation
from aistudio_templates.deploy.steps import (
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
from aistudio_templates.deploy.target import Identity
from aistudio_templates.deploy.template_set import TemplateSet
from aistudio_templates.deploy.watch import Watcher, last_event

if TYPE_CHECKING:
    from aistudio_templates.deploy.aws import Aws


def new_token() -> str:
    """Return a name for one operation; AWS takes repetitions under it for the same."""
    return f"aistudio-{uuid.uuid4().hex}"


@dataclass
class Deploying:
    """One deploy's contact with the world.

    Attributes:
        request: What was asked.
        template_set: What is deployed.
        aws: Where to.
        identity: Who the caller is.
        console: Who is told and asked.
        clock: Time.
        polling: How often to ask AWS.
    """

    request: DeployRequest
    template_set: TemplateSet
    aws: Aws
    identity: Identity
    console: Console
    clock: Clock
    polling: Polling
    _desired: Desired | None = field(init=False, default=None)
    _base: Stack | None = field(init=False, default=None)
    _change_set_id: str | None = field(init=False, default=None)
    _watcher: Watcher | None = field(init=False, default=None)

    def perform(self, command: Command) -> Observation:
        """Carry out a command of the machine.

        Raises:
            AIStudioError: AWS refuses, or something cannot be built or confirmed.
        """
        performers: Mapping[type[Any], Callable[[Any], Observation]] = {
            ReadStack: lambda _: self._read(),
            DeleteStack: lambda asked: self._delete(asked.stack_id),
            Package: lambda _: self._package(),
            PrepareChangeSet: lambda asked: self._prepare(create=asked.create),
            Ask: lambda asked: Answered(self.console.confirm(asked.summary, asked.reasons)),
            Recheck: lambda _: self._recheck(),
            Execute: lambda _: self._execute(),
            Watch: lambda _: self._watch(),
            Discard: lambda asked: self._discard(shell=asked.shell),
            Conclude: lambda asked: self._conclude(protect=asked.protect),
        }
        return performers[type(command)](command)

    def _read(self) -> StackRead:
        name = self.template_set.root_stack
        stack = self.aws.cloudformation.describe_stack(name)
        found = situation(stack.status if stack else None)
        deployed = (
            deployed_root(
                self.aws.cloudformation, stack, with_children=self.request.stack is not None
            )
            if stack is not None and found is Situation.UPDATABLE
            else None
        )
        self._base = stack
        self._desired = desire(
            self.template_set,
            self.aws.target,
            self.identity,
            stack=self.request.stack,
            deployed=deployed,
        )
        for added in self._desired.root.added:
            self.console.progress(f"also deploying {added.name}: {added.reason}")
        if stack is None:
            return StackRead(None)
        # After a rollback the template alone does not tell what is really deployed.
        same = (
            deployed is not None
            and stack.status in SUCCEEDED
            and self._desired.equals(stack, deployed.template)
            and not stored_inputs_changed(self.aws, stack, self._desired)
        )
        return described(self.aws.cloudformation, stack, same=same)

    def _delete(self, stack_id: str) -> StackDeleted | StackNotDeleted:
        base = _known(self._base)
        self.console.progress(f"deleting {base.name}, whose creation failed")
        watcher = self._watcher_of(base)
        self.aws.cloudformation.delete_stack(stack_id, new_token())
        watched = watcher.watch()
        if situation(watched.stack.status if watched.stack else None) is Situation.ABSENT:
            return StackDeleted()
        cause = watched.log.root_cause()
        path = cause.path if cause else (base.name,)
        return StackNotDeleted(path, cause.reason if cause else "could not be deleted")

    def _package(self) -> Packaged:
        desired = _known(self._desired)
        bucket = Bucket(
            desired.bucket, self.identity.account_id, self.aws.target.region,
            self.identity.partition,
        )  # fmt: skip
        tags = names.tags(self.template_set.environment, "artifacts", None)
        done = ensure_bucket(self.aws.s3, bucket, tags)
        if done:
            self.console.progress(f"artifact bucket {bucket.name}: {', '.join(done)}")
        needed = uploads(desired, self.request.build_asset)
        keys = upload_missing(self.aws.s3, bucket, needed)
        self.console.progress(f"uploaded {len(keys)} of {len(needed)} files")
        return Packaged()

    def _prepare(self, *, create: bool) -> ChangeSetReady | ChangeSetEmpty | ChangeSetFailed:
        desired, name, door = (
            _known(self._desired),
            self.template_set.root_stack,
            self.aws.cloudformation,
        )
        self.console.progress(f"creating a change set for {name}")
        body = desired.root.body.decode() if desired.root_url is None else None
        request = ChangeSetRequest(
            name=new_token(),
            create=create,
            body=body,
            url=desired.root_url,
            parameters=desired.parameters,
            tags=desired.tags,
            capabilities=desired.capabilities,
        )
        self._change_set_id = door.create_change_set(name, request)
        preview = Preview(door, self.clock, self.polling)
        change_set = preview.wait(self._change_set_id)
        if change_set.is_empty:
            return ChangeSetEmpty()
        if change_set.status != "CREATE_COMPLETE":
            return ChangeSetFailed(preview.failure(change_set))
        if create:
            self._base = door.describe_stack(name)
        summary = preview.summarise(name, change_set, desired.children)
        self.console.summary(summary)
        return ChangeSetReady(summary)

    def _recheck(self) -> Rechecked:
        if self._base is None:
            return Rechecked(same=False)
        now = self.aws.cloudformation.describe_stack(self._base.stack_id)
        return Rechecked(same=now is not None and now.revision == self._base.revision)

    def _execute(self) -> Executed:
        base = _known(self._base)
        # Made before the execution: its mark is the newest event until then.
        self._watcher = self._watcher_of(base)
        self.console.progress(f"executing the change set of {base.name}")
        change_set_id = _known(self._change_set_id)
        accepted = self.aws.cloudformation.execute_change_set(change_set_id, new_token())
        return Executed(accepted, base.stack_id if accepted else "")

    def _watch(self) -> Settled:
        watched = _known(self._watcher).watch()
        status = watched.stack.status if watched.stack else None
        if watched.stack is None or status in SUCCEEDED:
            return Settled(status)
        cause = watched.log.root_cause()
        is_stuck = status not in ROLLED_BACK
        return Settled(
            status=status,
            path=cause.path if cause else (),
            reason=cause.reason if cause else watched.stack.reason or "",
            stuck=failed_resources(self.aws.cloudformation, watched.stack.stack_id)
            if is_stuck
            else (),
        )

    def _discard(self, *, shell: bool) -> Discarded:
        door = self.aws.cloudformation
        if self._change_set_id is not None:
            door.delete_change_set(self._change_set_id)
            self._change_set_id = None
        stack = door.describe_stack(self.template_set.root_stack) if shell else None
        # Only a shell without resources: whatever else bears the name by now is not ours.
        if (
            stack is not None
            and situation(stack.status) is Situation.REVIEW
            and not door.list_resources(stack.stack_id)
        ):
            door.delete_stack(stack.stack_id, new_token())
        return Discarded()

    def _conclude(self, *, protect: bool) -> Concluded:
        door = self.aws.cloudformation
        stack = door.describe_stack(self.template_set.root_stack)
        if stack is None:
            return Concluded({})
        if protect:
            door.protect(stack.stack_id)
            self.console.progress(f"termination protection of {stack.name} is on")
        return Concluded(stack.outputs)

    def _watcher_of(self, before: Stack) -> Watcher:
        door = self.aws.cloudformation
        mark = last_event(door, before.stack_id)
        return Watcher(door, self.console, self.clock, self.polling, before, mark)


_Value = TypeVar("_Value")


def _known(value: _Value | None) -> _Value:
    """Return what an earlier command has left; that the machine keeps the order is tested."""
    if value is None:
        raise RuntimeError("a command came before the one that it builds on")
    return value
