"""The database stack: Aurora Serverless v2, its schema, its costs and its alarms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troposphere import GetAtt, Ref

from aistudio_templates.assets import function_asset, organization_migrations
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Outputs, StackTemplate, Value, exported, stack_template
from aistudio_templates.patterns.aurora import AuroraCluster, aurora_cluster
from aistudio_templates.patterns.aurora_cost import AuroraCostOptimizer, aurora_cost_optimizer
from aistudio_templates.patterns.aurora_dashboard import aurora_cost_dashboard
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.handle import resources
from aistudio_templates.patterns.queue import QueueFacts
from aistudio_templates.patterns.rds_proxy import RdsProxy, rds_proxy
from aistudio_templates.patterns.schema_initializer import SchemaInitializer, schema_initializer
from aistudio_templates.patterns.ssm import published_parameters
from aistudio_templates.stacks.network import NetworkOutputs


@dataclass(frozen=True)
class DatabaseOutputs(Outputs):
    """What other stacks may know of the database."""

    cluster_arn: Value = exported("String", "ARN of the Aurora cluster", published=True)
    cluster_identifier: Value = exported(
        "String", "Identifier of the Aurora cluster", published=True
    )
    cluster_endpoint: Value = exported("String", "Host name of the writer", published=True)
    cluster_reader_endpoint: Value = exported(
        "String", "Host name that spreads over the readers", published=True
    )
    secret_arn: Value = exported(
        "String", "ARN of the master user's secret, kept by RDS", published=True
    )
    proxy_endpoint: Value = exported("String", "Host name of the RDS proxy", published=True)
    initializer: FunctionFacts | None = exported(
        "String", "Name of the function that runs migrations"
    )
    capacity_schedule_group: Value = exported(
        "String", "Group of the schedules that change the capacity"
    )
    capacity_dead_letter_queue: QueueFacts | None = exported(
        "String", "Name of the queue of failed changes of capacity"
    )


def build(
    config: EnvironmentConfig, *, network: NetworkOutputs, migrations: Path | None = None
) -> StackTemplate[DatabaseOutputs]:
    """Return the database stack of ``config``.

    Args:
        config: The environment.
        network: Where the cluster lives.
        migrations: Folder of the organisation's own migrations. Default: none.

    Raises:
        AssetError: A file of that folder is no migration.
    """
    cluster = aurora_cluster(config, vpc_id=network.vpc_id, subnet_ids=network.data_subnet_ids)
    optimizer = aurora_cost_optimizer(cluster.reference, config.database)
    proxy = rds_proxy(
        config, cluster, vpc_id=network.vpc_id, subnet_ids=network.isolated_subnet_ids
    )
    initializer = schema_initializer(
        config,
        cluster,
        asset=function_asset("database_initializer", extra=organization_migrations(migrations)),
    )
    published = published_parameters(
        config.name,
        {"db-cluster-arn": cluster.reference.arn, "db-secret-arn": cluster.secret_arn},
    )
    return stack_template(
        f"AI Studio, {config.name}: Aurora PostgreSQL, its schema, costs and alarms",
        resources(cluster, optimizer, proxy, initializer, published, _dashboards(config, cluster)),
        _outputs(cluster, optimizer, proxy, initializer),
        assets=initializer.function.assets if initializer else (),
    )


def _outputs(
    cluster: AuroraCluster,
    optimizer: AuroraCostOptimizer,
    proxy: RdsProxy | None,
    initializer: SchemaInitializer | None,
) -> DatabaseOutputs:
    return DatabaseOutputs(
        cluster_arn=cluster.reference.arn,
        cluster_identifier=cluster.reference.identifier,
        cluster_endpoint=GetAtt(cluster.cluster, "Endpoint.Address"),
        cluster_reader_endpoint=GetAtt(cluster.cluster, "ReadEndpoint.Address"),
        secret_arn=cluster.secret_arn,
        proxy_endpoint=GetAtt(proxy.proxy, "Endpoint") if proxy else None,
        initializer=initializer.function.facts if initializer else None,
        capacity_schedule_group=Ref(optimizer.group) if optimizer.group else None,
        capacity_dead_letter_queue=(
            optimizer.dead_letter_queue.facts if optimizer.dead_letter_queue else None
        ),
    )


def _dashboards(config: EnvironmentConfig, cluster: AuroraCluster) -> list[Any]:
    if not config.monitoring.dashboards_enabled:
        return []
    return [
        aurora_cost_dashboard(
            config,
            cluster=f"${{{cluster.cluster.title}}}",
            instances=tuple(f"${{{instance.title}}}" for instance in cluster.instances),
        )
    ]
