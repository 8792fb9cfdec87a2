"""``config``: the resolved configuration, and the schema of ``aistudio.toml``."""

from __future__ import annotations

import json
from typing import Any

import click

from aistudio_templates.cli.output import print_json, print_table
from aistudio_templates.cli.project import Project, environment_option, json_option, pass_project


@click.group("config", short_help="Show the configuration and its schema.")
def command() -> None:
    """Show what is configured, where each value came from, and what may be configured."""


@command.command("show", short_help="Print the resolved configuration.")
@environment_option
@json_option
@pass_project
def show(project: Project, /, *, environment: str, as_json: bool) -> None:
    """Print every value of an environment with where it came from."""
    project.environment(environment)
    values = project.settings.provenance(environment)
    if as_json:
        print_json(
            {
                "environment": environment,
                "values": [
                    {"key": value.key, "value": _plain(value.value), "source": value.source}
                    for value in values
                ],
            }
        )
        return
    rows = [[value.key, json.dumps(_plain(value.value)), value.source] for value in values]
    print_table(["KEY", "VALUE", "SOURCE"], rows)


@command.command("schema", short_help="Print the JSON Schema of aistudio.toml.")
def schema() -> None:
    """Print the JSON Schema of aistudio.toml, for editors."""
    from aistudio_templates.config import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
