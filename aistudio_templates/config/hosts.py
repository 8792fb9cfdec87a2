"""Where the web application is served from; what browsers may talk to our buckets."""

from __future__ import annotations

from aistudio_templates.config.model import EnvironmentConfig
from aistudio_templates.config.settings import Organization


def application_host(config: EnvironmentConfig, organization: Organization) -> str:
    """Return the application's host name: ``dev.example.com``, or the base domain itself."""
    subdomain = config.frontend.subdomain
    return f"{subdomain}.{organization.base_domain}" if subdomain else organization.base_domain


def application_origins(config: EnvironmentConfig, organization: Organization) -> tuple[str, ...]:
    """Return the web origins of the application, without repetitions, in order."""
    own = f"https://{application_host(config, organization)}"
    return tuple(dict.fromkeys([own, *config.storage.extra_allowed_origins]))
