"""SSM parameters for readers outside the set: the application, scripts, other sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troposphere import ssm

from aistudio_templates import names
from aistudio_templates.model import Value


def published_parameters(environment: str, values: Mapping[str, Value]) -> Iterator[Any]:
    """Yield one SSM parameter for each value.

    Args:
        environment: Whose tree they go to.
        values: Name below ``/aistudio/<environment>/`` → value.
    """
    for name, value in values.items():
        yield ssm.Parameter(
            names.pascal_case(name) + "Parameter",
            Name=names.ssm_parameter(environment, name),
            Type="String",
            Value=value,
        )
