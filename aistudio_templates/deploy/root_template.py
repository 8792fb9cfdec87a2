"""The root template as it is deployed: S3 addresses instead of relative paths.

Pure. A whole deploy takes the rendered root; a single-stack deploy mixes it with the
deployed one, so that every other nested stack keeps the template that it has.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aistudio_templates import names
from aistudio_templates.deploy.events import STACK_TYPE
from aistudio_templates.deploy.template_set import StackEntry, TemplateSet
from aistudio_templates.deploy.template_text import Template, parse_template
from aistudio_templates.errors import RefusedError, TemplateError

_SUB_NAME = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}")
_OUTPUTS = "Outputs."


@dataclass(frozen=True)
class DeployedRoot:
    """What is deployed now.

    Attributes:
        template: The root's template.
        children: Each nested stack's template, by its logical id in the root.
    """

    template: Template
    children: Mapping[str, Template]


@dataclass(frozen=True)
class AddedStack:
    """A stack that a single-stack deploy takes along, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class RootTemplate:
    """A root template ready for a change set.

    Attributes:
        template: The template.
        body: The same as JSON, with sorted keys.
        selected: Names of the stacks that it deploys from the set.
        added: Those among them that were not asked for.
    """

    template: Template
    body: bytes
    selected: tuple[str, ...]
    added: tuple[AddedStack, ...]

    @property
    def sha256(self) -> str:
        """Hash of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def key(self) -> str:
        """Its content-addressed S3 key."""
        return names.template_key(self.sha256)


def whole_root(template_set: TemplateSet, urls: Mapping[str, str]) -> RootTemplate:
    """Return the root with every nested stack of the set.

    Args:
        template_set: The rendered set.
        urls: Template URL of each stack, by stack name.

    Raises:
        TemplateError: The root names a template that the manifest does not.
    """
    template = {**_parsed_root(template_set)}
    resources = template["Resources"]
    template["Resources"] = {**resources, **_addressed(template_set, resources, urls)}
    return _finished(template, tuple(template_set.stacks), ())


def single_stack_root(
    template_set: TemplateSet,
    name: str,
    urls: Mapping[str, str],
    deployed: DeployedRoot | None,
) -> RootTemplate:
    """Return the root that deploys one stack and leaves the others alone.

    Prerequisites are added when they are not deployed, or lack an output that is now
    needed. Other stacks keep their deployed definition; those not deployed are left out.

    Args:
        template_set: The rendered set.
        name: The stack asked for.
        urls: Template URL of each stack, by stack name.
        deployed: What is deployed; ``None`` for nothing.

    Raises:
        ConfigError: The set has no such stack.
        RefusedError: A deployed stack uses an output that would go away.
        TemplateError: The mixed root refers to something that it does not hold.
    """
    added = _prerequisites(template_set, template_set.stack(name), deployed)
    selected = {name, *(stack.name for stack in added)}
    ids = {template_set.stacks[stack].logical_id for stack in selected}
    new = _parsed_root(template_set)
    old: Template = deployed.template if deployed is not None else {"Resources": {}}
    kept = {key: value for key, value in old["Resources"].items() if key not in ids}
    _check_dependents(template_set, selected, kept)
    chosen = {key: value for key, value in new["Resources"].items() if key in ids}
    sections = {
        "Resources": {**kept, **chosen, **_addressed(template_set, chosen, urls)},
        "Parameters": {**old.get("Parameters", {}), **new.get("Parameters", {})},
        "Outputs": {**_outputs_of(old, frozenset(kept)), **_outputs_of(new, frozenset(ids))},
    }
    merged = {**new, **sections}
    # CloudFormation refuses empty sections.
    template = {key: value for key, value in merged.items() if key not in sections or value}
    _check_closed(template)
    return _finished(template, tuple(s for s in template_set.stacks if s in selected), added)


def root_parameters(
    template: Template, values: Mapping[str, str], deployed: Iterable[str]
) -> list[dict[str, Any]]:
    """Return a change set's ``Parameters`` for a root template.

    Args:
        template: The root template.
        values: Values that the engine knows, by parameter name.
        deployed: Names of the parameters that the deployed stack has.

    Raises:
        TemplateError: A parameter has no value, no default, and is new.
    """
    known = frozenset(deployed)
    answer: list[dict[str, Any]] = []
    for name, declaration in sorted(template.get("Parameters", {}).items()):
        if name in values:
            answer.append({"ParameterKey": name, "ParameterValue": values[name]})
        elif name in known:
            # Refused by CloudFormation for a parameter that the stack does not have yet.
            answer.append({"ParameterKey": name, "UsePreviousValue": True})
        elif "Default" not in declaration:
            raise TemplateError(
                f"root template: parameter {name} has neither a value nor a default",
                "give it a default, or bake its value into the templates",
            )
    return answer


def _parsed_root(template_set: TemplateSet) -> Template:
    source = str(template_set.directory / template_set.root_file)
    return parse_template(template_set.root_body, source)


def _addressed(
    template_set: TemplateSet, resources: Mapping[str, Any], urls: Mapping[str, str]
) -> dict[str, Any]:
    names_by_id = {stack.logical_id: stack.name for stack in template_set.stacks.values()}
    addressed = {}
    for logical_id, resource in resources.items():
        if resource["Type"] != STACK_TYPE:
            continue
        name = names_by_id.get(logical_id)
        if name is None:
            raise TemplateError(
                f"{template_set.directory / template_set.root_file}: nested stack {logical_id} "
                "is not in the manifest",
                "run `make templates`",
            )
        properties = {**resource["Properties"], "TemplateURL": urls[name]}
        addressed[logical_id] = {**resource, "Properties": properties}
    return addressed


def _prerequisites(
    template_set: TemplateSet, asked: StackEntry, deployed: DeployedRoot | None
) -> tuple[AddedStack, ...]:
    added: dict[str, AddedStack] = {}
    waiting = [asked]
    while waiting:
        consumer = waiting.pop()
        for source in sorted(consumer.inputs.values(), key=lambda ref: (ref.stack, ref.output)):
            producer = template_set.stack(source.stack)
            reason = _missing(producer, source.output, consumer.name, deployed)
            if reason is None or producer.name in added or producer is asked:
                continue
            added[producer.name] = AddedStack(producer.name, reason)
            waiting.append(producer)
    return tuple(added[name] for name in template_set.stacks if name in added)


def _missing(
    producer: StackEntry, output: str, consumer: str, deployed: DeployedRoot | None
) -> str | None:
    if deployed is None or producer.logical_id not in deployed.children:
        return f"{consumer} needs it and it is not deployed"
    if output not in deployed.children[producer.logical_id].get("Outputs", {}):
        return f"{consumer} needs its output {output}, which the deployed one lacks"
    return None


def _check_dependents(
    template_set: TemplateSet, selected: Iterable[str], kept: Mapping[str, Any]
) -> None:
    outputs = {
        template_set.stacks[name].logical_id: template_set.stacks[name].outputs for name in selected
    }
    for logical_id, resource in sorted(kept.items()):
        for used, attribute in _references(resource):
            output = attribute.removeprefix(_OUTPUTS)
            if used in outputs and attribute and output not in outputs[used]:
                raise RefusedError(
                    f"deployed stack {logical_id} uses output {output} of {used}, "
                    "which the new template no longer has",
                    "deploy the whole set, without --stack",
                )


def _outputs_of(template: Template, logical_ids: frozenset[str]) -> dict[str, Any]:
    return {
        name: output
        for name, output in template.get("Outputs", {}).items()
        if {used for used, attribute in _references(output) if attribute} <= logical_ids
    }


def _check_closed(template: Template) -> None:
    held = template["Resources"].keys() | template.get("Parameters", {}).keys()
    for logical_id, resource in sorted(template["Resources"].items()):
        missing = sorted({used for used, _ in _references(resource)} - held)
        if missing:
            raise TemplateError(
                f"root template: {logical_id} refers to {missing[0]}, which is not deployed",
                "deploy the whole set, without --stack",
            )


def _references(node: Any) -> Iterator[tuple[str, str]]:
    """Yield (name, attribute) of everything that a value refers to; pseudo names left out."""
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    if not isinstance(node, Mapping):
        return
    for key, value in node.items():
        if key == "Ref" and not value.startswith("AWS::"):
            yield value, ""
        elif key == "Fn::GetAtt":
            yield value[0], str(value[1])
        elif key == "Fn::Sub":
            text = value if isinstance(value, str) else value[0]
            yield from _SUB_NAME.findall(text)
        elif key == "DependsOn":
            yield from ((name, "") for name in ([value] if isinstance(value, str) else value))
        else:
            yield from _references(value)


def _finished(
    template: Template, selected: tuple[str, ...], added: tuple[AddedStack, ...]
) -> RootTemplate:
    body = json.dumps(template, indent=1, sort_keys=True, ensure_ascii=False).encode()
    return RootTemplate(template, body, selected, added)
