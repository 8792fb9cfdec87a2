"""The web application on ECS: repository, load balancer, service, firewall and dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import Ref, Sub

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.application_access import ApplicationAccess
from aistudio_templates.patterns.dns import alias_record, certificate
from aistudio_templates.patterns.ecr_repository import ecr_repository
from aistudio_templates.patterns.ecs_dashboard import ecs_dashboard
from aistudio_templates.patterns.ecs_scaling import EcsScaling, ecs_scaling
from aistudio_templates.patterns.ecs_service import EcsService, ecs_service
from aistudio_templates.patterns.ecs_task import HEALTH_PATH, PORT, EcsTask, ecs_task
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.load_balancer import LoadBalancer, Targets, load_balancer
from aistudio_templates.patterns.web_acl import WebAcl, web_acl

_NO_IMAGE = "none-yet"
"""Tag in the task definition until there is an image; no task runs it."""


@dataclass(frozen=True)
class Placement:
    """Where the application runs.

    Attributes:
        vpc_id: The VPC.
        public_subnet_ids: Subnets of the load balancer.
        application_subnet_ids: Subnets of the tasks.
        access_logs_bucket: Name of the bucket of the load balancer's access log.
    """

    vpc_id: Value
    public_subnet_ids: Value
    application_subnet_ids: Value
    access_logs_bucket: Value


@dataclass(frozen=True)
class EcsHosting(Handle):
    """Everything that serves the application.

    Attributes:
        repository: Its images.
        task: What runs.
        balancer: What browsers reach.
        service: What keeps tasks running.
        scaling: How many, where they scale and there is an image.
        certificate: Of the host, where there is a hosted zone.
        record: Address of the host, where there is a hosted zone.
        firewall: In front of the load balancer, if enabled.
        dashboard: Of the service, if enabled.
    """

    repository: Any
    task: EcsTask
    balancer: LoadBalancer
    service: EcsService
    scaling: EcsScaling | None
    certificate: Any | None
    record: Any | None
    firewall: WebAcl | None
    dashboard: Any | None


def ecs_hosting(
    config: EnvironmentConfig, access: ApplicationAccess, *, host: str, placement: Placement
) -> EcsHosting:
    """Return the hosting of the application on Fargate.

    Until ``frontend.image`` names one, no task runs: there is nothing in the repository
    that the first deploy makes.

    Args:
        config: Tasks, image, hosted zone or certificate, firewall.
        access: What the application is told, and may do.
        host: Where it is served.
        placement: Where it runs.
    """
    repository = ecr_repository("Repository")
    task = ecs_task(config, access, repository=repository, image=_image(config, repository))
    own = _certificate(config, host)
    balancer = _balancer(config, placement, own)
    subnet_ids = placement.application_subnet_ids
    service = ecs_service(config, task, balancer, vpc_id=placement.vpc_id, subnet_ids=subnet_ids)
    return EcsHosting(
        repository=repository,
        task=task,
        balancer=balancer,
        service=service,
        scaling=_scaling(config, service, balancer),
        certificate=own,
        record=_record(config, host, balancer),
        firewall=_firewall(config, balancer),
        dashboard=_dashboard(config, service, balancer),
    )


def _balancer(config: EnvironmentConfig, placement: Placement, own: Any | None) -> LoadBalancer:
    return load_balancer(
        config,
        Targets(PORT, HEALTH_PATH),
        vpc_id=placement.vpc_id,
        subnet_ids=placement.public_subnet_ids,
        certificate_arn=config.frontend.certificate_arn if own is None else Ref(own),
        access_logs_bucket=placement.access_logs_bucket,
    )


def _scaling(
    config: EnvironmentConfig, service: EcsService, balancer: LoadBalancer
) -> EcsScaling | None:
    if config.frontend.image is None or not config.compute.ecs_auto_scaling:
        return None
    return ecs_scaling(config, service, balancer)


def _image(config: EnvironmentConfig, repository: Any) -> Value:
    image = config.frontend.image or _NO_IMAGE
    separator = "@" if image.startswith("sha256:") else ":"
    return Sub(f"${{{repository.title}.RepositoryUri}}{separator}{image}")


def _certificate(config: EnvironmentConfig, host: str) -> Any | None:
    zone_id = config.frontend.hosted_zone_id
    return certificate("Certificate", host=host, hosted_zone_id=zone_id) if zone_id else None


def _record(config: EnvironmentConfig, host: str, balancer: LoadBalancer) -> Any | None:
    zone_id = config.frontend.hosted_zone_id
    if zone_id is None:
        return None
    target = balancer.alias_target
    return alias_record("HostRecord", host=host, hosted_zone_id=zone_id, target=target)


def _firewall(config: EnvironmentConfig, balancer: LoadBalancer) -> WebAcl | None:
    if not config.frontend.waf_enabled:
        return None
    return web_acl(config, scope="REGIONAL", resource_arn=balancer.arn)


def _dashboard(
    config: EnvironmentConfig, service: EcsService, balancer: LoadBalancer
) -> Any | None:
    if not config.monitoring.dashboards_enabled:
        return None
    return ecs_dashboard(config, service, balancer)
