"""Options that write what a gate found for other programs; a command takes them by a decorator."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from attnbench.cli._command import option
from attnbench.errors import AttnbenchError

HEADING = "For other programs"
_STDOUT = Path("-")
_FILES = {
    "markdown": "A page, as in --markdown $GITHUB_STEP_SUMMARY.",
    "junit": "JUnit XML.",
    "action-benchmark": "For github-action-benchmark, tool customSmallerIsBetter.",
    "bencher": "Bencher Metric Format; latency is in nanoseconds.",
    "json": "All of it; times in seconds.",
}


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options; the command gets them as `targets`, which `gate.outputs.write` takes.

    Raises AttnbenchError where two would write the same file, or both to stdout.
    """

    @wraps(command)
    def with_targets(*args: Any, github: bool, **options: Any) -> Any:
        asked = {name: options.pop(name.replace("-", "_") + "_file") for name in _FILES}
        targets = {name: path for name, path in asked.items() if path is not None}
        if github:
            targets = {"github": _STDOUT, **targets}
        _check(targets)
        return command(*args, targets=targets, **options)

    # the first decorator applied comes last in the help
    for name, told in reversed(_FILES.items()):
        # --json alone is that of every command: to stdout
        alone = {"is_flag": False, "flag_value": "-"} if name == "json" else {}
        with_targets = option(
            f"--{name}", f"{name.replace('-', '_')}_file",
            metavar="[FILE]" if alone else "FILE", heading=HEADING,
            type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
            help=f"{told} - is stdout{', and without FILE' if alone else ''}.", **alone,
        )(with_targets)  # fmt: skip
    return option(
        "--github", is_flag=True, help="Annotations of GitHub Actions, to stdout.", heading=HEADING
    )(with_targets)


def stdout_is_taken(targets: dict[str, Path]) -> bool:
    """Whether a program reads stdout, so that what is for people belongs on stderr."""
    return any(path == _STDOUT for name, path in targets.items() if name != "github")


def _check(targets: dict[str, Path]) -> None:
    times = Counter(path if path == _STDOUT else path.resolve() for path in targets.values())
    for place, number in times.items():
        if number > 1:
            both = [
                f"--{name}" for name, path in targets.items()
                if path == place or path.resolve() == place
            ]  # fmt: skip
            where = "stdout" if place == _STDOUT else str(place)
            raise AttnbenchError(f"{' and '.join(both)} would both write {where}; name two files")
