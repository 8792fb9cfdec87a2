"""A function's environment variables, checked: no secret, and no more than Lambda takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from troposphere import awslambda, encode_to_dict

from aistudio_templates.errors import TemplateError
from aistudio_templates.model import Value

MAX_ENVIRONMENT_BYTES = 4096
"""All names and values together, in bytes.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

_SECRET_NAME = re.compile(r"(SECRET|PASSWORD|PASSPHRASE|TOKEN|CREDENTIAL|API_?KEY|PRIVATE_?KEY)S?$")
"""Names whose value would be the secret itself; ``…_ARN``, ``…_NAME`` only point to it."""

_DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:(secretsmanager|ssm-secure):")


def function_environment(function: str, variables: Mapping[str, Value]) -> Any:
    """Return the ``Environment`` property.

    Args:
        function: The function's name, for the message.
        variables: Name → value; CloudFormation may still have to resolve it.

    Raises:
        TemplateError: A variable would hold a secret, or all are too long together.
    """
    for name, value in variables.items():
        _check_no_secret(function, name, value)
    size = sum(len(name.encode()) + _least_bytes(value) for name, value in variables.items())
    if size > MAX_ENVIRONMENT_BYTES:
        raise TemplateError(
            f"function {function}: environment variables of {size:,} bytes, "
            f"Lambda takes {MAX_ENVIRONMENT_BYTES:,}",
            "let the function read what is long from Parameter Store or S3",
        )
    return awslambda.Environment(Variables=dict(sorted(variables.items())))


def _check_no_secret(function: str, name: str, value: Value) -> None:
    text = json.dumps(encode_to_dict(value))
    if _SECRET_NAME.search(name) or _DYNAMIC_REFERENCE.search(text):
        raise TemplateError(
            f"function {function}: environment variable {name} would hold a secret, "
            "which whoever reads the function's configuration could read",
            "give the function the secret's ARN and a grant, and let it read the value",
        )


def _least_bytes(value: Value) -> int:
    """Return the length of a literal; what CloudFormation resolves counts as nothing."""
    return len(value.encode()) if isinstance(value, str) else 0
