"""A Fargate service behind a load balancer: private, rolled back when a deploy fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Tags, ec2, ecs

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.ecs_task import CONTAINER, PORT, EcsTask
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.load_balancer import LoadBalancer

_SPOT_WEIGHT = 3
"""Spot tasks for each on-demand one beyond the base: Spot may run out, and some must not."""

_GRACE_SECONDS = 60
"""How long a task may take until its health counts, in seconds."""


@dataclass(frozen=True)
class EcsService(Handle):
    """The service with its cluster, its group, and the rules between it and the balancer."""

    cluster: Any
    service: Any
    security_group: Any
    rules: tuple[Any, ...]

    @property
    def cluster_name(self) -> Value:
        """The cluster's name."""
        return Ref(self.cluster)

    @property
    def name(self) -> Value:
        """The service's name."""
        return GetAtt(self.service, "Name")


def ecs_service(
    config: EnvironmentConfig,
    task: EcsTask,
    balancer: LoadBalancer,
    *,
    vpc_id: Value,
    subnet_ids: Value,
    desired_count: int,
) -> EcsService:
    """Return a service of tasks without public addresses.

    Args:
        config: Spot, insights, and whether operators may open a shell.
        task: What it runs.
        balancer: Who reaches it; nobody else does.
        vpc_id: The VPC.
        subnet_ids: Application subnets of at least two zones.
        desired_count: Tasks after a deploy.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/
    networking-best-practices.html
    """
    cluster = _cluster(config)
    group = _security_group(config, balancer, vpc_id)
    service = ecs.Service(
        "Service",
        Cluster=Ref(cluster),
        TaskDefinition=Ref(task.definition),
        DesiredCount=desired_count,
        CapacityProviderStrategy=_capacity(config),
        NetworkConfiguration=_network(subnet_ids, group),
        LoadBalancers=[
            ecs.LoadBalancer(
                ContainerName=CONTAINER,
                ContainerPort=PORT,
                TargetGroupArn=Ref(balancer.target_group),
            )
        ],
        HealthCheckGracePeriodSeconds=_GRACE_SECONDS,
        DeploymentConfiguration=_deployment(),
        AvailabilityZoneRebalancing="ENABLED",
        EnableExecuteCommand=config.compute.ecs_execute_command,
        EnableECSManagedTags=True,
        PropagateTags="SERVICE",
        # ECS refuses a target group that no listener forwards to.
        DependsOn=balancer.https_listener.title,
    )
    return EcsService(cluster, service, group, (_balancer_egress(balancer, group),))


def _cluster(config: EnvironmentConfig) -> Any:
    insights = "enabled" if config.monitoring.detailed_metrics else "disabled"
    return ecs.Cluster(
        "Cluster",
        # A strategy may name only what the cluster is associated with.
        CapacityProviders=["FARGATE", "FARGATE_SPOT"],
        ClusterSettings=[ecs.ClusterSetting(Name="containerInsights", Value=insights)],
    )


def _capacity(config: EnvironmentConfig) -> list[Any]:
    base = ecs.CapacityProviderStrategyItem(
        CapacityProvider="FARGATE", Base=config.compute.ecs_min_count, Weight=1
    )
    if not config.compute.ecs_fargate_spot:
        return [base]
    spot = ecs.CapacityProviderStrategyItem(CapacityProvider="FARGATE_SPOT", Weight=_SPOT_WEIGHT)
    return [base, spot]


def _deployment() -> Any:
    return ecs.DeploymentConfiguration(
        MinimumHealthyPercent=100,
        MaximumPercent=200,
        DeploymentCircuitBreaker=ecs.DeploymentCircuitBreaker(Enable=True, Rollback=True),
    )


def _network(subnet_ids: Value, group: Any) -> Any:
    return ecs.NetworkConfiguration(
        AwsvpcConfiguration=ecs.AwsvpcConfiguration(
            AssignPublicIp="DISABLED", Subnets=subnet_ids, SecurityGroups=[Ref(group)]
        )
    )


def _security_group(config: EnvironmentConfig, balancer: LoadBalancer, vpc_id: Value) -> Any:
    return ec2.SecurityGroup(
        "ServiceSecurityGroup",
        VpcId=vpc_id,
        GroupDescription="From the load balancer; to AWS and model providers over HTTPS",
        SecurityGroupIngress=[
            ec2.SecurityGroupRule(
                IpProtocol="tcp",
                FromPort=PORT,
                ToPort=PORT,
                SourceSecurityGroupId=Ref(balancer.security_group),
                Description="Requests from the load balancer",
            )
        ],
        SecurityGroupEgress=[
            ec2.SecurityGroupRule(
                IpProtocol="tcp",
                FromPort=443,
                ToPort=443,
                CidrIp="0.0.0.0/0",
                Description="AWS and model providers",
            )
        ],
        Tags=Tags(Name=names.physical_name(config.name, "service")),
    )


def _balancer_egress(balancer: LoadBalancer, group: Any) -> Any:
    # Two groups that name each other need a rule outside of both.
    return ec2.SecurityGroupEgress(
        "LoadBalancerToService",
        GroupId=Ref(balancer.security_group),
        DestinationSecurityGroupId=Ref(group),
        IpProtocol="tcp",
        FromPort=PORT,
        ToPort=PORT,
        Description="Requests to the tasks",
    )
