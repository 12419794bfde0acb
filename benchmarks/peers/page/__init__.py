"""docs/peers.md, made from the results of a run and from nothing else."""

from collections.abc import Iterator

from benchmarks.peers.page import counting, growth, latency, races, sweeps
from benchmarks.peers.page.tables import grid
from benchmarks.peers.results import Results

TEXT = """# Beside other tools

What other tools count and measure for the same heads at the same size, side by side in one run.
This page is made by `make peers` from what it measures, here on {made} in {minutes} minutes; the
numbers are in `results/reference/peers-cpu.json`, and each tool has its adapter in
`benchmarks/peers/`. It shows where attnbench is ahead, and where it is not.
"""


def page(results: Results) -> str:
    return "\n".join(_lines(results)).rstrip() + "\n"


def _lines(results: Results) -> Iterator[str]:
    yield TEXT.format(minutes=max(1, round(results.seconds / 60)), made=results.made)
    yield from grid(("machine", ""), results.machine.items())
    yield from grid(("version", ""), results.versions.items())
    yield from (f"- {name} {why}" for name, why in results.missing.items())
    yield ""
    yield from counting.lines(results)
    yield from growth.lines(results)
    yield from latency.lines(results)
    yield from sweeps.lines(results)
    yield from races.lines(results)
