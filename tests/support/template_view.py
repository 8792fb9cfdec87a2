"""Partial assertions on a template's dictionary: say what matters, ignore the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Absent:
    """Stands for a property that must not be there."""


ABSENT = Absent()


class TemplateView:
    """A template in which tests look for resources."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body
        self.resources: Mapping[str, Any] = body["Resources"]

    def of_type(self, resource_type: str) -> dict[str, Any]:
        """Return the resources of one type, by logical id."""
        return {k: v for k, v in self.resources.items() if v["Type"] == resource_type}

    def only(self, resource_type: str) -> ResourceView:
        """Return the only resource of a type; fails with what there is otherwise."""
        found = self.of_type(resource_type)
        assert len(found) == 1, f"{resource_type}: expected one, found {sorted(found)}"
        ((logical_id, resource),) = found.items()
        return ResourceView(logical_id, resource)

    def get(self, logical_id: str) -> ResourceView:
        """Return a resource by its logical id."""
        assert logical_id in self.resources, f"no {logical_id} among {sorted(self.resources)}"
        return ResourceView(logical_id, self.resources[logical_id])


class ResourceView:
    """One resource; ``has`` compares the given properties only."""

    def __init__(self, logical_id: str, resource: Mapping[str, Any]) -> None:
        self.logical_id = logical_id
        self.resource = resource
        self.properties: Mapping[str, Any] = resource.get("Properties", {})

    def has(self, **expected: Any) -> ResourceView:
        """Check properties: nested dictionaries partially, everything else exactly."""
        for name, value in expected.items():
            problem = mismatch(self.properties.get(name, ABSENT), value, name)
            assert problem is None, f"{self.logical_id}.{problem}"
        return self


def mismatch(actual: Any, expected: Any, path: str) -> str | None:
    """Return where ``actual`` misses ``expected``, or ``None``."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key, value in expected.items():
            problem = mismatch(actual.get(key, ABSENT), value, f"{path}.{key}")
            if problem:
                return problem
        return None
    if isinstance(expected, Absent):
        return None if isinstance(actual, Absent) else f"{path} should be absent, is {actual!r}"
    return None if actual == expected else f"{path} is {actual!r}, expected {expected!r}"
