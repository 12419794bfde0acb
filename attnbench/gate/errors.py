"""Errors of a gate that are no wrong use: each has an exit code of its own."""

from attnbench.errors import EXIT_NO, EXIT_NOT_COMPARABLE, AttnbenchError


class NotComparableError(AttnbenchError):
    """The two sides cannot be held against each other; the message lists why."""

    exit_code = EXIT_NOT_COMPARABLE


class BrokenHeadError(AttnbenchError):
    """The head side does not even start, where the base does."""

    exit_code = EXIT_NO
