"""Access: what a function is told of a resource, and what it may do with it, in one value.

A variable without its grant fails at run time, a grant without its variable is too much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import TemplateError
from aistudio_templates.model import Value
from aistudio_templates.policies.grants import use_data_api, write_table


@dataclass(frozen=True)
class Access:
    """Environment variables and the grants that belong to them.

    Attributes:
        environment: Environment variables.
        statements: Grants.
    """

    environment: Mapping[str, Value] = field(default_factory=dict)
    statements: tuple[Any, ...] = ()


def combined(*parts: Access) -> Access:
    """Return several accesses as one.

    Raises:
        TemplateError: Two of them set the same environment variable.
    """
    environment: dict[str, Value] = {}
    for part in parts:
        for name, value in part.environment.items():
            if name in environment:
                raise TemplateError(
                    f"environment variable {name}: set twice", "give one of the two another name"
                )
            environment[name] = value
    return Access(environment, tuple(s for part in parts for s in part.statements))


def data_api_access(config: EnvironmentConfig, *, cluster_arn: Value, secret_arn: Value) -> Access:
    """Return what a function needs that runs SQL through the Data API.

    Args:
        config: Name of the database.
        cluster_arn: The Aurora cluster.
        secret_arn: Its user's secret.
    """
    return Access(
        {
            "DATABASE_NAME": config.database.database_name,
            "DATABASE_RESOURCE_ARN": cluster_arn,
            "DATABASE_SECRET_ARN": secret_arn,
        },
        use_data_api(cluster_arn=cluster_arn, secret_arn=secret_arn),
    )


def job_status_access(*, table_name: Value, table_arn: Value) -> Access:
    """Return what a function needs that claims messages and tells how jobs go on.

    Args:
        table_name: The table of job states.
        table_arn: The same table.
    """
    return Access({"JOB_STATUS_TABLE": table_name}, write_table(table_arn))
