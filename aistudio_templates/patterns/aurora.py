"""Aurora Serverless v2 for PostgreSQL, reached through the RDS Data API."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Select, Split, Sub, Tags, ec2, rds

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.model.troposphere_gaps import ServerlessV2ScalingConfiguration
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.log_group import log_group
from aistudio_templates.patterns.properties import present
from aistudio_templates.patterns.security_group import no_egress
from aistudio_templates.policies.grants import resource_arn

ENGINE = "aurora-postgresql"
PORT = 5432
MASTER_USERNAME = "aistudio"

_STACK_SUFFIX = Select(0, Split("-", Select(2, Split("/", Ref("AWS::StackId")))))
"""First eight digits of the stack's own id: unique to this stack, and never changing."""


@dataclass(frozen=True)
class ClusterReference:
    """A cluster as other patterns see it, made here or existing.

    Attributes:
        identifier: DB cluster identifier.
        arn: The cluster's ARN.
        readers: How many readers it has.
    """

    identifier: Value
    arn: Value
    readers: int


@dataclass(frozen=True)
class AuroraCluster(Handle):
    """A cluster with its instances and what they need."""

    cluster: Any
    instances: tuple[Any, ...]
    security_group: Any
    subnet_group: Any
    parameter_group: Any
    log_group: Any

    @property
    def reference(self) -> ClusterReference:
        """The cluster as other patterns see it."""
        return ClusterReference(
            identifier=Ref(self.cluster),
            arn=resource_arn("rds", f"cluster:${{{self.cluster.title}}}"),
            readers=len(self.instances) - 1,
        )

    @property
    def secret_arn(self) -> Value:
        """ARN of the master user's secret, which RDS makes and rotates."""
        return GetAtt(self.cluster, "MasterUserSecret.SecretArn")


def aurora_cluster(config: EnvironmentConfig, *, vpc_id: Value, subnet_ids: Value) -> AuroraCluster:
    """Return the cluster that ``config.database`` describes.

    Args:
        config: Sizes, version, backups and protection.
        vpc_id: The VPC.
        subnet_ids: Subnets of at least two zones.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/
    aurora-serverless-v2.html
    """
    security_group = _security_group(config, vpc_id)
    subnet_group = rds.DBSubnetGroup(
        "ClusterSubnetGroup",
        DBSubnetGroupDescription="Subnets of the Aurora cluster",
        SubnetIds=subnet_ids,
        **_removal(config),
    )
    parameter_group = _parameter_group(config)
    logs = log_group(
        "ClusterLogGroup",
        retention_days=config.monitoring.log_retention_days,
        name=_identifier(config, "/aws/rds/cluster/", "/postgresql"),
    )
    cluster = rds.DBCluster(
        "Cluster",
        DBClusterIdentifier=_identifier(config),
        DBSubnetGroupName=Ref(subnet_group),
        DBClusterParameterGroupName=Ref(parameter_group),
        VpcSecurityGroupIds=[Ref(security_group)],
        # RDS would make the group itself, without a retention.
        DependsOn=logs.title,
        **_cluster_settings(config),
        **_origin(config),
        **_removal(config, "Snapshot"),
    )
    return AuroraCluster(
        cluster, _instances(config, cluster), security_group, subnet_group, parameter_group, logs
    )


def _identifier(config: EnvironmentConfig, before: str = "", after: str = "") -> Value:
    """Return the identifier, known before the cluster is, because its log group's name is.

    It is unique to the stack, so that what an older stack retained is never in the way,
    and to the snapshot, so that a restore can stand beside the cluster it replaces.
    """
    snapshot = config.database.snapshot_identifier
    origin = f"-{hashlib.sha256(snapshot.encode()).hexdigest()[:6]}" if snapshot else ""
    stem = names.physical_name(config.name, "cluster") + origin
    return Sub(f"{before}{stem}-${{Stack}}{after}", Stack=_STACK_SUFFIX)


