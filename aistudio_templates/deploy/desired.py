"""What is to be deployed: root template, parameters, tags and uploads, as one value.

Pure: made from a template set, the target and what is deployed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aistudio_templates import names
from aistudio_templates.deploy.root_template import (
    DeployedRoot,
    RootTemplate,
    root_parameters,
    single_stack_root,
    whole_root,
)
from aistudio_templates.deploy.stack import MAX_INLINE_BYTES, Stack
from aistudio_templates.deploy.target import Identity, Target, object_url
from aistudio_templates.deploy.template_set import AssetEntry, StackEntry, TemplateSet
from aistudio_templates.deploy.template_text import Template, parse_template

_IAM = b"AWS::IAM::"
_SSM_VALUE = "AWS::SSM::Parameter::Value<"


@dataclass(frozen=True)
class Desired:
    """What is to be deployed.

    Attributes:
        template_set: Where it comes from.
        root: The root template.
        parameters: The root's parameters, as CreateChangeSet wants them.
        tags: The root's tags.
        bucket: Name of the artifact bucket.
        root_url: The root's URL, if it is too large to be sent along; else ``None``.
    """

    template_set: TemplateSet
    root: RootTemplate
    parameters: Sequence[Mapping[str, Any]]
    tags: Mapping[str, str]
    bucket: str
    root_url: str | None

    @property
    def stacks(self) -> tuple[StackEntry, ...]:
        """The stacks that are deployed from the set."""
        return tuple(self.template_set.stacks[name] for name in self.root.selected)

    @property
    def children(self) -> Mapping[str, Template]:
        """Their templates, by logical id."""
        return {
            stack.logical_id: parse_template(stack.body, f"template of {stack.name}")
            for stack in self.stacks
        }

    @property
    def assets(self) -> tuple[AssetEntry, ...]:
        """The function code that those stacks refer to, by its digest."""
        return tuple(
            asset
            for asset in self.template_set.assets.values()
            if any(asset.digest.encode() in stack.body for stack in self.stacks)
        )

    @property
    def stored_inputs(self) -> Mapping[str, Mapping[str, str]]:
        """What nested templates take from Parameter Store.

        Logical id of the nested stack → its parameter → name of the SSM parameter.
        """
        found = {
            logical_id: {
                name: str(parameter["Default"])
                for name, parameter in template.get("Parameters", {}).items()
                if str(parameter["Type"]).startswith(_SSM_VALUE) and "Default" in parameter
            }
            for logical_id, template in self.children.items()
        }
        return {logical_id: inputs for logical_id, inputs in found.items() if inputs}

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What CloudFormation wants acknowledged: named IAM resources, if there are any.

        The whole set counts: with one stack deployed, the others are still in the root.
        """
        has_iam = any(_IAM in stack.body for stack in self.template_set.stacks.values())
        return ("CAPABILITY_NAMED_IAM",) if has_iam else ()

    def equals(self, stack: Stack, template: Template) -> bool:
        """Return whether ``stack`` with root ``template`` already is what is desired.

        Values that nested templates take from Parameter Store may still have changed:
        see :attr:`stored_inputs`.
        """
        values = {
            parameter["ParameterKey"]: parameter["ParameterValue"]
            for parameter in self.parameters
            if "ParameterValue" in parameter
        }
        return (
            template == self.root.template
            and stack.tags == self.tags
            and all(stack.parameters.get(name) == value for name, value in values.items())
        )


def desire(
    template_set: TemplateSet,
    target: Target,
    identity: Identity,
    *,
    stack: str | None,
    deployed: DeployedRoot | None,
) -> Desired:
    """Return what is to be deployed.

    Args:
        template_set: The rendered set.
        target: Where to.
        identity: Who deploys: the account and partition are parts of addresses.
        stack: Only this stack and what it cannot do without; ``None`` for all.
        deployed: What is deployed; ``None`` for nothing.

    Raises:
        ConfigError: The set has no such stack.
        RefusedError: A deployed stack uses an output that would go away.
        TemplateError: The root cannot be closed, or a parameter has no value.
    """
    bucket = names.artifact_bucket(identity.account_id, target.region)
    url = partial(object_url, target, identity.partition, bucket)
    urls = {name: url(entry.key) for name, entry in template_set.stacks.items()}
    root = (
        whole_root(template_set, urls)
        if stack is None
        else single_stack_root(template_set, stack, urls, deployed)
    )
    is_inline = len(root.body) <= MAX_INLINE_BYTES
    return Desired(
        template_set=template_set,
        root=root,
        parameters=_parameters(root, bucket, deployed),
        tags=template_set.tags,
        bucket=bucket,
        root_url=None if is_inline else url(root.key),
    )


def _parameters(
    root: RootTemplate, bucket: str, deployed: DeployedRoot | None
) -> Sequence[Mapping[str, Any]]:
    known = deployed.template.get("Parameters", {}) if deployed is not None else {}
    return root_parameters(root.template, {names.ARTIFACT_BUCKET_PARAMETER: bucket}, known)
