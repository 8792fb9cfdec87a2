"""Environments and templates that tests build again and again."""

from __future__ import annotations

import functools

from aistudio_templates.application import compose
from aistudio_templates.config import EnvironmentConfig, Organization
from aistudio_templates.model import Assembly
from support.template_view import TemplateView

ORGANIZATION = Organization(base_domain="example.com", alert_email="alerts@example.com")
ENVIRONMENTS = ("dev", "staging", "prod")


@functools.cache
def assembly(name: str) -> Assembly:
    """Return one of the three environments as configured by default."""
    return compose(EnvironmentConfig.get(name), ORGANIZATION)


def composed(config: EnvironmentConfig) -> Assembly:
    """Return an environment composed from ``config``."""
    return compose(config, ORGANIZATION)


def stack(source: Assembly, name: str) -> TemplateView:
    """Return one stack's template."""
    ((body),) = [closed.body for closed in source.stacks if closed.name == name]
    return TemplateView(body)
