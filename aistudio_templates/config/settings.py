"""``aistudio.toml``: the organisation's own settings, and its overrides by environment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from aistudio_templates import names
from aistudio_templates.config.environments import ENVIRONMENTS
from aistudio_templates.config.model import (
    DEFAULT_REGION,
    SECTIONS,
    EnvironmentConfig,
    Region,
    merge,
)
from aistudio_templates.config.problems import config_error, frozen
from aistudio_templates.config.provenance import ResolvedValue, resolved_values
from aistudio_templates.config.section import Section
from aistudio_templates.config.subnets import check_disjoint
from aistudio_templates.errors import ConfigError, valid_choices

MAX_FILE_BYTES = 1_000_000
"""A settings file larger than this is not one."""

_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_DOMAIN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
EmailDomain = Annotated[str, Field(pattern=_DOMAIN, max_length=253)]
_OWN_KEYS = ("account_id", "region", "based_on")


class Organization(Section):
    """Who runs the platform."""

    base_domain: str = Field(
        pattern=_DOMAIN, max_length=253, description="Domain of the application, in lower case."
    )
    notification_email: str | None = Field(
        default=None, pattern=_EMAIL, description="Sender of the application's notifications."
    )
    alert_email: str | None = Field(default=None, pattern=_EMAIL, description="Whom alarms notify.")
    allowed_email_domains: tuple[EmailDomain, ...] = Field(
        default=(), description="Domains whose people may sign in. Default: the base domain."
    )
    cost_center: str | None = Field(
        default=None, min_length=1, max_length=256, description="Value of the CostCenter tag."
    )


class Place(Section):
    """Where an environment lives, and what it is derived from."""

    account_id: str | None = Field(
        default=None,
        pattern=r"^\d{12}$",
        description="Account that deploys must go to. Default: any.",
    )
    region: Region = DEFAULT_REGION
    based_on: str | None = Field(
        default=None,
        description="dev, staging or prod; required for environments of other names.",
    )


class Extensions(Section):
    """Stacks and migrations of the organisation's own, in all environments."""

    stacks: tuple[str, ...] = Field(
        default=(), description="Functions package.module:function that add stacks."
    )
    migrations: str | None = Field(
        default=None,
        pattern=r"^[^/~\\\s][^\\]*$",
        max_length=255,
        description="Folder of SQL migrations that run after ours, relative to this file.",
    )


@dataclass(frozen=True)
class EnvironmentSettings:
    """One environment: where it lives and what it is.

    Attributes:
        account_id: The account that deploys must go to; ``None`` is any.
        config: Its configuration, the region included.
    """

    account_id: str | None
    config: EnvironmentConfig

    @property
    def region(self) -> str:
        """The region that deploys must go to."""
        return self.config.region


@dataclass(frozen=True)
class Settings:
    """The whole of ``aistudio.toml``, validated.

    Attributes:
        path: The file.
        organization: Who runs the platform.
        extensions: Functions that add stacks of the organisation's own.
        environments: Environment by name: the three that always exist, and the file's.
        overrides: What the file sets, by environment: section → key → value.
        migrations: Folder of the organisation's own migrations; ``None`` is none.
    """

    path: Path
    organization: Organization
    extensions: tuple[str, ...]
    environments: Mapping[str, EnvironmentSettings]
    overrides: Mapping[str, Mapping[str, Any]]
    migrations: Path | None = None

    @property
    def environment_names(self) -> tuple[str, ...]:
        """Names of the environments: dev, staging, prod, then the file's own in its order."""
        return tuple(self.environments)

    def environment(self, name: str) -> EnvironmentSettings:
        """Return one environment.

        Raises:
            ConfigError: There is no environment of that name.
        """
        if name not in self.environments:
            raise ConfigError(
                f"environment {name!r}: not in {self.path}", valid_choices(name, self.environments)
            )
        return self.environments[name]

    def provenance(self, name: str) -> tuple[ResolvedValue, ...]:
        """Return every value of an environment with where it came from, by key.

        Raises:
            ConfigError: There is no environment of that name.
        """
        environment = self.environment(name)
        table = self.overrides.get(name, {})
        base = table.get("based_on", name)
        values = environment.config.model_dump(exclude={"name"})
        return resolved_values(
            {"account_id": environment.account_id, **values},
            defaults=(f"default of {base}", ENVIRONMENTS[base]),
            overrides=(f"{self.path} [environments.{name}]", table),
        )


