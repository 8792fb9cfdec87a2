"""The bucket of static assets, and the distribution that alone may read it."""

from __future__ import annotations

from dataclasses import dataclass

from aistudio_templates.config import (
    EnvironmentConfig,
    Organization,
    application_origins,
    static_assets_host,
)
from aistudio_templates.model import Value
from aistudio_templates.patterns.bucket import Bucket, private_bucket, retained_versions
from aistudio_templates.patterns.cloudfront_distribution import (
    CloudFrontDistribution,
    CustomHost,
    cloudfront_distribution,
    origin_access_statement,
)
from aistudio_templates.patterns.handle import Handle

_BUCKET = "StaticAssetsBucket"
_DISTRIBUTION = "StaticAssetsDistribution"


@dataclass(frozen=True)
class StaticAssets(Handle):
    """The bucket and its distribution."""

    bucket: Bucket
    delivery: CloudFrontDistribution


def static_assets(
    config: EnvironmentConfig, organization: Organization, *, access_logs_bucket: Value
) -> StaticAssets | None:
    """Return the static assets, or ``None`` where ``config`` has them off.

    Args:
        config: Whether there are any, and which edges serve them.
        organization: Whose pages load them.
        access_logs_bucket: Bucket that receives the bucket's access log.
    """
    if not config.frontend.cloudfront_enabled:
        return None
    bucket = private_bucket(
        _BUCKET,
        lifecycle_rules=retained_versions(config.storage.noncurrent_version_retention_days),
        access_logs=(access_logs_bucket, f"{_BUCKET}/"),
        statements=[origin_access_statement(_BUCKET, _DISTRIBUTION)],
    )
    delivery = cloudfront_distribution(
        _DISTRIBUTION,
        bucket=bucket.bucket,
        price_class=config.frontend.cloudfront_price_class,
        allowed_origins=application_origins(config, organization),
        host=_host(config, organization),
    )
    return StaticAssets(bucket, delivery)


def _host(config: EnvironmentConfig, organization: Organization) -> CustomHost | None:
    name, zone_id = static_assets_host(config, organization), config.frontend.hosted_zone_id
    return CustomHost(name, zone_id) if name and zone_id else None
