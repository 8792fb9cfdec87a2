"""An RDS proxy for clients that hold connections; it keeps the cluster awake.

Costs 0.015 USD per ACU and hour, at least 8 ACU, so it is off unless there are such
clients. Source: https://aws.amazon.com/rds/proxy/pricing/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Sub, Tags, ec2, iam, rds

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.aurora import PORT, AuroraCluster, client_ingress
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.security_group import no_egress
from aistudio_templates.policies.grants import policy, read_secret
from aistudio_templates.policies.trust import service_trust

_PROXY_ARN = "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:db-proxy:*"


@dataclass(frozen=True)
class RdsProxy(Handle):
    """A proxy with its role, security group, and the rules between it and the cluster."""

    proxy: Any
    target_group: Any
    role: Any
    security_group: Any
    rules: tuple[Any, ...]


def rds_proxy(
    config: EnvironmentConfig, cluster: AuroraCluster, *, vpc_id: Value, subnet_ids: Value
) -> RdsProxy | None:
    """Return a proxy in front of ``cluster``, or ``None`` where ``config`` has it off.

    Args:
        config: ``database.proxy`` and the clients' security groups.
        cluster: The cluster; its security group lets the proxy in.
        vpc_id: The VPC.
        subnet_ids: Subnets of at least two zones.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.html
    """
    if not config.database.proxy:
        return None
    role = _role(cluster)
    group = _security_group(config, vpc_id)
    proxy = rds.DBProxy(
        "Proxy",
        DBProxyName=names.physical_name(config.name, "proxy"),
        EngineFamily="POSTGRESQL",
        RequireTLS=True,
        RoleArn=GetAtt(role, "Arn"),
        Auth=[
            rds.AuthFormat(AuthScheme="SECRETS", IAMAuth="REQUIRED", SecretArn=cluster.secret_arn)
        ],
        VpcSecurityGroupIds=[Ref(group)],
        VpcSubnetIds=subnet_ids,
    )
    rules = _rules(group, cluster.security_group)
    return RdsProxy(proxy, _target_group(proxy, cluster), role, group, rules)


def _role(cluster: AuroraCluster) -> Any:
    return iam.Role(
        "ProxyRole",
        AssumeRolePolicyDocument=service_trust("rds.amazonaws.com", source_arn=Sub(_PROXY_ARN)),
        Policies=[
            iam.Policy(
                PolicyName="ReadMasterSecret",
                PolicyDocument=policy([read_secret(cluster.secret_arn)]),
            )
        ],
    )


def _target_group(proxy: Any, cluster: AuroraCluster) -> Any:
    return rds.DBProxyTargetGroup(
        "ProxyTargetGroup",
        DBProxyName=Ref(proxy),
        TargetGroupName="default",
        DBClusterIdentifiers=[cluster.reference.identifier],
        DependsOn=[instance.title for instance in cluster.instances],
    )


def _security_group(config: EnvironmentConfig, vpc_id: Value) -> Any:
    return ec2.SecurityGroup(
        "ProxySecurityGroup",
        VpcId=vpc_id,
        GroupDescription="PostgreSQL from named clients to the proxy",
        SecurityGroupIngress=client_ingress(config),
        SecurityGroupEgress=no_egress(),
        Tags=Tags(Name=names.physical_name(config.name, "proxy")),
    )


def _rules(proxy_group: Any, cluster_group: Any) -> tuple[Any, Any]:
    # Two groups that name each other need rules of their own, outside of both.
    port = {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT}
    return (
        ec2.SecurityGroupEgress(
            "ProxyToCluster",
            GroupId=Ref(proxy_group),
            DestinationSecurityGroupId=Ref(cluster_group),
            Description="PostgreSQL from the proxy to the cluster",
            **port,
        ),
        ec2.SecurityGroupIngress(
            "ClusterFromProxy",
            GroupId=Ref(cluster_group),
            SourceSecurityGroupId=Ref(proxy_group),
            Description="PostgreSQL from the proxy to the cluster",
            **port,
        ),
    )
