"""Closing stacks into one set: typed wiring in, parameters and a root template out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from troposphere import Join, encode_to_dict

from aistudio_templates import names
from aistudio_templates.assets import Asset
from aistudio_templates.errors import TemplateError, UnknownReferenceError, valid_choices
from aistudio_templates.model.limits import check_limits
from aistudio_templates.model.outputs import (
    OutputField,
    Outputs,
    consumed,
    expression,
    output_fields,
)
from aistudio_templates.model.references import referenced_names
from aistudio_templates.model.root import root_template
from aistudio_templates.model.stack_template import StackTemplate
from aistudio_templates.model.tagging import apply_tags

OutputsT = TypeVar("OutputsT", bound=Outputs)

TemplateBody = dict[str, Any]
"""A CloudFormation template as plain dictionaries, long-form intrinsics."""


@dataclass(frozen=True)
class StackInput:
    """One parameter of a closed stack: the output of an earlier stack.

    Attributes:
        stack: The producing stack's name.
        output: The output's name in the producer's template.
        parameter_type: The parameter's CloudFormation type.
        description: The output's description.
    """

    stack: str
    output: str
    parameter_type: str
    description: str


@dataclass(frozen=True)
class ClosedStack:
    """A stack in which every reference is resolved.

    Attributes:
        name: Such as ``database``.
        body: Its template.
        inputs: Parameter name → the output of an earlier stack that feeds it.
        outputs: What it offers, without the outputs that this environment lacks.
        assets: The function sources that it names by digest.
    """

    name: str
    body: TemplateBody
    inputs: Mapping[str, StackInput]
    outputs: tuple[OutputField, ...]
    assets: tuple[Asset, ...]

    @property
    def logical_id(self) -> str:
        """Logical id of the nested stack in the root template."""
        return names.pascal_case(self.name)

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Names of the stacks whose outputs it consumes, sorted."""
        return tuple(sorted({value.stack for value in self.inputs.values()}))


@dataclass(frozen=True)
class Assembly:
    """A composed environment: closed stacks in dependency order, and their root.

    Attributes:
        environment: Such as ``prod``.
        stacks: Each after all stacks that it depends on.
        root: The root template, with relative template URLs.
        tags: The tags of the whole set.
    """

    environment: str
    stacks: tuple[ClosedStack, ...]
    root: TemplateBody
    tags: Mapping[str, str]

    @property
    def assets(self) -> tuple[Asset, ...]:
        """Every asset of the set once, by name."""
        return tuple(
            {asset.name: asset for stack in self.stacks for asset in stack.assets}.values()
        )

    def unused_outputs(self) -> tuple[str, ...]:
        """Return outputs that no stack consumes and the root does not publish.

        Each as ``network.vpc_id``; a composed set should have none.
        """
        used = {(i.stack, i.output) for stack in self.stacks for i in stack.inputs.values()}
        return tuple(
            f"{stack.name}.{output.name}"
            for stack in self.stacks
            for output in stack.outputs
            if not output.published and (stack.name, output.output_name) not in used
        )


@dataclass
class Composition:
    """Takes stacks in dependency order; the one stateful value, alive while composing.

    Attributes:
        environment: The environment that is composed.
        cost_center: Value of the ``CostCenter`` tag; ``None`` leaves it out.
    """

    environment: str
    cost_center: str | None = None
    _stacks: dict[str, ClosedStack] = field(default_factory=dict)
    _available: dict[str, StackInput] = field(default_factory=dict)

    def add(self, name: str, stack: StackTemplate[OutputsT]) -> OutputsT:
        """Close ``stack`` and return its outputs as later stacks see them.

        Args:
            name: The stack's name in snake case; unique in the set.
            stack: What the builder returned; owned by the composition from here on.

        Raises:
            UnknownReferenceError: It refers to a name that neither it nor an earlier
                stack offers.
            TemplateError: The name is taken, or a parameter of its own is not used.
            TemplateLimitError: It exceeds a CloudFormation quota.
        """
        if name in self._stacks:
            raise TemplateError(f"stack {name}: added twice", "give each stack a name of its own")
        apply_tags(stack.template, names.tags(self.environment, name, self.cost_center))
        body = stack.template.to_dict()
        inputs = self._close(name, body)
        fields = tuple(
            f for f in output_fields(stack.outputs) if getattr(stack.outputs, f.name) is not None
        )
        if fields:
            body["Outputs"] = {
                f.output_name: _output(f, getattr(stack.outputs, f.name)) for f in fields
            }
        check_limits(name, body)
        self._stacks[name] = ClosedStack(name, body, inputs, fields, stack.assets)
        self._offer(name, fields)
        return consumed(name, stack.outputs)

    def assembly(self) -> Assembly:
        """Return the composed set with its root template.

        Raises:
            TemplateLimitError: The root exceeds a CloudFormation quota.
        """
        stacks = tuple(self._stacks.values())
        tags = names.tags(self.environment, names.ROOT_STACK, self.cost_center)
        root = root_template(self.environment, stacks, tags)
        check_limits(names.ROOT_STACK, root)
        return Assembly(self.environment, stacks, root, tags)

    def _close(self, name: str, body: TemplateBody) -> dict[str, StackInput]:
        """Add a parameter for each name that an earlier stack offers; return them."""
        referenced = set(referenced_names(body["Resources"]))
        own = body.get("Parameters", {})
        if unused := sorted(own.keys() - referenced):
            raise TemplateError(f"stack {name}: parameter {unused[0]} is used nowhere")
        open_names = sorted(referenced - body["Resources"].keys() - own.keys())
        parameters = {open_name: self._parameter(name, open_name) for open_name in open_names}
        if parameters:
            body["Parameters"] = own | parameters
        return {n: self._available[n] for n in open_names if n in self._available}

    def _parameter(self, stack: str, name: str) -> dict[str, str]:
        if name == names.ARTIFACT_BUCKET_PARAMETER:
            return {"Type": "String", "Description": "Bucket that holds the functions' code"}
        try:
            offered = self._available[name]
        except KeyError as error:
            raise UnknownReferenceError(
                f"stack {stack}: refers to {name}, which neither it nor an earlier stack defines",
                valid_choices(name, self._available),
            ) from error
        return {"Type": offered.parameter_type, "Description": offered.description}

    def _offer(self, name: str, fields: tuple[OutputField, ...]) -> None:
        for output in fields:
            self._available[names.input_parameter(name, output.name)] = StackInput(
                name, output.output_name, output.parameter_type, output.description
            )


def _output(output: OutputField, produced: Any) -> dict[str, Any]:
    value = expression(produced)
    if output.is_list:
        value = Join(",", value)
    return {"Description": output.description, "Value": encode_to_dict(value)}
