"""All commands, those of groups included, by the words that call them; for tests over all."""

import shlex

import click

from attnbench.cli import attnbench
from attnbench.cli._reference import commands, root

EVERY = {tuple(c.command_path.split()[1:]): command for command, c in commands(attnbench, root())}
ALONE = {words: c for words, c in EVERY.items() if not isinstance(c, click.Group)}


def words_of(example):
    """Of a line as it is typed: without what a shell does with the output."""
    line = example.removeprefix('eval "$(').removesuffix(')"')
    words = shlex.split(line.partition(" >")[0])
    assert words[0] == "attnbench", example
    return words[1:]


def parsed(words):
    """The context of the last command on a line, as click reads it; nothing is called."""
    context, rest = root(), list(words)
    while isinstance(context.command, click.Group):
        name, command, rest = context.command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
        rest = [*context._protected_args, *context.args]
    return context
