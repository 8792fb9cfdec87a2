"""A CloudFront distribution over a private bucket: cached, signed requests, safe headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from troposphere import GetAtt, Ref, StackName, Sub, cloudfront

from aistudio_templates.model import Value
from aistudio_templates.patterns.asset_headers import headers_policy
from aistudio_templates.patterns.dns import CLOUDFRONT_ZONE_ID, alias_record, certificate
from aistudio_templates.patterns.handle import Handle

PriceClass = Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"]

IMMUTABLE_PATH = "/_next/static/*"
"""Files whose names change with their content."""

_YEAR_SECONDS = 365 * 24 * 3600
_DAY_SECONDS = 24 * 3600
_ORIGIN = "Bucket"


@dataclass(frozen=True)
class CustomHost:
    """A host name of ours for a distribution.

    Attributes:
        name: Such as ``static.example.com``.
        hosted_zone_id: Its public zone.
    """

    name: str
    hosted_zone_id: str


@dataclass(frozen=True)
class CloudFrontDistribution(Handle):
    """The distribution with its policies, and its host's certificate and records.

    Attributes:
        distribution: The distribution.
        access_control: Signs its requests to the bucket.
        policies: How long it caches, and which headers it adds.
        certificate: Of its host, if that is ours.
        records: Of its host, if that is ours.
        domain_name: Where browsers find it.
    """

    distribution: Any
    access_control: Any
    policies: tuple[Any, ...]
    certificate: Any | None
    records: tuple[Any, ...]
    domain_name: Value


def cloudfront_distribution(
    title: str,
    *,
    bucket: Any,
    price_class: PriceClass,
    allowed_origins: Sequence[str],
    host: CustomHost | None = None,
) -> CloudFrontDistribution:
    """Return a distribution of the objects of one bucket.

    Args:
        title: Logical id.
        bucket: The bucket; its policy needs :func:`origin_access_statement`.
        price_class: Edges that serve.
        allowed_origins: Web origins whose pages may load fonts and modules.
        host: A name of ours, in us-east-1 only, where CloudFront looks for certificates.
            Without, CloudFront's own domain, on which it dictates the oldest TLS version.

    Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/
    private-content-restricting-access-to-s3.html
    """
    access_control = _access_control(title)
    policies = _policies(allowed_origins)
    own = _certificate(title, host) if host else None
    settings = cloudfront.DistributionConfig(
        Enabled=True,
        Comment=Sub("Static assets of ${AWS::StackName}"),
        HttpVersion="http2and3",
        IPV6Enabled=True,
        PriceClass=price_class,
        Origins=[_origin(bucket, access_control)],
        **_behaviors(policies),
        **_addresses(host, own),
    )
    distribution = cloudfront.Distribution(title, DistributionConfig=settings)
    records = _records(distribution, host) if host else ()
    domain_name = host.name if host else GetAtt(distribution, "DomainName")
    return CloudFrontDistribution(
        distribution, access_control, tuple(policies), own, records, domain_name
    )


def origin_access_statement(bucket_title: str, distribution_title: str) -> dict[str, Any]:
    """Return the statement by which one distribution reads a bucket's objects.

    Args:
        bucket_title: Logical id of the bucket.
        distribution_title: Logical id of the distribution, in the same template.
    """
    distributions = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution"
    return {
        "Sid": "ReadByDistribution",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": Sub(f"${{{bucket_title}.Arn}}/*"),
        "Condition": {
            "StringEquals": {"aws:SourceArn": Sub(f"{distributions}/${{{distribution_title}}}")}
        },
    }


@dataclass(frozen=True)
class _Policies(Handle):
    cache: Any
    headers: Any
    immutable_cache: Any
    immutable_headers: Any


def _access_control(title: str) -> Any:
    return cloudfront.OriginAccessControl(
        f"{title}AccessControl",
        OriginAccessControlConfig=cloudfront.OriginAccessControlConfig(
            # A name is unique in the account and has at most 64 characters.
            Name=StackName,
            OriginAccessControlOriginType="s3",
            SigningBehavior="always",
            SigningProtocol="sigv4",
        ),
    )


def _policies(allowed_origins: Sequence[str]) -> _Policies:
    return _Policies(
        cache=_cache_policy("AssetsCachePolicy", min_seconds=0, default_seconds=_DAY_SECONDS),
        headers=headers_policy("AssetsHeadersPolicy", allowed_origins),
        immutable_cache=_cache_policy(
            "ImmutableAssetsCachePolicy", min_seconds=_YEAR_SECONDS, default_seconds=_YEAR_SECONDS
        ),
        immutable_headers=headers_policy(
            "ImmutableAssetsHeadersPolicy",
            allowed_origins,
            cache_control=f"public, max-age={_YEAR_SECONDS}, immutable",
        ),
    )


def _cache_policy(title: str, *, min_seconds: int, default_seconds: int) -> Any:
    """Return a policy by which the path alone decides what is the same object.

    Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/
    controlling-the-cache-key.html
    """
    return cloudfront.CachePolicy(
        title,
        CachePolicyConfig=cloudfront.CachePolicyConfig(
            Name=Sub(f"${{AWS::StackName}}-{title}"),
            MinTTL=min_seconds,
            DefaultTTL=default_seconds,
            MaxTTL=_YEAR_SECONDS,
            ParametersInCacheKeyAndForwardedToOrigin=(
                cloudfront.ParametersInCacheKeyAndForwardedToOrigin(
                    CookiesConfig=cloudfront.CacheCookiesConfig(CookieBehavior="none"),
                    HeadersConfig=cloudfront.CacheHeadersConfig(HeaderBehavior="none"),
                    QueryStringsConfig=cloudfront.CacheQueryStringsConfig(
                        QueryStringBehavior="none"
                    ),
                    EnableAcceptEncodingBrotli=True,
                    EnableAcceptEncodingGzip=True,
                )
            ),
        ),
    )


def _origin(bucket: Any, access_control: Any) -> Any:
    return cloudfront.Origin(
        Id=_ORIGIN,
        DomainName=GetAtt(bucket, "RegionalDomainName"),
        OriginAccessControlId=GetAtt(access_control, "Id"),
        # Empty stands for none: the access control signs instead.
        S3OriginConfig=cloudfront.S3OriginConfig(OriginAccessIdentity=""),
    )


def _behaviors(policies: _Policies) -> dict[str, Any]:
    immutable = _behavior(policies.immutable_cache, policies.immutable_headers)
    return {
        "DefaultCacheBehavior": cloudfront.DefaultCacheBehavior(
            **_behavior(policies.cache, policies.headers)
        ),
        "CacheBehaviors": [cloudfront.CacheBehavior(PathPattern=IMMUTABLE_PATH, **immutable)],
    }


def _behavior(cache_policy: Any, headers: Any) -> dict[str, Any]:
    return {
        "TargetOriginId": _ORIGIN,
        "AllowedMethods": ["GET", "HEAD", "OPTIONS"],
        "Compress": True,
        "ViewerProtocolPolicy": "https-only",
        "CachePolicyId": Ref(cache_policy),
        "ResponseHeadersPolicyId": Ref(headers),
    }


def _certificate(title: str, host: CustomHost) -> Any:
    return certificate(f"{title}Certificate", host=host.name, hosted_zone_id=host.hosted_zone_id)


def _addresses(host: CustomHost | None, own: Any | None) -> dict[str, Any]:
    """Return where the distribution answers: at CloudFront's own domain, or at a name of ours."""
    if host is None:
        default = cloudfront.ViewerCertificate(CloudFrontDefaultCertificate=True)
        return {"ViewerCertificate": default}
    certified = cloudfront.ViewerCertificate(
        AcmCertificateArn=Ref(own),
        MinimumProtocolVersion="TLSv1.2_2021",
        SslSupportMethod="sni-only",
    )
    return {"Aliases": [host.name], "ViewerCertificate": certified}


def _records(distribution: Any, host: CustomHost) -> tuple[Any, ...]:
    target = (CLOUDFRONT_ZONE_ID, GetAtt(distribution, "DomainName"))
    return tuple(
        alias_record(
            f"{distribution.title}{suffix}Record",
            host=host.name,
            hosted_zone_id=host.hosted_zone_id,
            target=target,
            record_type=record_type,
        )
        for suffix, record_type in (("", "A"), ("Ipv6", "AAAA"))
    )