def _cluster_settings(config: EnvironmentConfig) -> dict[str, Any]:
    database = config.database
    return present(
        Engine=ENGINE,
        EngineVersion=database.engine_version,
        Port=PORT,
        EnableHttpEndpoint=True,
        EnableIAMDatabaseAuthentication=True,
        ServerlessV2ScalingConfiguration=ServerlessV2ScalingConfiguration(
            MinCapacity=database.min_capacity_acu,
            MaxCapacity=database.max_capacity_acu,
            **present(
                SecondsUntilAutoPause=(
                    database.seconds_until_auto_pause if database.auto_pause else None
                )
            ),
        ),
        ManageMasterUserPassword=True,
        StorageEncrypted=True,
        StorageType=database.storage_type,
        BackupRetentionPeriod=database.backup_retention_days,
        CopyTagsToSnapshot=True,
        DeletionProtection=database.deletion_protection,
        EnableCloudwatchLogsExports=["postgresql"],
    )


def _origin(config: EnvironmentConfig) -> dict[str, Any]:
    """Return how the cluster begins: empty, or as a snapshot, which names its own user."""
    if config.database.snapshot_identifier:
        return {"SnapshotIdentifier": config.database.snapshot_identifier}
    return {"DatabaseName": config.database.database_name, "MasterUsername": MASTER_USERNAME}


def _removal(config: EnvironmentConfig, otherwise: str = "Delete") -> dict[str, str]:
    """Return deletion policies: a protected database stays, another one as ``otherwise``."""
    policy = "Retain" if config.database.deletion_protection else otherwise
    return {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}


def _instances(config: EnvironmentConfig, cluster: Any) -> tuple[Any, ...]:
    titles = ["Writer", *(f"Reader{number}" for number in range(1, config.database.readers + 1))]
    return tuple(
        _instance(config, cluster, title, tier, previous)
        for tier, (title, previous) in enumerate(zip(titles, [None, *titles], strict=False))
    )


def _instance(
    config: EnvironmentConfig, cluster: Any, title: str, tier: int, previous: str | None
) -> Any:
    retention_days = config.database.performance_insights_retention_days
    return rds.DBInstance(
        title,
        DBClusterIdentifier=Ref(cluster),
        DBInstanceClass="db.serverless",
        Engine=ENGINE,
        PubliclyAccessible=False,
        AutoMinorVersionUpgrade=True,
        PromotionTier=tier,
        EnablePerformanceInsights=retention_days > 0,
        **present(
            PerformanceInsightsRetentionPeriod=retention_days or None,
            # The first instance of a cluster becomes its writer.
            DependsOn=previous,
        ),
        **_removal(config),
    )


def client_ingress(config: EnvironmentConfig) -> list[Any]:
    """Return rules that let the clients named in ``config.database`` reach PostgreSQL."""
    return [
        ec2.SecurityGroupRule(
            IpProtocol="tcp",
            FromPort=PORT,
            ToPort=PORT,
            SourceSecurityGroupId=client,
            Description="PostgreSQL from a named client",
        )
        for client in config.database.client_security_group_ids
    ]


def _security_group(config: EnvironmentConfig, vpc_id: Value) -> Any:
    return ec2.SecurityGroup(
        "ClusterSecurityGroup",
        VpcId=vpc_id,
        GroupDescription="PostgreSQL from named clients only; the Data API needs none",
        SecurityGroupIngress=client_ingress(config),
        SecurityGroupEgress=no_egress(),
        Tags=Tags(Name=names.physical_name(config.name, "cluster")),
    )


def _parameter_group(config: EnvironmentConfig) -> Any:
    major = config.database.engine_version.split(".")[0]
    return rds.DBClusterParameterGroup(
        "ClusterParameterGroup",
        Description=f"AI Studio, {config.name}",
        Family=f"{ENGINE}{major}",
        Parameters={
            "rds.force_ssl": "1",
            "log_min_duration_statement": "1000",
            "log_statement": "ddl",
        },
        **_removal(config),
    )
