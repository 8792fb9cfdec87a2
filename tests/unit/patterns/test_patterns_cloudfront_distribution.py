"""A distribution by itself: caching, headers, and who may load what."""

from typing import Any

import pytest
from troposphere import s3

from aistudio_templates.patterns.cloudfront_distribution import (
    CustomHost,
    cloudfront_distribution,
)
from support.template_view import TemplateView

YEAR = 365 * 24 * 3600
ORIGINS = ("https://example.com", "http://localhost:3000")


def distribution(host: CustomHost | None = None) -> TemplateView:
    made = cloudfront_distribution(
        "Assets",
        bucket=s3.Bucket("Bucket"),
        price_class="PriceClass_100",
        allowed_origins=ORIGINS,
        host=host,
    )
    return TemplateView({"Resources": {resource.title: resource.to_dict() for resource in made}})


def behaviors(view: TemplateView) -> dict[str, dict[str, Any]]:
    settings = view.get("Assets").properties["DistributionConfig"]
    return {"*": settings["DefaultCacheBehavior"]} | {
        behavior["PathPattern"]: behavior for behavior in settings["CacheBehaviors"]
    }


def headers(view: TemplateView, behavior: dict[str, Any]) -> dict[str, Any]:
    policy = view.get(behavior["ResponseHeadersPolicyId"]["Ref"])
    found: dict[str, Any] = policy.properties["ResponseHeadersPolicyConfig"]
    return found


@pytest.mark.parametrize(
    ("path", "minimum", "default", "cache_control"),
    [
        ("*", 0, 24 * 3600, None),
        ("/_next/static/*", YEAR, YEAR, f"public, max-age={YEAR}, immutable"),
    ],
)
def test_files_named_by_their_content_are_kept_for_a_year(
    path: str, minimum: int, default: int, cache_control: str | None
) -> None:
    view = distribution()
    behavior = behaviors(view)[path]
    policy = view.get(behavior["CachePolicyId"]["Ref"]).properties["CachePolicyConfig"]
    assert (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"]) == (minimum, default, YEAR)
    custom = headers(view, behavior).get("CustomHeadersConfig", {}).get("Items", [])
    assert [item["Value"] for item in custom] == ([cache_control] if cache_control else [])


@pytest.mark.parametrize("path", ["*", "/_next/static/*"])
def test_the_path_alone_decides_what_is_the_same_object(path: str) -> None:
    view = distribution()
    policy = view.get(behaviors(view)[path]["CachePolicyId"]["Ref"])
    key = policy.properties["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}
    assert key["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "none"}


@pytest.mark.parametrize("path", ["*", "/_next/static/*"])
def test_every_answer_has_security_headers_and_is_for_our_pages(path: str) -> None:
    view = distribution()
    behavior = behaviors(view)[path]
    assert behavior["ViewerProtocolPolicy"] == "https-only"
    found = headers(view, behavior)
    assert set(found["SecurityHeadersConfig"]) == {
        "ContentSecurityPolicy",
        "ContentTypeOptions",
        "FrameOptions",
        "ReferrerPolicy",
        "StrictTransportSecurity",
    }
    assert found["CorsConfig"]["AccessControlAllowOrigins"] == {"Items": list(ORIGINS)}
    assert found["CorsConfig"]["AccessControlAllowCredentials"] is False


def test_https_is_not_forced_on_other_hosts_of_the_organisation() -> None:
    view = distribution()
    for behavior in behaviors(view).values():
        security = headers(view, behavior)["SecurityHeadersConfig"]
        assert "IncludeSubdomains" not in security["StrictTransportSecurity"]


def test_requests_to_the_bucket_are_signed() -> None:
    view = distribution()
    (origin,) = view.get("Assets").properties["DistributionConfig"]["Origins"]
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["AssetsAccessControl", "Id"]}
    assert origin["DomainName"] == {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}
    control = view.get("AssetsAccessControl").properties["OriginAccessControlConfig"]
    assert (control["SigningBehavior"], control["SigningProtocol"]) == ("always", "sigv4")


def test_a_host_of_ours_is_certified_and_found_by_both_protocols() -> None:
    view = distribution(CustomHost("static.example.com", "Z0123456789ABCDEFGHIJ"))
    view.get("AssetsCertificate").has(DomainName="static.example.com")
    for title, record_type in (("AssetsRecord", "A"), ("AssetsIpv6Record", "AAAA")):
        view.get(title).has(
            Type=record_type,
            AliasTarget={
                "DNSName": {"Fn::GetAtt": ["Assets", "DomainName"]},
                "HostedZoneId": "Z2FDTNDATAQYW2",
            },
        )
