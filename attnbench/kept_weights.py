"""The trained weights that a run keeps: a file for each trial and seed, below its folder.

Nothing here imports torch: `train/kept.py` writes and reads the files.
"""

from pathlib import Path

from attnbench.errors import StoreError
from attnbench.plain_files import refuse_link
from attnbench.printable import one_line
from attnbench.store import WEIGHTS, read_run
from attnbench.suite import HeadChoice
from attnbench.trial import Trial

HOW_TO_KEEP = "attnbench run --suite accuracy --keep-weights keeps them"


def file_name(trial: Trial, seed: int) -> str:
    """Of what the record of a training leads to: no text of it is in the name."""
    return f"{trial.key}-{seed}.pt"


def kept_file(run: Path, choice: HeadChoice, seed: int) -> Path:
    """The file with the weights of a head in the run folder `run`.

    The head is the one of exactly these options, else the only one that has them among others.
    Raises StoreError where there is none, or where several are meant; a link is not followed.
    """
    trials = {r.trial.key: r.trial for r in read_run(run).records if "accuracy" in r.readings}
    trial = _meant(list(trials.values()), choice, run)
    path = run / WEIGHTS / file_name(trial, seed)
    refuse_link(path.parent)
    refuse_link(path)
    if path.is_file():
        return path
    seeds = [n for n in _seeds(run, trial) if n != seed]
    if seeds:
        told = f"of {trial.label} it has --seed {', '.join(map(str, seeds))}"
        raise StoreError(f"{run}: no weights of seed {seed}; {one_line(told)}")
    raise StoreError(f"{run}: no weights of {one_line(trial.label)}; {HOW_TO_KEEP}")


def _meant(trials: list[Trial], choice: HeadChoice, run: Path) -> Trial:
    having = [
        t for t in trials
        if t.head == choice.name and choice.options.items() <= t.options.items()
    ]  # fmt: skip
    exact = [t for t in having if t.options == choice.options] or having
    if len(exact) == 1:
        return exact[0]
    labels = sorted({one_line(t.label) for t in exact or trials})
    if not exact:
        known = f"trained were {', '.join(labels)}" if labels else "nothing was trained in it"
        raise StoreError(f"{run}: no {choice.name} of these options in it; {known}")
    if len(labels) > 1:
        told = f"say which, as in --head {choice.name}:OPTION=VALUE: {', '.join(labels)}"
    else:
        told = f"name the file itself, one of {', '.join(file_name(t, 0) for t in exact)}"
    raise StoreError(f"{run}: {len(exact)} trainings of {choice.name}; {told}")


def _seeds(run: Path, trial: Trial) -> list[int]:
    found = (p.stem.rpartition("-")[2] for p in (run / WEIGHTS).glob(f"{trial.key}-*.pt"))
    return sorted(int(seed) for seed in found if seed.isdecimal())
