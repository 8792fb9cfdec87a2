"""``completion``: shell completion, as click generates it."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion", short_help="Print a shell completion script.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    r"""Print a completion script for the installed program `aistudio`.

    \b
    bash: aistudio completion bash >> ~/.bashrc
    zsh:  aistudio completion zsh >> ~/.zshrc
    fish: aistudio completion fish > ~/.config/fish/completions/aistudio.fish
    """
    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"click has no completion for {shell}")
    root = ctx.find_root().command
    click.echo(completion(root, {}, "aistudio", "_AISTUDIO_COMPLETE").source())
