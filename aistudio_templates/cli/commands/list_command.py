"""``list``: the stacks of an environment and how they depend on each other."""

from __future__ import annotations

import click

from aistudio_templates.cli.output import print_json, print_table
from aistudio_templates.cli.project import Project, environment_option, json_option, pass_project


@click.command("list", short_help="List the stacks of an environment.")
@environment_option
@json_option
@pass_project
def command(project: Project, /, *, environment: str, as_json: bool) -> None:
    """List the stacks of an environment in dependency order, from the code."""
    project.environment(environment)
    stacks = project.assembly(environment).stacks
    if as_json:
        print_json(
            {
                "environment": environment,
                "stacks": [
                    {
                        "name": stack.name,
                        "logicalId": stack.logical_id,
                        "resources": len(stack.body["Resources"]),
                        "dependsOn": list(stack.depends_on),
                        "outputs": [output.output_name for output in stack.outputs],
                    }
                    for stack in stacks
                ],
            }
        )
        return
    print_table(
        ["STACK", "RESOURCES", "OUTPUTS", "DEPENDS ON"],
        [
            [
                stack.name,
                len(stack.body["Resources"]),
                len(stack.outputs),
                ", ".join(stack.depends_on) or "-",
            ]
            for stack in stacks
        ],
    )
