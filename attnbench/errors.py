"""Errors that a user can mend: one line each, with an exit code.

Anything that is not an `AttnbenchError` is our bug and keeps its traceback.
"""

from collections.abc import Iterable
from difflib import get_close_matches

EXIT_NO, EXIT_WRONG_USE, EXIT_CANNOT_TELL, EXIT_NOT_COMPARABLE = 1, 2, 3, 4
EXIT_OUR_BUG = 70  # EX_SOFTWARE of sysexits.h: never to be taken for an answer
EXIT_INTERRUPTED = 130  # what a shell reports for Ctrl-C: 128 + SIGINT


class AttnbenchError(Exception):
    """What, where, and what to do, in one line."""

    exit_code = EXIT_WRONG_USE


def near(name: str, known: Iterable[str]) -> str:
    """As in "did you mean 'ema'?"; empty where nothing that is known is like it."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {found[0]!r}?" if found else ""


class UnknownNameError(AttnbenchError):
    """A head, suite, metric, option or axis that does not exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = ""):
        known = sorted(known)
        hint = near(name, known) or f"known: {', '.join(known) or 'none'}"
        super().__init__(f"{where + ': ' if where else ''}unknown {kind} {name!r}; {hint}")


class SuiteError(AttnbenchError):
    """A suite file, or a setting that overrides it, that makes no sense."""


class StoreError(AttnbenchError):
    """A run folder that cannot be read or written."""


class HeadError(AttnbenchError, ValueError):
    """A head built with an option out of range, or given an input of the wrong shape."""


class MetricError(AttnbenchError):
    """A metric that returned what is no number."""


class DeviceError(AttnbenchError):
    """A device that this machine does not have."""


class DataError(AttnbenchError):
    """A picture, a mask, a list or an option of a data set that cannot be right."""


class MissingDataError(DataError):
    """Data that are not there; the message says where to get them and how to lay them out."""


class UnmeasuredError(Exception):
    """A metric has no reading for this trial; the message says why, and the record keeps it."""
