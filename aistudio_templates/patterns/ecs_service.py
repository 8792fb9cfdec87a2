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
    capacity_providers: Any
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
) -> EcsService:
    """Return a service of tasks without public addresses.

    Args:
        config: Image and tasks, spot, insights, and whether operators may open a shell.
        task: What it runs.
        balancer: Who reaches it; nobody else does.
        vpc_id: The VPC.
        subnet_ids: Application subnets of at least two zones.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/
    networking-best-practices.html
    """
    cluster = _cluster(config)
    providers = _capacity_providers(cluster, balancer)
    group = _security_group(config, balancer, vpc_id)
    service = ecs.Service(
        "Service",
        Cluster=Ref(cluster),
        TaskDefinition=Ref(task.definition),
        DesiredCount=_desired_count(config),
        CapacityProviderStrategy=_capacity(config),
        NetworkConfiguration=_network(subnet_ids, group),
        LoadBalancers=[_registration(balancer)],
        EnableExecuteCommand=config.compute.ecs_execute_command,
        EnableECSManagedTags=True,
        PropagateTags="SERVICE",
        # ECS refuses a target group that no listener forwards to, and a capacity provider
        # that the cluster is not associated with.
        DependsOn=[balancer.https_listener.title, providers.title],
        **_replacement(),
    )
    return EcsService(cluster, providers, service, group, (_balancer_egress(balancer, group),))


def _cluster(config: EnvironmentConfig) -> Any:
    insights = "enabled" if config.monitoring.detailed_metrics else "disabled"
    return ecs.Cluster(
        "Cluster",
        ClusterSettings=[ecs.ClusterSetting(Name="containerInsights", Value=insights)],
    )


def _desired_count(config: EnvironmentConfig) -> int:
    # Before the first image, no task could start.
    return config.compute.ecs_desired_count if config.frontend.image else 0


def _capacity_providers(cluster: Any, balancer: LoadBalancer) -> Any:
    """Return what associates Fargate and Fargate Spot with a cluster.

    In an account without ECS so far, the cluster brings about the service-linked role that
    this needs, and which takes a while to work: as long as a load balancer takes to start.

    Source: https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/818
    """
    return ecs.ClusterCapacityProviderAssociations(
        "ClusterCapacityProviders",
        Cluster=Ref(cluster),
        CapacityProviders=["FARGATE", "FARGATE_SPOT"],
        DefaultCapacityProviderStrategy=[],
        DependsOn=balancer.balancer.title,
    )


def _capacity(config: EnvironmentConfig) -> list[Any]:
    base = ecs.CapacityProviderStrategyItem(
        CapacityProvider="FARGATE", Base=config.compute.ecs_min_count, Weight=1
    )
    if not config.compute.ecs_fargate_spot:
        return [base]
    spot = ecs.CapacityProviderStrategyItem(CapacityProvider="FARGATE_SPOT", Weight=_SPOT_WEIGHT)
    return [base, spot]


def _replacement() -> dict[str, Any]:
    """Return how new tasks take the place of old ones: before those go, or not at all."""
    return {
        "HealthCheckGracePeriodSeconds": _GRACE_SECONDS,
        "AvailabilityZoneRebalancing": "ENABLED",
        "DeploymentConfiguration": ecs.DeploymentConfiguration(
            MinimumHealthyPercent=100,
            MaximumPercent=200,
            DeploymentCircuitBreaker=ecs.DeploymentCircuitBreaker(Enable=True, Rollback=True),
        ),
    }


def _network(subnet_ids: Value, group: Any) -> Any:
    return ecs.NetworkConfiguration(
        AwsvpcConfiguration=ecs.AwsvpcConfiguration(
            AssignPublicIp="DISABLED", Subnets=subnet_ids, SecurityGroups=[Ref(group)]
        )
    )


def _registration(balancer: LoadBalancer) -> Any:
    return ecs.LoadBalancer(
        ContainerName=CONTAINER,
        ContainerPort=PORT,
        TargetGroupArn=Ref(balancer.target_group),
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
