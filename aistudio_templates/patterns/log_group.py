"""Log groups: a retention, and data that outlives the stack by no more than that."""

from __future__ import annotations

from typing import Any

from troposphere import logs

from aistudio_templates.model import Value
from aistudio_templates.patterns.properties import present


def log_group(title: str, *, retention_days: int, name: Value | None = None) -> Any:
    """Return a log group.

    Args:
        title: Logical id.
        retention_days: One of CloudWatch's retention periods, in days.
        name: Physical name, only where a service dictates it; ``None`` lets
            CloudFormation choose, so that a retained group never blocks a new one.
    """
    return logs.LogGroup(
        title,
        RetentionInDays=retention_days,
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        **present(LogGroupName=name),
    )
