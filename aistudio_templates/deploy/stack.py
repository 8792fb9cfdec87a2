"""A stack as CloudFormation tells of it, and what a change set is asked for. Pure values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MAX_INLINE_BYTES = 51_200
"""Largest template body that a call takes; a larger one has to lie in S3.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/
cloudformation-limits.html
"""


@dataclass(frozen=True)
class Stack:
    """A stack as DescribeStacks tells it.

    ``resolved_parameters`` has, for parameters that name an SSM parameter, the value that
    CloudFormation took from there; for all others the same as ``parameters``.
    """

    stack_id: str
    name: str
    status: str
    reason: str | None
    updated: datetime
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    resolved_parameters: Mapping[str, str]
    tags: Mapping[str, str]
    termination_protection: bool

    @property
    def revision(self) -> tuple[str, str, datetime]:
        """Changes whenever an operation starts or ends on the stack."""
        return self.stack_id, self.status, self.updated


@dataclass(frozen=True)
class StackResource:
    """A resource as ListStackResources tells it."""

    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str | None


@dataclass(frozen=True)
class ChangeSetRequest:
    """What CreateChangeSet is asked for.

    Attributes:
        name: The change set's name; also its idempotency token.
        create: Whether the stack is to be created.
        body: The root template, at most :data:`MAX_INLINE_BYTES`, or ``None``.
        url: The root template's URL where it is larger.
        parameters: As the call wants them.
        tags: The root stack's tags; CloudFormation hands them down.
        capabilities: Such as ``CAPABILITY_NAMED_IAM``.
    """

    name: str
    create: bool
    body: str | None
    url: str | None
    parameters: Sequence[Mapping[str, Any]]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...]
