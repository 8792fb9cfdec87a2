"""``destroy``: delete a deployed set; stateful resources are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aistudio_templates.cli.console import open_console
from aistudio_templates.cli.output import print_json
from aistudio_templates.cli.project import Project, environment_option, json_option, pass_project
from aistudio_templates.cli.target import aws_options, target
from aistudio_templates.names import root_stack_name

if TYPE_CHECKING:
    from aistudio_templates.deploy.outcome import DestroyOutcome


@click.command("destroy", short_help="Delete a deployed set.")
@environment_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option(
    "--allow-data-loss",
    multiple=True,
    metavar="PATH",
    help="A stateful resource that may go, such as Database/Cluster; may be repeated.",
)
@aws_options
@json_option
@pass_project
def command(
    project: Project,
    /,
    *,
    environment: str,
    yes: bool,
    allow_data_loss: tuple[str, ...],
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Delete an environment's set, after showing what goes and what is kept.

    Buckets, logs and, where protected, the database are kept outside the set; the
    output names them. Termination protection is never switched off here.
    """
    from aistudio_templates.deploy.aws import connect
    from aistudio_templates.deploy.outcome import as_error
    from aistudio_templates.deploy.runner import DestroyRequest, destroy

    place = target(project.environment(environment), profile=profile, region=region)
    request = DestroyRequest(allow_data_loss=frozenset(allow_data_loss))
    with open_console(assume_yes=yes) as console:
        outcome = destroy(request, aws=connect(place), console=console)
    if error := as_error(outcome):
        raise error
    _report(environment, outcome, as_json=as_json)


def _report(environment: str, outcome: DestroyOutcome, *, as_json: bool) -> None:
    from aistudio_templates.deploy.outcome import Destroyed

    retained = outcome.retained if isinstance(outcome, Destroyed) else ()
    name = root_stack_name(environment)
    if as_json:
        deleted = isinstance(outcome, Destroyed)
        print_json({"stackName": name, "deleted": deleted, "retained": list(retained)})
        return
    click.echo(f"{name}: {'deleted' if isinstance(outcome, Destroyed) else 'was not deployed'}")
    for path in retained:
        click.echo(f"  kept: {path}")
