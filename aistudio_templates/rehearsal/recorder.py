"""Handlers for the resource types that the emulator lacks.

A recorder checks properties against CloudFormation's schema of the type and makes up
an identity; nothing stands behind it. Runs in the child; may use the emulator's table
of handlers and this room's ``schemas``, ``validation`` and ``identity``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners, stacks

from aistudio_templates.rehearsal.identity import Identity, Place, identify
from aistudio_templates.rehearsal.schemas import (
    create_only_values,
    recreation,
    resource_schema,
    schema_files,
)
from aistudio_templates.rehearsal.validation import check_properties

REASON = "no handler in the emulator; checked against its schema, nothing behind it"
"""Why a type is recorded, for the report."""

_INTERNAL = "AWS::CloudFormation::"
"""CloudFormation's own types change how templates are read: a record would mislead."""


@dataclass(frozen=True)
class Recorder:
    """Create, update and delete for one resource type."""

    resource_type: str
    region: str

    def create(
        self, logical_id: str, properties: Mapping[str, Any], stack_name: str
    ) -> tuple[str, dict[str, Any]]:
        """Return the physical id and the attributes of a new resource.

        Raises:
            ValueError: The properties are not valid.
        """
        identity = self._checked(logical_id, properties, stack_name)
        return identity.physical_id, dict(identity.attributes)

    def update(
        self,
        physical_id: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        stack_name: str,
        logical_id: str,
    ) -> tuple[str, dict[str, Any]]:
        """Return the physical id and the attributes after an update.

        Raises:
            ValueError: The new properties are not valid.
        """
        identity = self._checked(logical_id, new, stack_name)
        schema = resource_schema(self.resource_type, self.region)
        if create_only_values(schema, old) != create_only_values(schema, new):
            return identity.physical_id, dict(identity.attributes)
        return physical_id, dict(identity.attributes)

    def delete(self, physical_id: str, properties: Mapping[str, Any]) -> None:
        """Forget a resource, of which nothing was kept."""

    def _checked(self, logical_id: str, properties: Mapping[str, Any], stack_name: str) -> Identity:
        schema = resource_schema(self.resource_type, self.region)
        check_properties(schema, properties, logical_id=logical_id)
        place = Place(stack_name, logical_id, get_account_id(), get_region())
        return identify(schema, properties, place)


def register(region: str) -> frozenset[str]:
    """Give every type that has a schema but no handler a recorder.

    Args:
        region: Whose resource types there are.

    Returns:
        The types that are recorded from now on.
    """
    table = provisioners._RESOURCE_HANDLERS
    missing = frozenset(
        name for name in schema_files(region) if name not in table and _INTERNAL not in name
    )
    for resource_type in missing:
        recorder = Recorder(resource_type, region)
        table[resource_type] = {
            "create": recorder.create,
            "update": recorder.update,
            "update_with_logical_id": True,
            "delete": recorder.delete,
        }
    _report_replacements(missing, region)
    return missing


def _report_replacements(recorded: frozenset[str], region: str) -> None:
    """Let change sets and updates know which properties replace a recorded resource."""
    emulated = provisioners._property_recreation

    def property_recreation(resource_type: str, name: str) -> str:
        if resource_type in recorded:
            return recreation(resource_schema(resource_type, region), name)
        answer: str = emulated(resource_type, name)
        return answer

    for module in (provisioners, stacks):
        module._property_recreation = property_recreation
