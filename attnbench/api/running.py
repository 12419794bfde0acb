"""attnbench.run: a suite measured, as `attnbench run` does it, from a script or a notebook."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attnbench.errors import SuiteError

if TYPE_CHECKING:
    from attnbench.api.run_handle import Run
    from attnbench.run.session import View
    from attnbench.run.start import Prepared
    from attnbench.suite import Suite

Own = Callable[..., Any]  # a class or function of the user
INLINE = "inline"  # what a suite is called that has no file


def run(
    suite: str | Path | None = None,
    *,
    heads: "Sequence[str | Own]" = (),
    metrics: "Sequence[str | Own]" = (),
    only: Sequence[str] = (),
    set: Mapping[str, object] | None = None,  # noqa: A002 as on the command line
    device: str = "auto",
    rounds: int | None = None,
    seed: int | None = None,
    threads: int = 1,
    jobs: int | None = None,
    probe: bool = True,
    results: str | Path = "results",
    resume: "str | Path | Run | None" = None,
    retry: bool = False,
    progress: "bool | View" = True,
) -> "Run":
    """Measures a suite of heads in worker processes; every record is on disk as soon as it is made.

    The same as `attnbench run`, and what it leaves below `results` is the same folder.

    suite: a name ("resolution-sweep"), a path to a .toml file, or TOML of several lines.
    heads: measured as well: as after --head ("ccnet", "ema:bases=32", "my_head.py:MyHead"), or a
        class of your own, or a function of the channels that makes one.
    metrics: taken as well: names, or functions of your own under `attnbench.metric`.
    only: of the suite's heads, only these.
    set: other values for an axis, a number of the budget, a setting of the training, by name:
        {"size": [32, 64], "dtype": "bfloat16"}. A size is a side, "HxW" or (height, width).
    device: "cpu", "cuda", "cuda:1", "cuda:all"; "auto" takes a GPU if there is one.
    rounds: fresh processes in which each time is taken; the suite says how many by default.
    seed: of order and inputs; drawn where it is None.
    threads: CPU threads that a head may use.
    jobs: processes that count at once.
    probe: whether it is first measured, for five seconds, how much this machine varies.
    results: the folder below which the run's own is made.
    resume: a run to be taken up that was interrupted, in place of a suite; `jobs`, `probe`, `retry`
        and `progress` may be given with it, the rest is as it was asked for.
    retry: with resume, whether to do again what failed.
    progress: True for lines on stderr, False for none, or an object with the methods
        begins(task) and ended(record), which are called as they say.

    Raises AttnbenchError for a suite, head, option, axis, device or folder that cannot be. A trial
    that fails is a record of the run. Ctrl-C leaves a run that can be resumed: a note of the
    KeyboardInterrupt says how.
    """
    from attnbench.run import start
    from attnbench.run.asked import Asked
    from attnbench.trial import Settings

    if resume is not None:
        given = {
            "suite": suite, "heads": heads, "metrics": metrics, "only": only, "set": set,
            "rounds": rounds, "seed": seed, "device": device != "auto", "threads": threads != 1,
        }  # fmt: skip
        if others := ", ".join(name for name, value in given.items() if value):
            raise SuiteError(f"resume takes up a run as it was asked for; leave out {others}")
        prepared = start.resumed(_folder(resume, Path(results)), retry=retry, jobs=jobs)
        return _measured(prepared, progress, probe=probe)
    if retry:
        raise SuiteError("retry goes with resume, as in run(resume='results/RUN', retry=True)")
    if suite is None:
        raise SuiteError("which suite? as in attnbench.run('resolution-sweep')")
    values = dict(set or {}) | ({} if rounds is None else {"rounds": rounds})
    asked = Asked(_references(heads), _names(only), _settings(values), device, _references(metrics))
    found, text = _suite(suite)
    prepared = start.begun(
        found, text, asked, Path(results), settings=Settings(threads), seed=seed,
        over=start.Spread(jobs=jobs or 0),
    )  # fmt: skip
    return _measured(prepared, progress, probe=probe)


def _suite(told: str | Path) -> "tuple[Suite, str]":
    from attnbench.suite_file import parse_suite, read_suite, suite_path

    if isinstance(told, str) and "\n" in told:
        return parse_suite(told, INLINE, "the suite given"), told
    return read_suite(suite_path(str(told)))


def _folder(run: "str | Path | Run", results: Path) -> Path:
    from attnbench.run_folders import find_run

    return find_run(str(getattr(run, "path", run)), results)


def _references(given: "Sequence[str | Own]") -> tuple[str, ...]:
    """As they are typed; what is no text is written where a worker finds it."""
    from attnbench.own import reference

    return tuple(map(reference, _several(given)))


def _names(only: Sequence[str]) -> tuple[str, ...]:
    return tuple(_several(only))


def _several(given: Any) -> Sequence[Any]:
    """One text is one name, and not as many as it has letters; one class is one too."""
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]


def _settings(values: Mapping[str, object]) -> tuple[str, ...]:
    """As --set takes them: "size=32,64x128"."""
    return tuple(
        f"{name}={','.join(map(_typed, _listed(value)))}" for name, value in values.items()
    )


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else [value]


def _typed(value: object) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _measured(prepared: "Prepared", progress: "bool | View", *, probe: bool) -> "Run":
    from attnbench.api.progress import watched
    from attnbench.api.run_handle import Run

    path = prepared.writer.path
    try:
        with prepared, watched(prepared, progress, probe=probe) as view:
            prepared.run(view)
    except KeyboardInterrupt as error:
        error.add_note(f"go on with: attnbench.run(resume={str(path)!r})")
        raise
    return Run.at(path)
