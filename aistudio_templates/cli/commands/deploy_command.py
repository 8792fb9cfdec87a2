"""``deploy``: review, approve, deploy and watch one environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aistudio_templates.cli.assets import asset_builder
from aistudio_templates.cli.console import open_console
from aistudio_templates.cli.output import print_json, print_pairs
from aistudio_templates.cli.project import Project, environment_option, json_option, pass_project
from aistudio_templates.cli.target import aws_options, target
from aistudio_templates.errors import StaleTemplatesError

if TYPE_CHECKING:
    from aistudio_templates.deploy.outcome import Outcome
    from aistudio_templates.model import Assembly


@click.command("deploy", short_help="Review, approve, deploy and watch.")
@environment_option
@click.option("--stack", metavar="NAME", help="Deploy only this stack and what it needs.")
@click.option(
    "--require-approval",
    type=click.Choice(["never", "broadening", "any-change"]),
    help="When to ask. Default: the environment's deploy.require_approval.",
)
@click.option("--yes", "-y", is_flag=True, help="Approve; never passes the data-loss guard.")
@click.option(
    "--allow-data-loss",
    multiple=True,
    metavar="PATH",
    help="A stateful resource that may go, such as Database/Cluster; may be repeated.",
)
@click.option("--recreate", is_flag=True, help="Delete a set that failed to create, and retry.")
@aws_options
@json_option
@pass_project
def command(project: Project, /, *, environment: str, as_json: bool, **options: Any) -> None:
    r"""Deploy templates/<env>/ as one nested stack set.

    Shows the changes, asks where the policy wants it, executes and watches. Refuses
    when templates/ is not what the code renders.

    \b
    aistudio deploy --env dev
    aistudio deploy --env prod --require-approval any-change
    aistudio deploy --env dev --stack database
    """
    from aistudio_templates.deploy.outcome import as_error

    outcome = _deploy(project, environment, **options)
    if error := as_error(outcome):
        raise error
    _report(outcome, as_json=as_json)


def _deploy(
    project: Project,
    name: str,
    *,
    stack: str | None,
    require_approval: Any,
    yes: bool,
    allow_data_loss: tuple[str, ...],
    recreate: bool,
    profile: str | None,
    region: str | None,
) -> Outcome:
    from aistudio_templates.deploy.aws import connect
    from aistudio_templates.deploy.runner import DeployRequest, deploy

    environment = project.environment(name)
    assembly = project.assembly(name)
    _check_fresh(project.directory(name), assembly)
    request = DeployRequest(
        templates=project.directory(name),
        build_asset=asset_builder(assembly),
        stack=stack,
        require_approval=require_approval or environment.config.deploy.require_approval,
        allow_data_loss=frozenset(allow_data_loss),
        recreate=recreate,
        termination_protection=environment.config.deploy.termination_protection,
    )
    aws = connect(target(environment, profile=profile, region=region))
    with open_console(assume_yes=yes) as console:
        return deploy(request, aws=aws, console=console)


def _check_fresh(directory: Path, assembly: Assembly) -> None:
    from aistudio_templates.model.render import render
    from aistudio_templates.model.template_files import read_files

    current = read_files(directory)
    for file, content in sorted(render(assembly).items()):
        if current.get(file) != content:
            raise StaleTemplatesError(
                f"{directory / file}: differs from what the code renders, so it was not reviewed",
                "run: make templates, then review and commit the difference",
            )


def _report(outcome: Outcome, *, as_json: bool) -> None:
    from aistudio_templates.deploy.outcome import Deployed, Unchanged

    if not isinstance(outcome, Unchanged | Deployed):
        return
    changed = isinstance(outcome, Deployed)
    if as_json:
        print_json(
            {
                "stackName": outcome.stack_name,
                "changed": changed,
                "outputs": dict(outcome.outputs),
            }
        )
        return
    click.echo(f"{outcome.stack_name}: {'deployed' if changed else 'no changes'}")
    print_pairs(outcome.outputs)
