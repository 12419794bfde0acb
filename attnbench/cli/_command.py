"""What all commands have: options under headings, examples last, near names for wrong ones."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import click

from attnbench.cli._notes import quiet, verbose
from attnbench.errors import UnknownNameError

OTHERS = "Options"  # heading of those that have none


class Choice(click.Choice):
    """One of some words; of another the nearest is told."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ARG002
        if value in self.choices:
            return value
        if isinstance(param, click.Argument):
            raise UnknownNameError(str(param.name), str(value), self.choices)
        raise UnknownNameError("value", str(value), self.choices, max(param.opts, key=len))

    def get_missing_message(self, *_: Any, **__: Any) -> str:
        return f"Choose one of {', '.join(self.choices)}"


class Option(click.Option):
    """It stands under its heading in the help."""

    def __init__(self, *args: Any, heading: str = OTHERS, **how: Any):
        super().__init__(*args, **how)
        self.heading = heading


class _Helped(click.Command):
    """Its help ends in `examples`: command lines that work, each on a line. `more` is what it tells
    with --verbose.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), more: str = "", **how: Any):
        # Of each command its own: click remembers how it was first asked for help.
        how["context_settings"] = {"help_option_names": ["-h", "--help"]}
        super().__init__(*args, **how)
        self.examples = tuple(examples)
        self.params += [quiet(), *([verbose(more)] if more else [])]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise UnknownNameError("option", error.option_name, _names(self, ctx)) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        headings: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and not isinstance(param, click.Argument):
                headings.setdefault(getattr(param, "heading", OTHERS), []).append(record)
        for heading, records in headings.items():
            with formatter.section(heading):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
                for line in self.examples:  # as it is typed: never broken
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Command(_Helped):
    """One command."""


class Group(_Helped, click.Group):
    """Commands under one name."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """None only while a line is completed. Raises UnknownNameError."""
        if name in (known := self.list_commands(ctx)):
            return self.loaded(ctx, name)
        if ctx.resilient_parsing:
            return None
        raise UnknownNameError("command", name, known)

    def loaded(self, ctx: click.Context, name: str) -> click.Command | None:
        return super().get_command(ctx, name)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


option = partial(click.option, cls=Option)


def _names(command: click.Command, context: click.Context) -> list[str]:
    """Of the options of a command, as they are typed."""
    shown = (p for p in command.get_params(context) if not getattr(p, "hidden", True))
    return [name for param in shown for name in (*param.opts, *param.secondary_opts)]
