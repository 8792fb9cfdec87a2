"""Where the web application is served from; what browsers may talk to our buckets."""

from __future__ import annotations

from dataclasses import dataclass

from aistudio_templates.config.model import GLOBAL_REGION, EnvironmentConfig
from aistudio_templates.config.settings import Organization

_CALLBACK_PATH = "/api/auth/callback/cognito"
"""Where the application takes up a sign-in."""

_IDP_RESPONSE_PATH = "/oauth2/idpresponse"


def application_host(config: EnvironmentConfig, organization: Organization) -> str:
    """Return the application's host name: ``dev.example.com``, or the base domain itself."""
    subdomain = config.frontend.subdomain
    return f"{subdomain}.{organization.base_domain}" if subdomain else organization.base_domain


def application_origins(config: EnvironmentConfig, organization: Organization) -> tuple[str, ...]:
    """Return the web origins of the application, without repetitions, in order."""
    own = f"https://{application_host(config, organization)}"
    return tuple(dict.fromkeys([own, *config.storage.extra_allowed_origins]))


def static_assets_host(config: EnvironmentConfig, organization: Organization) -> str | None:
    """Return the host of static assets, such as ``static.dev.example.com``.

    ``None`` stands for CloudFront's own domain: without a hosted zone there is no name to
    give, and a distribution takes certificates of one region only.

    Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/
    cnames-and-https-requirements.html
    """
    if config.frontend.hosted_zone_id is None or config.region != GLOBAL_REGION:
        return None
    return f"static.{application_host(config, organization)}"


@dataclass(frozen=True)
class SignInUrls:
    """Where Cognito may send browsers; each list without repetitions, in order.

    Attributes:
        callback: After a sign-in.
        logout: After a sign-out.
    """

    callback: tuple[str, ...]
    logout: tuple[str, ...]


def sign_in_urls(config: EnvironmentConfig, organization: Organization) -> SignInUrls:
    """Return the URLs of the application that Cognito may send browsers to."""
    own = f"https://{application_host(config, organization)}"
    origins = dict.fromkeys([own, *config.auth.extra_origins])
    return SignInUrls(
        callback=tuple(f"{o}{path}" for o in origins for path in ("/", _CALLBACK_PATH)),
        logout=tuple(f"{o}{path}" for o in origins for path in ("/", _IDP_RESPONSE_PATH)),
    )
