"""What patterns return, as templates in which tests look for resources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from troposphere import encode_to_dict

from support.template_view import ResourceView, TemplateView


def view(*parts: Iterable[Any]) -> TemplateView:
    """Return the resources of some handles as a template."""
    resources = {r.title: r.to_dict() for part in parts for r in part}
    return TemplateView({"Resources": resources})


def allowed(statements: Iterable[Any]) -> dict[str, Any]:
    """Return what IAM statements allow: resources by action."""
    return {
        action: statement["Resource"]
        for statement in encode_to_dict(list(statements))
        for action in statement["Action"]
    }


def role_statements(role: ResourceView) -> list[dict[str, Any]]:
    """Return the statements of a role's inline policies."""
    return [
        statement
        for policy in role.properties.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]
