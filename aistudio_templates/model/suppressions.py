"""Exceptions to cfn-lint rules, each at its resource and with its reason.

There is no global ignore list: a reviewer meets the exception where it applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def suppress(resource: Any, reasons: Mapping[str, str]) -> Any:
    """Return ``resource`` with cfn-lint rules switched off in its metadata.

    Args:
        resource: A troposphere resource; changed in place.
        reasons: Rule id → why the rule does not apply here.

    Source: https://github.com/aws-cloudformation/cfn-lint#resource-based-metadata
    """
    metadata = dict(getattr(resource, "Metadata", None) or {})
    known = metadata.get("Suppressions", {})
    merged = {**known, **reasons}
    metadata["Suppressions"] = dict(sorted(merged.items()))
    metadata["cfn-lint"] = {"config": {"ignore_checks": sorted(merged)}}
    resource.Metadata = metadata
    return resource
