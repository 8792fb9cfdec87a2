"""What every command starts from: the settings file, an environment, its templates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aistudio_templates.errors import valid_choices

if TYPE_CHECKING:
    from aistudio_templates.config import EnvironmentConfig, EnvironmentSettings, Settings
    from aistudio_templates.model import Assembly

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Project:
    """Where the project's files are.

    Attributes:
        settings_path: ``aistudio.toml``.
        templates: Folder with one folder an environment.
        debug: Whether errors show their traceback.
    """

    settings_path: Path
    templates: Path
    debug: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The settings, read once.

        Raises:
            ConfigError: The file is missing, unreadable or invalid.
        """
        from aistudio_templates.config import load_settings

        return load_settings(self.settings_path)

    def environment(self, name: str) -> EnvironmentSettings:
        """Return one environment, as ``--env`` names it.

        Raises:
            click.BadParameter: There is no such environment.
            ConfigError: The settings are invalid.
        """
        known = self.settings.environment_names
        if name not in known:
            hint = valid_choices(name, known)
            raise click.BadParameter(f"{name!r}: no such environment; {hint}", param_hint="--env")
        return self.settings.environment(name)

    def directory(self, environment: str) -> Path:
        """Return the folder of one environment's templates."""
        return self.templates / environment

    def assembly(self, environment: str, *, config: EnvironmentConfig | None = None) -> Assembly:
        """Return one environment, composed.

        Args:
            environment: Its name.
            config: Takes the place of the configured one, as a rehearsed update does.

        Raises:
            AIStudioError: The configuration or a template is invalid.
        """
        from aistudio_templates.application import compose

        chosen = config or self.environment(environment).config
        settings = self.settings
        if settings.extensions:
            _look_for_packages_in(self.settings_path.parent)
        return compose(
            chosen,
            settings.organization,
            extensions=settings.extensions,
            migrations=settings.migrations,
        )

    def render(
        self, environment: str, *, config: EnvironmentConfig | None = None
    ) -> dict[str, bytes]:
        """Return the files of one environment by name; see :meth:`assembly`."""
        from aistudio_templates.model.render import render

        return render(self.assembly(environment, config=config))


def _look_for_packages_in(folder: Path) -> None:
    """Let extensions be packages beside the settings file, before installed ones."""
    place = str(folder.resolve())
    if place not in sys.path:
        sys.path.insert(0, place)


pass_project = click.make_pass_decorator(Project)


def environment_option(function: F) -> F:
    """Add the required option ``--env``."""
    return click.option(
        "--env", "environment", required=True, metavar="NAME", help="The environment."
    )(function)


def environments_option(function: F) -> F:
    """Add the repeatable option ``--env``; none means all environments."""
    return click.option(
        "--env",
        "environments",
        multiple=True,
        metavar="NAME",
        help="An environment; may be repeated. Default: all.",
    )(function)


def json_option(function: F) -> F:
    """Add the flag ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(
        function
    )
