"""Ctrl-C, as an exception where it comes, and noted besides: a library may lose the exception.

torch drops what is raised while it looks for an attribute, and numpy makes an ImportError of it. So
whatever takes long asks now and then whether there was one, and at the end the command line does.
While torch is being loaded nothing is raised at all: its C++ would abort the process.
"""

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

import click

from attnbench.errors import EXIT_INTERRUPTED
from attnbench.printable import printable

_SEEN: list[int] = []  # signals, of this process as they are


def note_interrupts() -> None:
    """From now on. A shell may have them ignored, and then they are."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def was_interrupted() -> bool:
    return bool(_SEEN)


def heed() -> None:
    """Raises KeyboardInterrupt if there was one."""
    if _SEEN:
        raise KeyboardInterrupt


def end_interrupted(how_to_go_on: str = "") -> NoReturn:
    """At once: what Python does at its end may take long, and may end with the signal instead."""
    after_its_echo = "\n" if sys.stderr.isatty() else ""  # a terminal shows ^C
    told = f"interrupted; {how_to_go_on}" if how_to_go_on else "interrupted"
    with suppress(OSError):
        click.echo(after_its_echo + printable(told), err=True)
        sys.stdout.flush()
    os._exit(EXIT_INTERRUPTED)


def _interrupt(number: int, _frame: object) -> None:
    _SEEN.append(number)
    if not _is_loading("torch"):
        raise KeyboardInterrupt


def _is_loading(name: str) -> bool:
    """Whether the module is being imported at this moment."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))
