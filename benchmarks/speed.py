"""docs/speed.md, made of a stored run of the suite `speed` and of the times of published modules.

python -m benchmarks.speed results/reference/speed-cpu docs/speed.md
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from textwrap import fill

import click

from attnbench import stats
from attnbench.errors import AttnbenchError
from attnbench.github_markdown import row
from attnbench.kinds import KERNELS
from attnbench.plain_files import replacing
from attnbench.record import Environment
from attnbench.report.numbers import interval, number, side, times
from attnbench.store import Run, read_run
from attnbench.units import quantity
from benchmarks.official import Mark, Official, Reason, official
from benchmarks.speed_times import Timed, Times, times_of

NOTHING = "–"
MS = 1e-3  # seconds; all times of the page are in milliseconds
WIDTH = 100  # characters of a line of text
CHANNELS, FLOAT32 = 512, 4  # of the maps that all are timed on, and bytes of a number
DIGITS = 1  # of a mark, in milliseconds
OVER_FLOOR = ("head", "map", "floor", "bound by", *(f"{k} / floor" for k in KERNELS))
UNEXPLAINED = "no reason is shown yet"

INTRODUCTION = """# Speed beside the published code

Is any head slower than the code it was published with? Each head is timed with the options that
give the function of a published module, in every kernel that it has: *eager* as published, *fused*
with the same function by fewer steps, *compiled* by `torch.compile`. The **mark** is the fastest
run of all published modules that give this function.

What *fused* does: attention over pairs works in blocks of queries and stores no map of pairs (isa,
self_attention, dnl, non_local, danet, psa, ann, ocr); convolutions of 1x1 move behind the sum over
pixels that follows them, where they see a few descriptors, nodes, bases or cells (a2, glore, ema,
ann, ocr); windows, and rows and columns, are taken from pixels whose channels lie side by side, so
that whole pixels are moved and rows are matrices (isa, ccnet); convolutions of one input are made
by one, and those in groups by products of matrices (cgnl); weights that are nothing beside the
largest are left out, since they are subnormal numbers, which some CPUs multiply a hundred times as
slowly (channels of danet).

