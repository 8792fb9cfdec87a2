"""What the web application is told of the platform, and what it may do with it.

Both come from the same values, so that neither is forgotten; hostings differ only in how
secrets and what browsers see reach the application.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.access import Access, combined
from aistudio_templates.policies.grants import (
    delete_objects,
    invoke_functions,
    read_objects,
    read_secret,
    read_table,
    send_messages,
    use_data_api,
    write_objects,
    write_table,
)
from aistudio_templates.policies.service_grants import invoke_models, publish_metrics

AUTH_SECRET_KEY = "AUTH_SECRET"  # noqa: S105 # a name
"""Key of the value that signs the application's sessions, in its secret's JSON."""

INTERNAL_API_SECRET_KEY = "INTERNAL_API_SECRET"  # noqa: S105 # a name
"""The same for what signs calls to the application."""

NameAndArn = tuple[Value, Value]
"""What the application calls a resource by (a name, a URL), and what a policy does."""


@dataclass(frozen=True)
class SecretVariable:
    """A secret that the application needs as an environment variable.

    Attributes:
        name: The variable, and the key of the value in the secret's JSON.
        arn: The secret.
    """

    name: str
    arn: Value


@dataclass(frozen=True)
class ApplicationAccess:
    """Everything that a hosting hands to the application.

    Attributes:
        server: Variables of the server, without secrets, and its grants.
        browser: Variables ``NEXT_PUBLIC_…``: a build writes them into what browsers load,
            so that they have no effect afterwards.
        secrets: Secrets of the server.
    """

    server: Access
    browser: Mapping[str, Value]
    secrets: tuple[SecretVariable, ...]

    def reading_secrets(self) -> Access:
        """Return the server's access where it fetches secrets by itself.

        Each has its ARN in a variable ``<NAME>_ARN``.
        """
        fetched = [Access({f"{s.name}_ARN": s.arn}, (read_secret(s.arn),)) for s in self.secrets]
        return combined(self.server, *fetched)


def bucket_access(**buckets: NameAndArn) -> Access:
    """Return access to the objects of some buckets.

    Args:
        buckets: Variable → name and ARN.
    """
    statements = [
        statement
        for _, arn in buckets.values()
        for statement in (*read_objects(arn), *write_objects(arn), *delete_objects(arn))
    ]
    return Access(_names(buckets), tuple(statements))


def queue_access(**queues: NameAndArn) -> Access:
    """Return access to send to some queues.

    Args:
        queues: Variable → URL and ARN.
    """
    return Access(_names(queues), send_messages(*_arns(queues)))


def table_access(**tables: NameAndArn) -> Access:
    """Return access to the items of some tables.

    Args:
        tables: Variable → name and ARN.
    """
    statements = [
        statement
        for _, arn in tables.values()
        for statement in (*read_table(arn), *write_table(arn))
    ]
    return Access(_names(tables), tuple(statements))


def function_access(**functions: NameAndArn) -> Access:
    """Return access to invoke some functions.

    Args:
        functions: Variable → name (or ARN, where the application calls it by that) and ARN.
    """
    return Access(_names(functions), invoke_functions(*_arns(functions)))


def sql_access(config: EnvironmentConfig, *, cluster_arn: Value, secret_arn: Value) -> Access:
    """Return access to the database through the Data API.

    Args:
        config: Name of the database.
        cluster_arn: The Aurora cluster.
        secret_arn: Its user's secret.
    """
    return Access(
        {
            "RDS_DATABASE_NAME": config.database.database_name,
            "RDS_RESOURCE_ARN": cluster_arn,
            "RDS_SECRET_ARN": secret_arn,
        },
        use_data_api(cluster_arn=cluster_arn, secret_arn=secret_arn),
    )


def model_access(model_ids: Sequence[str]) -> Access:
    """Return access to models of Bedrock, by their ids or prefixes that end with ``*``."""
    return Access({}, invoke_models(model_ids) if model_ids else ())


def metric_access(config: EnvironmentConfig) -> Access:
    """Return access to report metrics of streams, with the environment as dimension."""
    return Access({"ENVIRONMENT": config.name}, publish_metrics(names.STREAMING_NAMESPACE))


def _names(resources: Mapping[str, NameAndArn]) -> dict[str, Value]:
    return {variable: name for variable, (name, _) in resources.items()}


def _arns(resources: Mapping[str, NameAndArn]) -> list[Value]:
    return [arn for _, arn in resources.values()]
