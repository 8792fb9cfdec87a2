"""The typed contract between stacks: what a stack outputs, as a frozen dataclass.

A builder fills the fields with expressions of its own resources; the composition
hands consumers the same class, filled with references to the parameters that carry
those values. mypy therefore names an output that does not exist.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from troposphere import Ref

from aistudio_templates import names

Value = Any
"""A string, or a troposphere expression that CloudFormation resolves to one."""


@dataclasses.dataclass(frozen=True)
class Described:
    """An exported value, and facts about it that are known while composing.

    CloudFormation carries ``value``; a subclass's other fields (a timeout, a size) reach
    the consumer as they are.

    Attributes:
        value: The producer's expression, or the consumer's reference to it.
    """

    value: Value


DescribedT = TypeVar("DescribedT", bound=Described)


@dataclasses.dataclass(frozen=True)
class Outputs:
    """Base of every stack's outputs; all fields are made with :func:`exported`."""


OutputsT = TypeVar("OutputsT", bound=Outputs)


@dataclasses.dataclass(frozen=True)
class OutputField:
    """What :func:`exported` declared about one output.

    Attributes:
        name: Field name, in snake case.
        parameter_type: CloudFormation parameter type at the consumer.
        description: What the value is; the output's description in the template.
        published: Whether the root stack shows it, for people and scripts.
    """

    name: str
    parameter_type: str
    description: str
    published: bool

    @property
    def output_name(self) -> str:
        """The output's name in the template, in PascalCase."""
        return names.pascal_case(self.name)

    @property
    def is_list(self) -> bool:
        """Whether the value is a list, carried as comma-separated text."""
        return self.parameter_type.startswith(("List<", "CommaDelimitedList"))


def exported(parameter_type: str, description: str, *, published: bool = False) -> Any:
    """Declare a field of an :class:`Outputs` class.

    Args:
        parameter_type: CloudFormation parameter type under which consumers receive it,
            such as ``"AWS::EC2::VPC::Id"`` or ``"List<AWS::EC2::Subnet::Id>"``.
        description: What the value is; at most 1,024 bytes.
        published: Show it among the root stack's outputs.

    Returns:
        A dataclass field whose default is ``None``: the stack has no such output in
        this environment, and consumers must handle that.
    """
    return dataclasses.field(
        default=None,
        metadata={
            "parameter_type": parameter_type,
            "description": description,
            "published": published,
        },
    )


def output_fields(outputs: type[Outputs] | Outputs) -> tuple[OutputField, ...]:
    """Return the declared outputs of a class or value, in order of declaration."""
    return tuple(
        OutputField(name=field.name, **field.metadata) for field in dataclasses.fields(outputs)
    )


def consumed(stack: str, outputs: OutputsT) -> OutputsT:
    """Return ``outputs`` as a later stack sees them.

    Args:
        stack: Name of the stack that produces them.
        outputs: The producer's values; ``None`` fields stay ``None``.

    Returns:
        The same class, each field a ``Ref`` to the consumer's parameter.
    """
    references = {
        field.name: _referring(
            getattr(outputs, field.name), Ref(names.input_parameter(stack, field.name))
        )
        for field in output_fields(outputs)
        if getattr(outputs, field.name) is not None
    }
    return dataclasses.replace(outputs, **references)


def _referring(produced: Any, reference: Value) -> Any:
    if isinstance(produced, Described):
        return dataclasses.replace(produced, value=reference)
    return reference


def expression(produced: Any) -> Value:
    """Return what CloudFormation resolves, without the facts beside it."""
    return produced.value if isinstance(produced, Described) else produced


def described(described_type: type[DescribedT], *outputs: Outputs) -> tuple[DescribedT, ...]:
    """Return all values of one described type among the fields of ``outputs``, in order."""
    values = (getattr(o, field.name) for o in outputs for field in output_fields(o))
    return tuple(value for value in values if isinstance(value, described_type))
