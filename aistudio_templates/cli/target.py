"""Which account and region a command talks to, from options, shell and settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aistudio_templates.errors import ConfigError

if TYPE_CHECKING:
    from aistudio_templates.config import EnvironmentSettings
    from aistudio_templates.deploy.target import Target

F = TypeVar("F", bound=Callable[..., Any])


def aws_options(function: F) -> F:
    """Add ``--profile`` and ``--region``, which default to the shell's own variables."""
    region = click.option(
        "--region",
        envvar=["AWS_REGION", "AWS_DEFAULT_REGION"],
        show_envvar=True,
        help="Must be the environment's own region.",
    )
    profile = click.option(
        "--profile",
        envvar=["AWS_PROFILE", "AWS_DEFAULT_PROFILE"],
        show_envvar=True,
        help="Profile of the AWS configuration files.",
    )
    return profile(region(function))


def target(environment: EnvironmentSettings, *, profile: str | None, region: str | None) -> Target:
    """Return where ``environment`` is deployed.

    Args:
        environment: Pins region and, where set, account.
        profile: Profile for credentials; ``None`` is the default chain.
        region: What the caller or the shell asks for; must agree with the settings.

    Raises:
        ConfigError: The region is not the environment's.
    """
    from aistudio_templates.deploy.target import Target

    name = environment.config.name
    if region is not None and region != environment.region:
        raise ConfigError(
            f"region {region!r}: environment {name!r} is in {environment.region!r}",
            f"unset AWS_REGION or --region, or change [environments.{name}] region",
        )
    return Target(
        environment=name,
        region=environment.region,
        account_id=environment.account_id,
        profile=profile,
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),
    )
