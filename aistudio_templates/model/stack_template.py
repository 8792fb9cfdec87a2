"""What a stack's builder returns: a template, its typed outputs and its assets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from troposphere import Parameter, Template

from aistudio_templates.assets import Asset
from aistudio_templates.errors import TemplateError, TemplateLimitError
from aistudio_templates.model.limits import MAX_ENTRIES
from aistudio_templates.model.outputs import Outputs

OutputsT = TypeVar("OutputsT", bound=Outputs)

Resource = Any
"""A troposphere resource; troposphere is untyped, so mypy sees ``Any``."""


@dataclass(frozen=True)
class StackTemplate(Generic[OutputsT]):
    """A stack before it is closed.

    Attributes:
        template: Its resources and own parameters; owned by the composition once added.
        outputs: The values it offers, as expressions of its own resources.
        assets: The function sources that its resources name by digest.
    """

    template: Template
    outputs: OutputsT
    assets: tuple[Asset, ...] = ()


def stack_template(
    description: str,
    resources: Iterable[Resource],
    outputs: OutputsT,
    *,
    parameters: Iterable[Parameter] = (),
    assets: Iterable[Asset] = (),
) -> StackTemplate[OutputsT]:
    """Collect what patterns returned into a :class:`StackTemplate`.

    Args:
        description: The template's description; at most 1,024 bytes.
        resources: troposphere resources; logical ids must be unique.
        outputs: The stack's outputs.
        parameters: Parameters of the stack's own, each with a default (such as SSM
            paths); inputs from other stacks need none, the composition adds them.
        assets: The function sources named by the resources.

    Raises:
        TemplateError: Two resources share a logical id.
        TemplateLimitError: There are more resources than a template may have.
    """
    listed = list(resources)
    if len(listed) > MAX_ENTRIES["Resources"]:
        raise TemplateLimitError(
            f"{description}: {len(listed)} Resources, CloudFormation allows "
            f"{MAX_ENTRIES['Resources']}",
            "split the stack in two",
        )
    template = Template(Description=description)
    try:
        for resource in listed:
            template.add_resource(resource)
        for parameter in parameters:
            template.add_parameter(parameter)
    except ValueError as error:
        raise TemplateError(str(error), "give one of the two another logical id") from error
    return StackTemplate(template, outputs, tuple(assets))
