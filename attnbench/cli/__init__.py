"""The command line: one command a file, imported when it is called; the only place that exits."""

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from attnbench import __version__
from attnbench.errors import EXIT_INTERRUPTED, EXIT_OUR_BUG, AttnbenchError, UnknownNameError
from attnbench.garbage import left_to_the_end
from attnbench.printable import printable

_FOLDER = Path(__file__).parent


class _Commands(click.Group):
    """The commands are the files of this folder; heavy imports stay inside their functions."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(f.stem for f in _FOLDER.glob("*.py") if not f.name.startswith("_"))

    def get_command(self, context: click.Context, name: str) -> click.Command:
        if name not in self.list_commands(context):
            raise UnknownNameError("command", name, self.list_commands(context))
        return import_module(f"attnbench.cli.{name}").command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: attnbench run --suite resolution-sweep && attnbench report --html",
)
@click.version_option(__version__, prog_name="attnbench")
def attnbench() -> None:
    """What an attention head for dense prediction costs, and what it buys.

    Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 cannot tell, 4 not comparable,
    70 a bug of attnbench, 130 interrupted.
    """


def main() -> NoReturn:
    """Runs the command line. What a user can mend is one line on stderr, with its exit code.

    What a command returns is not taken apart before the end of the process.
    """
    try:
        left = attnbench.main(standalone_mode=False)
        if left is not None:
            left_to_the_end(left)
        code = 0
    except AttnbenchError as error:
        code = _complain(str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
        code = 0
    except click.ClickException as error:
        code = _complain(error.format_message(), error.exit_code)
    except click.exceptions.Exit as end:
        code = end.exit_code
    except (KeyboardInterrupt, click.Abort):
        code = EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output, as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception:  # noqa: BLE001 whatever it is, 1 would say that the answer is no
        traceback.print_exc()
        code = EXIT_OUR_BUG
    sys.exit(code)


def _complain(message: str, code: int) -> int:
    click.echo(f"error: {printable(message)}", err=True)
    return code
