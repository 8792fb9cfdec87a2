"""The group of commands, loaded one by one, and the edge where errors end."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from aistudio_templates._version import __version__
from aistudio_templates.cli.project import Project
from aistudio_templates.errors import AIStudioError

EXIT_INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

COMMANDS = (
    "build",
    "completion",
    "config",
    "deploy",
    "destroy",
    "lint",
    "list",
    "outputs",
    "package",
    "rehearse",
    "status",
)
"""Names of the commands; each is ``command`` in the module of its name."""


class _CommandGroup(click.Group):
    """Imports a command's module only when the command is named or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 # click's signature
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"aistudio_templates.cli.commands.{cmd_name}_command")
        command: click.Command = module.command
        return command


@click.group(cls=_CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "settings_path",
    type=click.Path(path_type=Path),
    default=Path("aistudio.toml"),
    show_default=True,
    help="The organisation's settings.",
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path),
    default=Path("templates"),
    show_default=True,
    help="Folder of the rendered templates.",
)
@click.option("--debug", is_flag=True, help="Show the traceback behind an error.")
@click.version_option(__version__, prog_name="aistudio")
@click.pass_context
def cli(ctx: click.Context, *, settings_path: Path, templates: Path, debug: bool) -> None:
    r"""Build, review and deploy AI Studio's infrastructure.

    \b
    Exit codes: 0 done or nothing to do, 1 a bug of ours, 2 wrong usage,
    3 differences found (where asked for), 4 configuration or template invalid,
    5 refused, 6 AWS refused us, 7 failed and rolled back,
    8 failed and needs an operator, 130 interrupted.
    """
    ctx.obj = Project(settings_path, templates, debug=debug)


_ALLOCATIONS_BETWEEN_COLLECTIONS = 50_000
"""Enough for a young generation of some MiB."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with the documented code.

    Args:
        arguments: Without the program's name; the process's own by default.
    """
    # Templates are many objects that live until they are written: looking for garbage among
    # them every 700 allocations costs a sixth of a build (benchmarks/build.py).
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS, 20, 100)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors go to standard error."""
    debug = "--debug" in (sys.argv[1:] if arguments is None else arguments)
    try:
        result = cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="aistudio",
            standalone_mode=False,
        )
    except BaseException as error:  # noqa: BLE001 # the edge, where every error ends
        return _exit_code(error, debug=debug)
    return result if isinstance(result, int) else 0


def _exit_code(error: BaseException, *, debug: bool) -> int:
    """Show ``error`` on standard error and return the exit code that stands for it."""
    match error:
        case SystemExit():
            raise error
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            error.show()
            return error.exit_code
        case AIStudioError():
            _show(error, debug=debug)
            return error.exit_code
        case click.Abort() | KeyboardInterrupt():
            click.echo("Interrupted.", err=True)
            return EXIT_INTERRUPTED
        case BrokenPipeError():
            _discard_output()
            return 0
        case _:
            traceback.print_exception(error)
            click.echo("This is a bug in aistudio_templates: please report it.", err=True)
            return 1


def _show(error: AIStudioError, *, debug: bool) -> None:
    click.echo(f"Error: {error.message}", err=True)
    if error.hint:
        click.echo(f"Hint: {error.hint}", err=True)
    if debug:
        traceback.print_exception(error)


def _discard_output() -> None:
    # The reader of our output went away; Python would complain again when it flushes.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
