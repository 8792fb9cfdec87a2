"""Headers on static assets: security headers, and who may load them from another origin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from troposphere import Sub, cloudfront

from aistudio_templates.patterns.properties import present

HSTS_SECONDS = 2 * 365 * 24 * 3600
"""How long browsers insist on HTTPS, in seconds.

Of this host alone: hosts below the organisation's own domain may still need HTTP.

Source: https://hstspreload.org/
"""

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""An asset opened by itself runs no script; images may style themselves."""

_PREFLIGHT_SECONDS = 3000


def headers_policy(
    title: str, allowed_origins: Sequence[str], *, cache_control: str | None = None
) -> Any:
    """Return a policy of the headers that CloudFront adds to every answer.

    Args:
        title: Logical id.
        allowed_origins: Web origins whose pages may load fonts and modules.
        cache_control: Takes the place of the object's own ``Cache-Control``.

    Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/
    adding-response-headers.html
    """
    return cloudfront.ResponseHeadersPolicy(
        title,
        ResponseHeadersPolicyConfig=cloudfront.ResponseHeadersPolicyConfig(
            Name=Sub(f"${{AWS::StackName}}-{title}"),
            SecurityHeadersConfig=_security_headers(),
            CorsConfig=_cors(allowed_origins),
            **present(CustomHeadersConfig=_caching(cache_control) if cache_control else None),
        ),
    )


def _security_headers() -> Any:
    return cloudfront.SecurityHeadersConfig(
        ContentSecurityPolicy=cloudfront.ContentSecurityPolicy(
            ContentSecurityPolicy=CONTENT_SECURITY_POLICY, Override=True
        ),
        ContentTypeOptions=cloudfront.ContentTypeOptions(Override=True),
        FrameOptions=cloudfront.FrameOptions(FrameOption="DENY", Override=True),
        ReferrerPolicy=cloudfront.ReferrerPolicy(
            ReferrerPolicy="strict-origin-when-cross-origin", Override=True
        ),
        StrictTransportSecurity=cloudfront.StrictTransportSecurity(
            AccessControlMaxAgeSec=HSTS_SECONDS, Override=True
        ),
    )


def _cors(allowed_origins: Sequence[str]) -> Any:
    return cloudfront.CorsConfig(
        AccessControlAllowCredentials=False,
        AccessControlAllowHeaders=cloudfront.AccessControlAllowHeaders(Items=["*"]),
        AccessControlAllowMethods=cloudfront.AccessControlAllowMethods(
            Items=["GET", "HEAD", "OPTIONS"]
        ),
        AccessControlAllowOrigins=cloudfront.AccessControlAllowOrigins(Items=list(allowed_origins)),
        AccessControlMaxAgeSec=_PREFLIGHT_SECONDS,
        OriginOverride=True,
    )


def _caching(cache_control: str) -> Any:
    header = cloudfront.CustomHeader(Header="Cache-Control", Value=cache_control, Override=True)
    return cloudfront.CustomHeadersConfig(Items=[header])
