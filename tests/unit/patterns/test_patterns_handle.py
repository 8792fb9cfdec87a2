from dataclasses import dataclass
from typing import Any

from troposphere import sqs
from troposphere.cloudformation import CustomResource

from aistudio_templates.patterns.handle import Handle, resources


@dataclass(frozen=True)
class Inner(Handle):
    queue: Any
    name: str = "not a resource"


@dataclass(frozen=True)
class Outer(Handle):
    inner: Inner
    several: tuple[Any, ...]
    missing: Any | None = None


def test_iterating_finds_nested_resources_in_order() -> None:
    custom = CustomResource("D", ServiceToken="token")
    handle = Outer(Inner(sqs.Queue("A")), (sqs.Queue("B"), Inner(sqs.Queue("C"))), custom)
    assert [resource.title for resource in handle] == ["A", "B", "C", "D"]


def test_missing_parts_have_no_resources() -> None:
    assert [r.title for r in resources(None, Inner(sqs.Queue("A")), [sqs.Queue("B")])] == ["A", "B"]
