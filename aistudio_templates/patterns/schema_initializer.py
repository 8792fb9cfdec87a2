"""The hook that brings a cluster's schema up to date as part of the deploy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from troposphere.cloudformation import AWSCustomObject

from aistudio_templates.assets import Asset, migrations_digest
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.access import Access
from aistudio_templates.patterns.aurora import AuroraCluster
from aistudio_templates.patterns.function_code import python_code
from aistudio_templates.patterns.function_sizing import Size
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda, optimized_lambda
from aistudio_templates.policies.grants import use_data_api

_TIMEOUT_SECONDS = 900
"""The longest that Lambda allows: a first set-up may wait for the cluster to wake up."""

_MEMORY_MIB = 256
"""The function waits for the Data API; it computes next to nothing."""

_SERVICE_TIMEOUT_SECONDS = _TIMEOUT_SECONDS + 60
"""CloudFormation waits a little longer than the function can run, not an hour."""


class DatabaseSchema(AWSCustomObject):  # type: ignore[misc] # troposphere is untyped
    """The custom resource; it changes, and so runs again, only with the migrations."""

    resource_type = "Custom::DatabaseSchema"
    props: ClassVar = {
        "ServiceToken": (str, True),
        "ServiceTimeout": (int, True),
        "ClusterArn": (str, True),
        "SecretArn": (str, True),
        "DatabaseName": (str, True),
        "MigrationsDigest": (str, True),
    }


@dataclass(frozen=True)
class SchemaInitializer(Handle):
    """The function that runs migrations, and the custom resource that invokes it."""

    function: OptimizedLambda
    schema: Any


def schema_initializer(
    config: EnvironmentConfig, cluster: AuroraCluster, *, asset: Asset
) -> SchemaInitializer | None:
    """Return the hook, or ``None`` where ``database.initialize_schema`` is off.

    Args:
        config: Database name and switches.
        cluster: The cluster whose schema it keeps; its instances must exist first.
        asset: The initializer function's source, with all migrations: a change of these
            alone runs them.
    """
    if not config.database.initialize_schema:
        return None
    function = optimized_lambda(
        "DatabaseInitializer",
        config,
        code=python_code(asset),
        description="Runs the database's migrations through the Data API",
        size=Size(memory_mib=_MEMORY_MIB, timeout_seconds=_TIMEOUT_SECONDS),
        access=Access(
            statements=use_data_api(
                cluster_arn=cluster.reference.arn, secret_arn=cluster.secret_arn
            )
        ),
    )
    schema = DatabaseSchema(
        "DatabaseSchema",
        ServiceToken=function.arn,
        ServiceTimeout=_SERVICE_TIMEOUT_SECONDS,
        ClusterArn=cluster.reference.arn,
        SecretArn=cluster.secret_arn,
        DatabaseName=config.database.database_name,
        MigrationsDigest=migrations_digest(asset),
        # The Data API answers only once an instance is there.
        DependsOn=[instance.title for instance in cluster.instances],
        # Leaving the set must not touch data, and the function does nothing on Delete.
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )
    return SchemaInitializer(function, schema)
