"""Optional properties: absent from the template when they have no value."""

from __future__ import annotations

from typing import Any


def present(**properties: Any) -> dict[str, Any]:
    """Return ``properties`` without those that are ``None``.

    An absent property is easier to review than ``AWS::NoValue``, and is what
    CloudFormation makes of it anyway.
    """
    return {name: value for name, value in properties.items() if value is not None}
