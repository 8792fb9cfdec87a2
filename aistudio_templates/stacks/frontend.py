"""The frontend stack: the web application, on Amplify or on ECS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Sub

from aistudio_templates.config import EnvironmentConfig, Organization, application_host
from aistudio_templates.model import Outputs, StackTemplate, Value, exported, stack_template
from aistudio_templates.patterns.amplify_app import amplify_app
from aistudio_templates.patterns.application_access import ApplicationAccess
from aistudio_templates.patterns.ecs_hosting import Placement, ecs_hosting
from aistudio_templates.patterns.handle import resources
from aistudio_templates.patterns.ssm import published_parameters
from aistudio_templates.patterns.static_assets import StaticAssets, static_assets
from aistudio_templates.patterns.web_acl import web_acl
from aistudio_templates.stacks.frontend_access import application_access
from aistudio_templates.stacks.network import NetworkOutputs
from aistudio_templates.stacks.platform import Platform


@dataclass(frozen=True)
class FrontendOutputs(Outputs):
    """What other stacks may know of the web application."""

    application_url: Value = exported("String", "Where the application is served", published=True)
    application_log_group: Value = exported("String", "Log group of the application")
    amplify_app_id: Value = exported("String", "Amplify application", published=True)
    amplify_default_domain: Value = exported(
        "String", "Amplify's own domain of the application", published=True
    )
    ecr_repository_uri: Value = exported(
        "String", "Repository of the application's images", published=True
    )
    ecs_cluster_name: Value = exported("String", "ECS cluster", published=True)
    ecs_service_name: Value = exported("String", "ECS service", published=True)
    load_balancer_name: Value = exported(
        "String", "Load balancer, as CloudWatch names it", published=True
    )
    target_group_name: Value = exported(
        "String", "Target group, as CloudWatch names it", published=True
    )
    static_assets_bucket_name: Value = exported("String", "Bucket of static assets", published=True)
    distribution_id: Value = exported(
        "String", "CloudFront distribution of static assets", published=True
    )
    distribution_domain_name: Value = exported("String", "Domain of static assets", published=True)
    web_acl_name: Value = exported("String", "Firewall, as CloudWatch names it", published=True)


@dataclass(frozen=True)
class _Hosting:
    """What a hosting adds to the stack.

    Attributes:
        parts: Its resources.
        outputs: Its outputs, by their names in :class:`FrontendOutputs`.
        parameters: What it publishes, by name below ``/aistudio/<environment>/``.
    """

    parts: Iterable[Any]
    outputs: Mapping[str, Value]
    parameters: Mapping[str, Value]


def build(
    config: EnvironmentConfig,
    organization: Organization,
    *,
    network: NetworkOutputs,
    platform: Platform,
) -> StackTemplate[FrontendOutputs]:
    """Return the frontend stack: the application's hosting, and its static assets.

    Args:
        config: The environment; ``frontend.hosting`` chooses.
        organization: Whose domain it is served at.
        network: Where load balancer and tasks run; Amplify needs none.
        platform: The stacks that the application works with.
    """
    host = application_host(config, organization)
    url = f"https://{host}"
    logs = platform.storage.access_logs_bucket_name
    assets = static_assets(config, organization, access_logs_bucket=logs)
    assets_url = Sub("https://${Domain}", Domain=assets.delivery.domain_name) if assets else None
    access = application_access(config, platform, application_url=url, assets_url=assets_url)
    hosting = (
        _on_amplify(config, access, host=host)
        if config.frontend.hosting == "amplify"
        else _on_ecs(config, access, host=host, placement=_placement(network, logs))
    )
    # Its name is older than the choice of hostings; the schedules' executor reads it.
    parameters = {"ecs-internal-endpoint": url, **hosting.parameters}
    return stack_template(
        f"AI Studio, {config.name}: the web application on {config.frontend.hosting}",
        resources(hosting.parts, assets, published_parameters(config.name, parameters)),
        FrontendOutputs(application_url=url, **hosting.outputs, **_asset_outputs(assets)),
    )


def _placement(network: NetworkOutputs, access_logs_bucket: Value) -> Placement:
    return Placement(
        vpc_id=network.vpc_id,
        public_subnet_ids=network.public_subnet_ids,
        application_subnet_ids=network.application_subnet_ids,
        access_logs_bucket=access_logs_bucket,
    )


def _on_amplify(config: EnvironmentConfig, access: ApplicationAccess, *, host: str) -> _Hosting:
    made = amplify_app(config, access, host=host)
    firewall = (
        web_acl(config, scope="CLOUDFRONT", resource_arn=made.arn)
        if config.frontend.waf_enabled
        else None
    )
    return _Hosting(
        parts=resources(made, firewall),
        outputs={
            "application_log_group": Ref(made.log_group),
            "amplify_app_id": made.id,
            "amplify_default_domain": made.default_domain,
            "web_acl_name": firewall.name if firewall else None,
        },
        parameters={"amplify-app-id": made.id},
    )


def _on_ecs(
    config: EnvironmentConfig, access: ApplicationAccess, *, host: str, placement: Placement
) -> _Hosting:
    made = ecs_hosting(config, access, host=host, placement=placement)
    repository_uri = GetAtt(made.repository, "RepositoryUri")
    return _Hosting(
        parts=made,
        outputs={
            "application_log_group": Ref(made.task.log_group),
            "ecr_repository_uri": repository_uri,
            "ecs_cluster_name": made.service.cluster_name,
            "ecs_service_name": made.service.name,
            "load_balancer_name": made.balancer.full_name,
            "target_group_name": made.balancer.target_group_full_name,
            "web_acl_name": made.firewall.name if made.firewall else None,
        },
        parameters={
            "alb-dns-name": made.balancer.dns_name,
            "ecr-repository-uri": repository_uri,
            "ecs-cluster-name": made.service.cluster_name,
            "ecs-service-name": made.service.name,
        },
    )


def _asset_outputs(assets: StaticAssets | None) -> dict[str, Value]:
    if assets is None:
        return {}
    return {
        "static_assets_bucket_name": assets.bucket.name,
        "distribution_id": Ref(assets.delivery.distribution),
        "distribution_domain_name": assets.delivery.domain_name,
    }