def load_settings(path: Path) -> Settings:
    """Return the settings of a file.

    Raises:
        ConfigError: The file is missing, unreadable, too large, not UTF-8 or not TOML;
            a key is unknown, a value wrong, or environments do not fit together. The
            message names the file, and the key and value where there is one.
    """
    document = _read(path)
    prefix = f"{path}: "
    _known_keys(document, ("organization", "environments", "extensions"), prefix)
    organization = _validated(Organization, document, prefix, "organization")
    extensions = _validated(Extensions, document, prefix, "extensions")
    tables = _table(document.get("environments", {}), prefix, "environments")
    order = [*ENVIRONMENTS, *(name for name in tables if name not in ENVIRONMENTS)]
    environments = {name: _environment(name, tables.get(name, {}), prefix) for name in order}
    _check_together(environments, prefix)
    migrations = path.parent / extensions.migrations if extensions.migrations else None
    return Settings(path, organization, extensions.stacks, environments, tables, migrations)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file", "run in the project's folder, or pass --config"
        ) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: {len(content):,} bytes, at most {MAX_FILE_BYTES:,} are read")
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply") from error


def _environment(name: str, value: Any, prefix: str) -> EnvironmentSettings:
    key = f"environments.{name}"
    table = _table(value, prefix, key)
    if not names.ENVIRONMENT_PATTERN.fullmatch(name) or len(name) > names.ENVIRONMENT_MAX_LENGTH:
        raise ConfigError(
            f"{prefix}{key}: not a valid name",
            f"lower-case letters, digits and single hyphens, beginning with a letter, "
            f"at most {names.ENVIRONMENT_MAX_LENGTH}",
        )
    _known_keys(table, (*_OWN_KEYS, *SECTIONS), f"{prefix}{key}.")
    own = {own_key: table[own_key] for own_key in _OWN_KEYS if own_key in table}
    place = _validated(Place, {key: own}, prefix, key)
    sections = {section: table[section] for section in SECTIONS if section in table}
    base = ENVIRONMENTS[_base(name, place, prefix)]
    values = merge(base, sections)
    if name not in ENVIRONMENTS and "subdomain" not in sections.get("frontend", {}):
        # A copy of an environment must not claim the host of its original.
        values = merge(values, {"frontend": {"subdomain": name}})
    own_values = {"name": name, "region": place.region}
    config = EnvironmentConfig.create(values | own_values, place=f"{prefix}{key}.")
    return EnvironmentSettings(place.account_id, config)


def _base(name: str, place: Place, prefix: str) -> str:
    key = f"{prefix}environments.{name}.based_on"
    if name in ENVIRONMENTS:
        if place.based_on not in (None, name):
            raise ConfigError(f"{key} = {place.based_on!r}: {name} has defaults of its own")
        return name
    if place.based_on is None:
        raise ConfigError(f"{key}: missing", f"valid: {', '.join(ENVIRONMENTS)}")
    if place.based_on not in ENVIRONMENTS:
        raise ConfigError(
            f"{key} = {place.based_on!r}: no such environment",
            valid_choices(place.based_on, ENVIRONMENTS),
        )
    return place.based_on


def _check_together(environments: Mapping[str, EnvironmentSettings], prefix: str) -> None:
    for name, environment in environments.items():
        owner = environment.config.network.vpc_source.removeprefix("share:")
        if owner != environment.config.network.vpc_source:
            _check_shared(name, owner, environments, prefix)
    creating = {
        f"{prefix}environments.{name}.network.cidr": environment.config.network.cidr
        for name, environment in environments.items()
        if environment.config.network.vpc_source == "create"
    }
    for first, second in combinations(creating, 2):
        check_disjoint({first: creating[first], second: creating[second]})


def _check_shared(
    name: str, owner: str, environments: Mapping[str, EnvironmentSettings], prefix: str
) -> None:
    key = f"{prefix}environments.{name}.network.vpc_source = 'share:{owner}'"
    if owner not in environments:
        raise ConfigError(f"{key}: no such environment", valid_choices(owner, environments))
    sharing, owning = environments[name], environments[owner]
    if owning.config.network.vpc_source.startswith("share:"):
        raise ConfigError(
            f"{key}: {owner} shares a VPC itself", "name the environment that owns it"
        )
    accounts = {sharing.account_id, owning.account_id} - {None}
    if sharing.region != owning.region or len(accounts) > 1:
        raise ConfigError(
            f"{key}: {owner} is in another account or region",
            "a VPC is shared within one account and region",
        )


def _validated(model: type[Any], document: Mapping[str, Any], prefix: str, key: str) -> Any:
    try:
        return model.model_validate(frozen(_table(document.get(key, {}), prefix, key)))
    except ValidationError as error:
        raise config_error(error, model, place=f"{prefix}{key}.") from error


def _table(value: Any, prefix: str, key: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{prefix}{key} = {value!r}: must be a table")
    return value


def _known_keys(table: Mapping[str, Any], known: tuple[str, ...], prefix: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f"{prefix}{key}: unknown key", valid_choices(key, known))
