"""The door to SSM's Parameter Store: values that nested templates take from outside.

Reaches AWS through the client it is handed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aistudio_templates.deploy.aws_errors import translated

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_NAMES_A_CALL = 10
"""Most names that one call takes.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
"""


@dataclass(frozen=True)
class ParameterStore:
    """Parameter Store of one account and region."""

    client: SSMClient

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        """Return the values of plain parameters by name; what does not exist is left out.

        Raises:
            AwsError: AWS refuses the call.
        """
        found: dict[str, str] = {}
        wanted = sorted(set(names))
        for start in range(0, len(wanted), _NAMES_A_CALL):
            batch = wanted[start : start + _NAMES_A_CALL]
            with translated("ssm:GetParameters", ", ".join(batch)):
                answer = self.client.get_parameters(Names=batch)
            found |= {entry["Name"]: entry["Value"] for entry in answer["Parameters"]}
        return found
