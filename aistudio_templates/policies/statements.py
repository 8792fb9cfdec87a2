"""Statements of policies that several modules share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awacs.aws import Allow, Condition, Statement, StringEquals

from aistudio_templates.model import Value


def allow(actions: Sequence[Any], *resources: Value) -> Statement:
    """Return a role's statement that allows ``actions`` on ``resources``."""
    return Statement(Effect=Allow, Action=list(actions), Resource=list(resources))


def allow_if(key: str, value: str, actions: Sequence[Any], *resources: Value) -> Statement:
    """Return the same statement, for requests whose condition key has one value.

    Args:
        key: Such as ``iam:PassedToService``.
        value: What it must be.
        actions: What is allowed.
        resources: On what.
    """
    return Statement(
        Effect=Allow,
        Action=list(actions),
        Resource=list(resources),
        Condition=Condition(StringEquals(key, value)),
    )


def tls_only(action: str, resources: Value | Sequence[Value]) -> dict[str, Any]:
    """Return a statement that refuses plain HTTP to everybody.

    Args:
        action: What is refused, such as ``s3:*``.
        resources: The resource, or several.
    """
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resources,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
