"""Following references of a composed set to the resource that they end at."""

from __future__ import annotations

import re
from typing import Any

from aistudio_templates.model import Assembly, ClosedStack

_SUB_NAME = re.compile(r"\$\{([A-Za-z0-9.]+)\}")

Place = tuple[str, str]
"""A stack's name and a logical id in it."""


class Wiring:
    """A composed set, and where its references lead."""

    def __init__(self, assembly: Assembly) -> None:
        self.stacks: dict[str, ClosedStack] = {stack.name: stack for stack in assembly.stacks}

    def resources(self, *types: str) -> dict[Place, dict[str, Any]]:
        """Return all resources of some types, by place; of all types without any."""
        return {
            (stack.name, logical_id): resource
            for stack in self.stacks.values()
            for logical_id, resource in stack.body["Resources"].items()
            if not types or resource["Type"] in types
        }

    def resource(self, place: Place) -> dict[str, Any]:
        """Return the resource at a place."""
        stack, logical_id = place
        found: dict[str, Any] = self.stacks[stack].body["Resources"][logical_id]
        return found

    def target(self, stack: str, value: Any) -> Place | None:
        """Return where a ``Ref``, ``GetAtt`` or a whole ``${…}`` ends; ``None`` for text."""
        name = _name(value)
        return None if name is None else self.named(stack, name)

    def named(self, stack: str, name: str) -> Place | None:
        """Return where the name of a resource or parameter of ``stack`` ends."""
        closed = self.stacks[stack]
        if name in closed.body["Resources"]:
            return stack, name
        if name not in closed.inputs:
            return None
        source = closed.inputs[name]
        produced = self.stacks[source.stack].body["Outputs"][source.output]["Value"]
        return self.target(source.stack, produced)


def _name(value: Any) -> str | None:
    if isinstance(value, str):
        whole = _SUB_NAME.fullmatch(value)
        return whole[1].split(".")[0] if whole else None
    if not isinstance(value, dict):
        return None
    if "Ref" in value:
        return str(value["Ref"])
    if "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"][0])
    if isinstance(value.get("Fn::Sub"), str):
        return _name(value["Fn::Sub"])
    return None
