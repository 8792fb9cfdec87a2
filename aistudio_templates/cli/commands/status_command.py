"""``status``: the state of a deployed set and its nested stacks."""

from __future__ import annotations

import click

from aistudio_templates.cli.output import print_json, print_table
from aistudio_templates.cli.project import Project, environment_option, json_option, pass_project
from aistudio_templates.cli.target import aws_options, target
from aistudio_templates.names import root_stack_name


@click.command("status", short_help="Show the state of a deployed set.")
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
    """Show the status of an environment's root stack and of its nested stacks."""
    from aistudio_templates.deploy.aws import connect
    from aistudio_templates.deploy.runner import status

    place = target(project.environment(environment), profile=profile, region=region)
    found = status(aws=connect(place))
    if as_json:
        print_json(
            {
                "stackName": root_stack_name(environment),
                "status": found.status if found else None,
                "nested": [
                    {"path": "/".join(n.path), "status": n.status, "reason": n.reason}
                    for n in (found.nested if found else ())
                ],
            }
        )
        return
    if found is None:
        click.echo(f"{root_stack_name(environment)}: not deployed")
        return
    rows = [[found.stack_name, found.status, found.reason or ""]]
    rows += [["/".join(n.path), n.status, n.reason or ""] for n in found.nested]
    print_table(["STACK", "STATUS", "REASON"], rows)
