"""``build``: render the templates for review."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from aistudio_templates.cli.output import print_json
from aistudio_templates.cli.project import (
    Project,
    environments_option,
    json_option,
    pass_project,
)
from aistudio_templates.errors import StaleTemplatesError


@click.command("build", short_help="Render templates/<env>/ for review.")
@environments_option
@click.option("--check", is_flag=True, help="Write nothing; fail when templates/ differs.")
@json_option
@pass_project
def command(
    project: Project, /, *, environments: tuple[str, ...], check: bool, as_json: bool
) -> None:
    """Render the templates of all environments, or of those named with --env.

    An environment's files are written whole or not at all; files of stacks that are
    gone are removed.
    """
    chosen = environments or project.settings.environment_names
    rendered = {name: _render(project, name) for name in chosen}
    if check:
        _check(project, rendered)
        changed: dict[str, tuple[str, ...]] = dict.fromkeys(rendered, ())
    else:
        changed = _write(project, rendered)
    if as_json:
        print_json(
            {
                "environments": {
                    name: {"files": sorted(files), "changed": list(changed[name])}
                    for name, files in rendered.items()
                }
            }
        )
        return
    for name, files in rendered.items():
        what = f"{len(changed[name])} changed" if changed[name] else "up to date"
        click.echo(f"{project.directory(name)}: {len(files)} files, {what}")


def _render(project: Project, name: str) -> dict[str, bytes]:
    project.environment(name)
    return project.render(name)


def _write(project: Project, rendered: dict[str, dict[str, bytes]]) -> dict[str, tuple[str, ...]]:
    from aistudio_templates.model.template_files import write_files

    return {name: write_files(project.directory(name), files) for name, files in rendered.items()}


def _check(project: Project, rendered: dict[str, dict[str, bytes]]) -> None:
    from aistudio_templates.model.template_files import read_files

    for name, files in rendered.items():
        directory = project.directory(name)
        current = read_files(directory)
        for file in sorted(files.keys() | current.keys()):
            if files.get(file) != current.get(file):
                _print_difference(directory / file, current.get(file), files.get(file))
                raise StaleTemplatesError(
                    f"{directory / file}: differs from what the code renders",
                    "run: make templates",
                )


def _print_difference(path: Path, current: bytes | None, rendered: bytes | None) -> None:
    lines = difflib.unified_diff(
        (current or b"").decode(errors="replace").splitlines(keepends=True),
        (rendered or b"").decode().splitlines(keepends=True),
        fromfile=f"{path} (on disk)",
        tofile=f"{path} (rendered)",
    )
    click.echo("".join(lines), err=True, nl=False)
