"""``lint``: cfn-lint over the rendered templates."""

from __future__ import annotations

import dataclasses

import click

from aistudio_templates.cli.output import print_json
from aistudio_templates.cli.project import (
    Project,
    environments_option,
    json_option,
    pass_project,
)
from aistudio_templates.errors import LintError


@click.command("lint", short_help="Run cfn-lint over templates/.")
@environments_option
@json_option
@pass_project
def command(project: Project, /, *, environments: tuple[str, ...], as_json: bool) -> None:
    """Run cfn-lint over the templates of all environments, or of those named with --env.

    Errors, warnings and informational findings all fail (exit code 4).
    """
    from aistudio_templates.check.cfn_lint import lint

    chosen = environments or project.settings.environment_names
    regions = sorted({project.environment(name).region for name in chosen})
    directories = [project.directory(name) for name in chosen]
    for directory in directories:
        if not directory.is_dir():
            raise LintError(f"{directory}: no templates there", "run: make templates")
    files = [file for directory in directories for file in sorted(directory.glob("*.yaml"))]
    findings = lint(files, regions=regions)
    if as_json:
        print_json({"findings": [dataclasses.asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            click.echo(str(finding))
    if findings:
        raise LintError(f"{findings[0]}", f"{len(findings)} findings in {len(files)} templates")
    if not as_json:
        click.echo(f"cfn-lint: {len(files)} templates, no findings")
