"""``outputs``: the outputs of a deployed set."""

from __future__ import annotations

import click

from aistudio_templates.cli.output import print_json, print_pairs
from aistudio_templates.cli.project import Project, environment_option, json_option, pass_project
from aistudio_templates.cli.target import aws_options, target


@click.command("outputs", short_help="Print the outputs of a deployed set.")
@environment_option
@aws_options
@json_option
@pass_project
def command(
    project: Project,
    /,
    *,
    environment: str,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Print the outputs of an environment's root stack."""
    from aistudio_templates.deploy.aws import connect
    from aistudio_templates.deploy.runner import outputs

    place = target(project.environment(environment), profile=profile, region=region)
    found = outputs(aws=connect(place))
    if as_json:
        print_json({"environment": environment, "outputs": dict(found)})
    else:
        print_pairs(found)
