"""What the state machine asks for (commands) and is told (observations). Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aistudio_templates.deploy.change_set import ChangeSummary


@dataclass(frozen=True)
class StackRead:
    """The root stack as it is before the deploy.

    Attributes:
        status: Its status; ``None`` when there is none.
        stack_id: Its ARN, empty when there is none.
        same: Whether template, parameters and tags are what would be deployed.
        protected: Whether termination protection is on.
        stuck: Failed resources of the set as ``path: reason``, for stuck statuses.
        stateful: Paths of live stateful resources, for a stack to be recreated.
    """

    status: str | None
    stack_id: str = ""
    same: bool = False
    protected: bool = False
    stuck: tuple[str, ...] = ()
    stateful: tuple[str, ...] = ()


NO_STACK = StackRead(None)
"""There is no root stack."""


@dataclass(frozen=True)
class StackDeleted:
    """The failed stack is gone."""


@dataclass(frozen=True)
class StackNotDeleted:
    """The failed stack could not be deleted."""

    path: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Packaged:
    """S3 holds everything that the change set needs."""


@dataclass(frozen=True)
class ChangeSetReady:
    """The change set can be executed."""

    summary: ChangeSummary


@dataclass(frozen=True)
class ChangeSetEmpty:
    """CloudFormation finds nothing to change."""


@dataclass(frozen=True)
class ChangeSetFailed:
    """CloudFormation could not compute the change set."""

    reason: str


@dataclass(frozen=True)
class Answered:
    """A person said yes or no."""

    agreed: bool


@dataclass(frozen=True)
class Rechecked:
    """Whether the stack is still as the change set found it."""

    same: bool


@dataclass(frozen=True)
class Executed:
    """Whether CloudFormation took the execution, or found the change set stale."""

    accepted: bool
    stack_id: str = ""


@dataclass(frozen=True)
class Settled:
    """No operation runs any more.

    Attributes:
        status: The root's status; ``None`` when it was deleted meanwhile.
        path: Where the first failure was.
        reason: CloudFormation's reason for it.
        stuck: Failed resources of the set as ``path: reason``.
    """

    status: str | None
    path: tuple[str, ...] = ()
    reason: str = ""
    stuck: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discarded:
    """The change set, and the shell that it made, are gone."""


@dataclass(frozen=True)
class Concluded:
    """Outputs of the root."""

    outputs: Mapping[str, str]


Observation = (
    StackRead
    | StackDeleted
    | StackNotDeleted
    | Packaged
    | ChangeSetReady
    | ChangeSetEmpty
    | ChangeSetFailed
    | Answered
    | Rechecked
    | Executed
    | Settled
    | Discarded
    | Concluded
)
"""What can come back from carrying out a command."""


@dataclass(frozen=True)
class ReadStack:
    """Read the root stack."""


@dataclass(frozen=True)
class DeleteStack:
    """Delete the failed root and wait."""

    stack_id: str


@dataclass(frozen=True)
class Package:
    """Upload what S3 lacks."""


@dataclass(frozen=True)
class PrepareChangeSet:
    """Create a change set, wait for it, and summarise it."""

    create: bool


@dataclass(frozen=True)
class Ask:
    """Ask a person."""

    summary: ChangeSummary
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Recheck:
    """Read the root again."""


@dataclass(frozen=True)
class Execute:
    """Execute the change set."""


@dataclass(frozen=True)
class Watch:
    """Follow the events until nothing runs."""


@dataclass(frozen=True)
class Discard:
    """Delete the change set, and the empty shell if it is ours."""

    shell: bool


@dataclass(frozen=True)
class Conclude:
    """Switch termination protection on if asked, and read the outputs."""

    protect: bool


Command = (
    ReadStack
    | DeleteStack
    | Package
    | PrepareChangeSet
    | Ask
    | Recheck
    | Execute
    | Watch
    | Discard
    | Conclude
)
"""What the machine can ask for."""
