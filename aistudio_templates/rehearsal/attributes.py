"""Completes what emulated resources answer to ``Fn::GetAtt``.

Observed with ministack 1.5.33: a type's handler answers the attributes its authors
needed, and ``Fn::GetAtt`` of any other fails the stack, though CloudFormation knows it:
``CidrBlock`` of a VPC is an example. Here every read-only property of the schema
that is missing is made up, and the few properties that CloudFormation also answers are
copied. What the emulator answers itself is never replaced.

Runs in the child; may use the emulator and this room's ``schemas`` and ``identity``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

from aistudio_templates.rehearsal.identity import Place, identify
from aistudio_templates.rehearsal.schemas import ResourceSchema, resource_schema, schema_files

_PROPERTIES_AS_ATTRIBUTES = {
    "AWS::EC2::Subnet": ("AvailabilityZone", "CidrBlock", "VpcId"),
    "AWS::EC2::VPC": ("CidrBlock",),
    "AWS::SSM::Parameter": ("Type", "Value"),
}
"""Properties that ``Fn::GetAtt`` answers though they are not read-only.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html
"""

Handler = Callable[..., tuple[str, dict[str, Any] | None]]


def complete_all(region: str) -> None:
    """Complete the attributes of every emulated type that has a schema."""
    known = schema_files(region)
    for resource_type, handler in provisioners._RESOURCE_HANDLERS.items():
        if resource_type not in known or resource_type.startswith("AWS::CloudFormation::"):
            continue
        schema_of = functools.partial(resource_schema, resource_type, region)
        if "create" in handler:
            handler["create"] = _completing(handler["create"], schema_of, properties_at=1)
        if "update" in handler:
            handler["update"] = _completing(handler["update"], schema_of, properties_at=2)


def _completing(
    handle: Handler, schema_of: Callable[[], ResourceSchema], *, properties_at: int
) -> Handler:
    """Return ``handle`` with its answer completed.

    Args:
        handle: Takes the properties, then the stack's name, as positional arguments.
        schema_of: Loads the type's schema when it is first needed.
        properties_at: Position of the properties among the arguments.
    """

    @functools.wraps(handle)
    def completing(*arguments: Any) -> tuple[str, dict[str, Any]]:
        physical_id, attributes = handle(*arguments)
        properties, stack_name = arguments[properties_at : properties_at + 2]
        made_up = _made_up(schema_of(), properties, physical_id, stack_name)
        return physical_id, {**made_up, **(attributes or {})}

    return completing


def _made_up(
    schema: ResourceSchema, properties: Mapping[str, Any], physical_id: str, stack_name: str
) -> dict[str, Any]:
    """Return every attribute of the schema, the same for the same physical id."""
    copied = {
        name: properties[name]
        for name in _PROPERTIES_AS_ATTRIBUTES.get(schema.type_name, ())
        if name in properties
    }
    place = Place(stack_name, physical_id, get_account_id(), get_region())
    return {**identify(schema, properties, place).attributes, **copied}
