"""attnbench completion: the script with which a shell completes commands, options and names."""

import click

from attnbench.cli._command import Choice, Command


@click.command(
    cls=Command,
    short_help="Completion for bash, zsh and fish.",
    examples=(
        'eval "$(attnbench completion bash)"',
        "attnbench completion bash >> ~/.bashrc",
        'attnbench completion zsh > "${fpath[1]}/_attnbench"',
        "attnbench completion fish > ~/.config/fish/completions/attnbench.fish",
    ),
)
@click.argument("shell", type=Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Prints the script that makes SHELL complete what is typed behind attnbench.

    Names are completed too: heads, their options, suites, axes and their values, data sets,
    readings, run folders. The first example is for this terminal alone, and works in zsh too; the
    others keep the script where the shell looks for it, and a new shell has it.
    """
    from attnbench.cli._shells import script

    click.echo(script(shell), nl=False)
