"""CloudFormation's quotas, checked before anything is written or uploaded.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/
cloudformation-limits.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aistudio_templates.errors import TemplateLimitError

MAX_ENTRIES: Mapping[str, int] = {
    "Resources": 500,
    "Parameters": 200,
    "Outputs": 200,
    "Mappings": 200,
}
"""Largest number of entries of a template's section."""

MAX_TEMPLATE_BYTES = 1_000_000
"""Largest template that CloudFormation reads from S3, in bytes."""

MAX_DESCRIPTION_BYTES = 1_024
"""Longest description of a template or output, in UTF-8 bytes."""


def check_limits(stack: str, template: Mapping[str, Any]) -> None:
    """Check one closed template against the quotas that its dictionary shows.

    Raises:
        TemplateLimitError: Names the stack, the section, its size and the quota.
    """
    for section, limit in MAX_ENTRIES.items():
        count = len(template.get(section, {}))
        if count > limit:
            raise TemplateLimitError(
                f"stack {stack}: {count} {section}, CloudFormation allows {limit}",
                "split the stack in two",
            )
    described = {"Description": template} | template.get("Outputs", {})
    for name, holder in described.items():
        size = len(holder.get("Description", "").encode())
        if size > MAX_DESCRIPTION_BYTES:
            raise TemplateLimitError(
                f"stack {stack}: description of {name} has {size} bytes, "
                f"CloudFormation allows {MAX_DESCRIPTION_BYTES}",
            )


def check_size(stack: str, body: bytes) -> None:
    """Check the size of a rendered template.

    Args:
        stack: The stack's name, for the message.
        body: The file's bytes.

    Raises:
        TemplateLimitError: The file is larger than CloudFormation reads from S3.
    """
    if len(body) > MAX_TEMPLATE_BYTES:
        raise TemplateLimitError(
            f"stack {stack}: template has {len(body):,} bytes, "
            f"CloudFormation allows {MAX_TEMPLATE_BYTES:,}",
            "split the stack in two",
        )
