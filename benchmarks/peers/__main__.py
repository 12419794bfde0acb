"""Runs the comparisons and writes their page: what `make peers` calls.

python -m benchmarks.peers run     measures, keeps the results, writes the page
python -m benchmarks.peers page    writes the page from the results that are there
"""

import sys

from benchmarks.peers import PAGE, RESULTS, ROOT
from benchmarks.peers.page import page
from benchmarks.peers.results import read, write
from benchmarks.peers.run import run


def main(command: str) -> None:
    if command not in ("run", "page"):
        sys.exit(f"unknown command {command!r}; use run or page")
    if command == "run":
        write(run(lambda told: print(told, file=sys.stderr, flush=True)), RESULTS)
    PAGE.write_text(page(read(RESULTS)))
    print(f"{RESULTS.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "")
