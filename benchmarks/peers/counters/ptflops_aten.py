"""ptflops, backend "aten"."""

from functools import partial

from benchmarks.peers.counters._ptflops import count

macs = partial(count, backend="aten")
