"""``rehearse``: the whole deploy on this machine, against the embedded emulator."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aistudio_templates.cli.output import print_json, print_pairs, print_table
from aistudio_templates.cli.project import Project, environment_option, json_option, pass_project

if TYPE_CHECKING:
    from aistudio_templates.cli.rehearse import Rehearsal
    from aistudio_templates.rehearsal import EmulatorReport


@click.command("rehearse", short_help="Deploy to the embedded emulator on this machine.")
@environment_option
@json_option
@pass_project
def command(project: Project, /, *, environment: str, as_json: bool) -> None:
    """Build, lint, package and deploy an environment to an emulator on this machine.

    Creates the nested stack set, deploys it again (nothing to do), updates it with a
    changed value and destroys it. Uses no network but loopback, and never the shell's
    AWS credentials. Says at the end what was emulated and what only recorded.
    """
    from aistudio_templates.cli.rehearse import Rehearsal
    from aistudio_templates.rehearsal import emulator

    place = project.environment(environment)
    with (
        tempfile.TemporaryDirectory(prefix="aistudio-rehearsal-") as directory,
        emulator(region=place.region) as running,
    ):
        rehearsal = Rehearsal(project, running, Path(directory))
        rehearsal.run(environment)
        report = running.observed()
    if as_json:
        _print_json(environment, rehearsal, report)
    else:
        _print_text(environment, rehearsal, report)


def _counted(counts: Mapping[str, int]) -> str:
    told = ", ".join(f"{name} {count}" for name, count in counts.items())
    return textwrap.fill(
        told, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )


def _print_json(environment: str, rehearsal: Rehearsal, report: EmulatorReport) -> None:
    print_json(
        {
            "environment": environment,
            "steps": [
                {"name": step.name, "result": step.result, "seconds": round(step.seconds, 1)}
                for step in rehearsal.steps
            ],
            "outputs": dict(rehearsal.outputs),
            "emulated": dict(report.emulated),
            "recorded": dict(report.recorded),
        }
    )


def _print_text(environment: str, rehearsal: Rehearsal, report: EmulatorReport) -> None:
    click.echo(f"Outputs of {environment}:")
    print_pairs(rehearsal.outputs)
    click.echo("\nEmulated resource types, with how many were created:")
    click.echo(_counted(report.emulated))
    click.echo("Only recorded (checked against their schemas, nothing behind them):")
    click.echo(_counted(report.recorded))
    click.echo()
    rows = [[step.name, step.result, f"{step.seconds:.1f}"] for step in rehearsal.steps]
    print_table(["STEP", "RESULT", "SECONDS"], rows)
