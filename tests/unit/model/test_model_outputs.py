from dataclasses import dataclass

from troposphere import GetAtt, Ref, sqs

from aistudio_templates.model import (
    Composition,
    Described,
    Outputs,
    Value,
    described,
    exported,
    stack_template,
)


@dataclass(frozen=True)
class Size(Described):
    """A value with a fact."""

    mib: int


@dataclass(frozen=True)
class Produced(Outputs):
    """Two described outputs and a plain one."""

    large: Size = exported("String", "The large one")
    small: Size | None = exported("String", "The small one")
    url: Value = exported("String", "The address")


def test_cloudformation_carries_the_value_and_python_the_facts() -> None:
    queue = sqs.Queue("Queue")
    composition = Composition("dev")
    outputs = Produced(large=Size(GetAtt(queue, "QueueName"), 512), url=Ref(queue))
    consumed = composition.add("first", stack_template("d", [queue], outputs))
    (stack,) = composition.assembly().stacks
    assert stack.body["Outputs"]["Large"]["Value"] == {"Fn::GetAtt": ["Queue", "QueueName"]}
    assert consumed.large.mib == 512
    assert consumed.large.value.to_dict() == {"Ref": "FirstLarge"}
    assert consumed.small is None


def test_described_values_are_found_by_type_in_order() -> None:
    one = Produced(large=Size("a", 1), small=Size("b", 2), url="c")
    two = Produced(large=Size("d", 3))
    assert described(Size, one, two) == (Size("a", 1), Size("b", 2), Size("d", 3))
