"""ptflops, backend "pytorch"."""

from functools import partial

from benchmarks.peers.counters._ptflops import count

macs = partial(count, backend="pytorch")
