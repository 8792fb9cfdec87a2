"""The root template: one nested stack for each closed stack, wired by outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aistudio_templates import names

if TYPE_CHECKING:
    from aistudio_templates.model.composition import ClosedStack

_URL_REASON = "packaging replaces the relative path by the template's S3 URL"


def root_template(
    environment: str, stacks: Sequence[ClosedStack], tags: Mapping[str, str]
) -> dict[str, Any]:
    """Return the root template of a set.

    Args:
        environment: Such as ``prod``.
        stacks: The closed stacks, in dependency order.
        tags: Tags of the nested stacks, but for ``Stack``, which is each one's own name:
            CloudFormation hands them down to resources that have none of ours.

    Returns:
        A template whose ``TemplateURL`` are relative paths, as
        ``aws cloudformation package`` expects them, and whose outputs are the
        published ones of all stacks, named ``<Stack><Output>``.
    """
    body: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"AI Studio, {environment}: the nested stack set",
        "Resources": {stack.logical_id: _nested_stack(stack, tags) for stack in stacks},
        "Outputs": {
            stack.logical_id + output.output_name: {
                "Description": output.description,
                "Value": _output_of(stack.logical_id, output.output_name),
            }
            for stack in stacks
            for output in stack.outputs
            if output.published
        },
    }
    if any(stack.assets for stack in stacks):
        body["Parameters"] = {
            names.ARTIFACT_BUCKET_PARAMETER: {
                "Type": "String",
                "Description": "Bucket that holds the functions' code",
            }
        }
    return body


def _nested_stack(stack: ClosedStack, tags: Mapping[str, str]) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        name: _output_of(names.pascal_case(source.stack), source.output)
        for name, source in stack.inputs.items()
    }
    if stack.assets:
        parameters[names.ARTIFACT_BUCKET_PARAMETER] = {"Ref": names.ARTIFACT_BUCKET_PARAMETER}
    own = {**tags, "Stack": stack.name}
    properties: dict[str, Any] = {
        "TemplateURL": f"./{names.template_file(stack.name)}",
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(own.items())],
    }
    if parameters:
        properties["Parameters"] = parameters
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": properties,
        # Removing a stack from the set must not delete its data by the way: what has to
        # survive carries its own Retain or Snapshot policy inside the nested stack.
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Metadata": {
            "Suppressions": {"W3002": _URL_REASON},
            "cfn-lint": {"config": {"ignore_checks": ["W3002"]}},
        },
    }


def _output_of(logical_id: str, output: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, f"Outputs.{output}"]}
