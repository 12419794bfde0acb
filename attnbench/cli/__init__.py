"""The command line: one command a file, imported when it is called; the only place that exits."""

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from attnbench import __version__
from attnbench.cli._command import Group
from attnbench.cli._interrupts import end_interrupted, note_interrupts, was_interrupted
from attnbench.cli._notes import verbose
from attnbench.errors import EXIT_OUR_BUG, AttnbenchError
from attnbench.garbage import left_to_the_end
from attnbench.printable import printable

NAME, COMPLETE = "attnbench", "_ATTNBENCH_COMPLETE"  # the variable by which a shell asks for names
_FOLDER = Path(__file__).parent


class _InterruptedError(Exception):
    """Ctrl-C while a command ran; the text says how to go on, if there is anything to say."""


class _Commands(Group):
    """The commands are the files of this folder; heavy imports stay inside their functions."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(f.stem for f in _FOLDER.glob("*.py") if not f.name.startswith("_"))

    def loaded(self, _context: click.Context, name: str) -> click.Command:
        return import_module(f"attnbench.cli.{name}").command

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except KeyboardInterrupt as end:  # which click would answer with an empty line
            raise _InterruptedError(str(end)) from None


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples=("attnbench run --suite resolution-sweep", "attnbench report --html"),
)
@click.version_option(__version__, prog_name=NAME)
def attnbench() -> None:
    """What an attention head for dense prediction costs, and what it buys.

    Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 cannot tell, 4 not comparable,
    70 a bug of attnbench, 130 interrupted.
    """


attnbench.params.append(verbose("More of what a command can tell, where it can."))


def main() -> NoReturn:
    """Runs the command line. What a user can mend is one line on stderr, with its exit code."""
    note_interrupts()
    try:
        code = _called()
    except (_InterruptedError, KeyboardInterrupt, click.Abort) as end:
        end_interrupted(str(end))
    except Exception:  # noqa: BLE001 whatever it is, 1 would say that the answer is no
        if was_interrupted():
            end_interrupted()
        traceback.print_exc()
        code = EXIT_OUR_BUG
    if was_interrupted():
        end_interrupted()
    sys.exit(code)


def _called() -> int:
    """The exit code of the command that is named, or what a shell asks for.

    What a command returns is not taken apart before the end of the process.
    """
    if COMPLETE in os.environ:
        from attnbench.cli import _shells

        _shells.register()
    try:
        left = attnbench.main(prog_name=NAME, complete_var=COMPLETE, standalone_mode=False)
        if left is not None:
            left_to_the_end(left)
    except AttnbenchError as error:
        return _complain(str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
    except click.ClickException as error:
        return _complain(error.format_message(), error.exit_code)
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:  # the reader of our output, as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _complain(message: str, code: int) -> int:
    click.echo(f"error: {printable(message)}", err=True)
    return code
