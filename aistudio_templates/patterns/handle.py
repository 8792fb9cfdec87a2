"""What every pattern returns: a frozen value that iterates over its resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from troposphere import AWSObject
from troposphere.cloudformation import AWSCustomObject


@dataclass(frozen=True)
class Handle:
    """Base of the patterns' results; iterating yields all resources, nested ones too.

    A field may hold a resource, another handle, a tuple of either, or a plain value,
    which is skipped; parameters are no resources, see :func:`parameters_of`.
    """

    def __iter__(self) -> Iterator[Any]:
        for field in fields(self):
            yield from _resources(getattr(self, field.name))


def _resources(value: Any) -> Iterator[Any]:
    if isinstance(value, AWSObject | AWSCustomObject):
        yield value
    elif isinstance(value, Handle):
        yield from value
    elif isinstance(value, tuple):
        for item in value:
            yield from _resources(item)


def resources(*parts: Iterable[Any] | None) -> Iterator[Any]:
    """Yield the resources of several handles or sequences; ``None`` has none."""
    for part in parts:
        if part is not None:
            yield from part