This page is made by `make speed` from a run of the suite `speed`, kept in
`results/reference/speed-cpu`, and from `benchmarks/official_times.toml`, where the marks stand with
their medians.
"""

CELLS = """A time is the fastest sample of all rounds, and in brackets the mean of the medians of
the rounds with its 95 % interval, in milliseconds. The marks are known to a tenth of a millisecond,
and a head is slower only where that digit shows it. *Best* is the kernel with the fastest sample;
its ratio to *eager*, the published steps on the same machine, is of paired rounds, with its 95 %
interval.
"""

ON_THIS_MACHINE = """Where the published steps are above the mark too, the machine was slower than
that of the marks: such a head is faster than the code it was published with, in the same run."""

FLOORS = """The floor is the larger of two times: the multiply-adds of the published steps at the
ceiling of this run, and input, weights and output, moved once each, at the rate of a large copy.
The other columns are fastest times over it. Below 1 the bytes were still in a cache, or the kernel
needs fewer multiply-adds.
"""

TRAINING_FLOORS = """The same, with the multiply-adds of both passes and the bytes of the gradients.
"""

TRAINING = """One step of training, forward and backward, of which no published time is known: one
of each head that can train on one image. Behind another kernel stands its ratio to *eager*, of
paired rounds, with its 95 % interval.
"""


def markdown(run: Run, told: Official) -> str:
    """The page. Raises StoreError for a run that lacks a head."""
    marks = told.marks
    timed = times_of(run, marks)
    parts = [
        INTRODUCTION,
        *_machines(run, timed, told),
        *_against_the_mark(marks, timed),
        *_slower(marks, timed, told),
        *_against_the_floor(marks, timed),
        *_training(marks, timed),
        *_training_against_the_floor(marks, timed),
        *_like_for_like(told),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _machines(run: Run, timed: Times, told: Official) -> Iterator[str]:
    here = next(iter(run.environments.values()))
    rates = [
        quantity(timed.ceiling(f"roofline.{of}_ceiling"), unit)
        for of, unit in (("product", "FLOPs/s"), ("flop", "FLOPs/s"), ("byte", "bytes/s"))
    ]
    yield fill(
        f"The marks were taken on {told.machine}: {told.how}. Ours were taken on another day, "
        f"{run.info.created[:10]}, on {_machine(here)}. The two machines are not the same: "
        "a ratio near 1 decides nothing, and *eager*, the published steps, is how fast the "
        "published code would be on ours. In the run of ours large matrix products reached "
        f"{rates[0]} at best, the faster of these and a large convolution {rates[1]}, a large copy "
        f"{rates[2]}.",
        WIDTH,
    )
    yield ""
    disturbed = [f.what for c in run.conditions for f in c.findings if f.severity == "stop"]
    if disturbed:
        yield fill(f"**That machine was not quiet**: {'; '.join(disturbed)}.", WIDTH) + "\n"


def _machine(here: Environment) -> str:
    threads = "one thread" if here.threads == 1 else f"{here.threads} threads"
    return f"{threads} of {here.cores} cores of {here.cpu} with torch {here.torch}"


def _against_the_mark(marks: Sequence[Mark], timed: Times) -> Iterator[str]:
    yield "## Forward pass against the mark\n"
    yield CELLS
    lines = []
    for mark in marks:
        kernels, (name, best) = timed.kernels(mark), _best(mark, timed)
        cells = [_text(kernels[k]) if k in kernels else NOTHING for k in KERNELS]
        ratio = f"{_ratio(best.fastest / mark.seconds)} ({name})"
        saved = NOTHING if name == "eager" else _over(best, kernels["eager"])
        told = (mark.module.name, mark.printed)
        lines.append((*_names(mark), *told, *cells, ratio, saved))
    titles = ("head", "map", "module", "mark", *KERNELS, "best / mark", "best / eager")
    yield from _grid(titles, lines)


def _slower(marks: Sequence[Mark], timed: Times, told: Official) -> Iterator[str]:
    yield "## Slower than the mark\n"
    found = slower(marks, timed)
    yield f"In its fastest kernel, {len(marks) - len(found)} of {len(marks)} are not.\n"
    yield fill(_pace(marks, timed), WIDTH) + "\n"
    if any(told.reason(m) is None and _outdone(m, timed) for m in found):
        yield f"{fill(ON_THIS_MACHINE, WIDTH)}\n"
    for mark in found:
        kernel, best = _best(mark, timed)
        head, at = _names(mark)
        both = f"{_ms(best.fastest)} ms {kernel}, mark {mark.printed} ms"
        yield f"- {head} at {at}: {both}; {_why(mark, timed, told.reason(mark))}."
    if found:
        yield ""


def _pace(marks: Sequence[Mark], timed: Times) -> str:
    """Of our machine beside that of the marks, as the steps that both took tell it."""
    ratio = median(timed.kernels(m)["eager"].fastest / m.seconds for m in marks)
    return (
        f"The published steps (*eager*) took {_ratio(ratio)} the mark in the median of all, which "
        f"tells how much {'faster' if ratio < 1 else 'slower'} this machine was than that of the "
        "marks. What a kernel saves on one machine is in the column *best / eager*."
    )


def _why(mark: Mark, timed: Times, reason: Reason | None) -> str:
    """With the time that this takes at the rate of a large copy in the same run."""
    if reason is None:
        steps = _outdone(mark, timed)
        return f"the published steps took {_ms(steps)} ms in the same run" if steps else UNEXPLAINED
    if not reason.maps:
        return reason.reason
    size = CHANNELS * mark.side**2 * FLOAT32
    seconds = reason.maps * size / timed.ceiling("roofline.byte_ceiling")
    told = f"which takes {_ms(seconds)} ms at the rate of a large copy, and less in a cache"
    return f"{reason.reason}, {told}"


def _outdone(mark: Mark, timed: Times) -> float:
    """Seconds of the published steps where they too are above the mark, and another kernel of the
    head is faster than they are; else 0.
    """
    kernels, (name, _) = timed.kernels(mark), _best(mark, timed)
    if name == "eager" or "eager" not in kernels or kernels["eager"].fastest <= mark.seconds:
        return 0.0
    return kernels["eager"].fastest


def slower(marks: Iterable[Mark], timed: Times) -> list[Mark]:
    """Those whose head is above them in every kernel, by the digits that they have."""
    return [m for m in marks if round(_best(m, timed)[1].fastest / MS, DIGITS) > m.seconds / MS]


def _against_the_floor(marks: Sequence[Mark], timed: Times) -> Iterator[str]:
    yield "## Forward pass against the floor\n"
    yield FLOORS
    lines = [
        (*_over_floor(mark, timed, "inference"), _ratio(mark.seconds / timed.floor(mark)))
        for mark in marks
    ]
    yield from _grid((*OVER_FLOOR, "mark / floor"), lines)


def _over_floor(mark: Mark, timed: Times, mode: str) -> tuple[str, ...]:
    kernels, floor = timed.kernels(mark, mode), timed.floor(mark, mode)
    over = [_ratio(kernels[k].fastest / floor) if k in kernels else NOTHING for k in KERNELS]
    return *_names(mark), _ms(floor), timed.bound(mark, mode), *over


def _training(marks: Sequence[Mark], timed: Times) -> Iterator[str]:
    found = [(mark, timed.kernels(mark, "training")) for mark in marks]
    yield "## Forward and backward\n"
    yield TRAINING
    there = [k for k in KERNELS if any(k in kernels for _, kernels in found)]
    lines = [
        (*_names(mark), *(_beside(kernels, k) for k in there))
        for mark, kernels in found
        if "eager" in kernels
    ]
    yield from _grid(("head", "map", *there), lines)


def _training_against_the_floor(marks: Sequence[Mark], timed: Times) -> Iterator[str]:
    yield "## Forward and backward against the floor\n"
    yield TRAINING_FLOORS
    trained = [m for m in marks if timed.timed(m, "training", "eager")]
    yield from _grid(OVER_FLOOR, (_over_floor(m, timed, "training") for m in trained))


def _beside(kernels: dict[str, Timed], kernel: str) -> str:
    """The time of a kernel, and its ratio to that of eager."""
    if kernel not in kernels:
        return NOTHING
    timed = kernels[kernel]
    if kernel == "eager":
        return _text(timed)
    return f"{_text(timed)}; {_over(timed, kernels['eager'])}"


def _text(timed: Timed) -> str:
    return f"{_ms(timed.fastest)} ({interval(stats.mean([*timed.by_round.values()]), MS)})"


def _over(timed: Timed, other: Timed) -> str:
    over = timed.over(other)
    within = f" ({_ratio(over.low)} to {_ratio(over.high)})" if over.known else ""
    return f"{_ratio(over.value)}{within}"


def _like_for_like(told: Official) -> Iterator[str]:
    yield "## What is like for like\n"
    lines = [
        (f"`{m.label}`" if m.head else NOTHING, m.name, m.code, m.apart or m.departs)
        for m in told.module
    ]
    yield from _grid(("head", "module", "code", "departs"), lines)
    yield "Heads that are held against no module:\n"
    yield from (f"- {name}: {why}." for name, why in told.without.items())
    yield ""


def _best(mark: Mark, timed: Times) -> tuple[str, Timed]:
    return min(timed.kernels(mark).items(), key=lambda item: item[1].fastest)


def _names(mark: Mark) -> tuple[str, str]:
    return f"`{mark.label}`", side(mark.side, mark.side)


def _ms(seconds: float) -> str:
    return number(seconds / MS)


def _ratio(value: float) -> str:
    return times(value) if value >= 10 else f"{value:.2f}×"


def _grid(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table, and an empty line behind it."""
    yield from map(row, (titles, ["---"] * len(titles), *lines))
    yield ""


@click.command(epilog="Example: python -m benchmarks.speed RUN docs/speed.md")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("page", type=click.Path(path_type=Path))
def main(run: Path, page: Path) -> None:
    """Writes PAGE from the run folder RUN."""
    try:
        text = markdown(read_run(run), official())
        with replacing(page) as draft:
            draft.write_text(text, encoding="utf-8")
    except AttnbenchError as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
