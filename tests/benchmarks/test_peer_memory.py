"""What a call in a fork spends, and what its limits make of it."""

import json
import os
import subprocess
import sys

from benchmarks.peers import ROOT
from benchmarks.peers.child import VARIABLES

# In a process of its own: pytest has threads, and a fork wants none.
SCRIPT = """
import json, time, torch
from benchmarks.peers.memory import spent
GIB = 2**30

def told(call, seconds=30):
    s = spent(lambda: call, 64 * GIB, seconds)
    return [s.seconds, s.peak_bytes, s.value, s.failed]

kept = torch.ones(2**26)  # what stands before is not in the peak
print(json.dumps({
    "fits": told(lambda: torch.ones(2**24).numel()),
    "too large": told(lambda: torch.ones(2**36).numel()),
    "too slow": told(lambda: time.sleep(60), 0.2),
    "raises": told(lambda: {}["x"]),
}))
"""


def test_time_and_peak_are_told_and_limits_are_a_result():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=ROOT,
        env=os.environ | VARIABLES,
        capture_output=True,
        check=True,
    )
    found = json.loads(done.stdout)

    seconds, peak, value, failed = found["fits"]
    assert seconds > 0
    assert 4 * 2**24 <= peak < 4 * 2**26  # the tensor, and not what was there
    assert (value, failed) == (2**24, "")
    assert found["too large"] == [None, None, None, "needs a tensor of 256 GiB"]
    assert found["too slow"] == [None, None, None, "no count within 0.2 s"]
    assert found["raises"] == [None, None, None, "KeyError: 'x'"]
