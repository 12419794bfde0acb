"""What other tools count and measure for the same heads at the same size, side by side in one run.

`make peers` makes an environment for them, runs all comparisons, keeps the results in RESULTS and
writes PAGE from them.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results" / "reference" / "peers-cpu.json"
PAGE = ROOT / "docs" / "peers.md"
