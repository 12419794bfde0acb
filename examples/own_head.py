"""A head of one's own, made in this very script, beside two published ones.

python examples/own_head.py      # a minute on a CPU; leaves latency.png and a run in results/
"""

from torch import Tensor, nn

import attnbench

SUITE = """
title    = "A strip head beside others"
question = "What does attention along rows alone cost?"
heads    = ["ema", "ccnet"]

[[sweep]]
device   = "meta"
metrics  = ["params", "counted", "memory_predicted"]
channels = 64
size     = [16, 24, 32, 48]

[[sweep]]
metrics  = ["latency"]
channels = 64
size     = [16, 24, 32]

[budget]
rounds         = 2
max_seconds    = 0.05
warmup_seconds = 0.01
"""


@attnbench.head(family="factorised", complexity="N·W·C", maps=("affinity",))
class Strips(nn.Module):
    """(N, C, H, W) -> (N, C, H, W): each pixel attends to its row."""

    def __init__(self, channels: int, *, keys: int = 16):
        super().__init__()
        self.query = nn.Conv2d(channels, keys, 1)
        self.key = nn.Conv2d(channels, keys, 1)
        self.affinity = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        query, key = self.query(x).movedim(1, 3), self.key(x).movedim(1, 2)  # N, H, W, K / K, W
        attention = self.affinity((query @ key).softmax(-1))  # N, H, W, W
        return x + (attention @ x.movedim(1, 3)).movedim(3, 1)


if __name__ == "__main__":  # the measuring processes import what they are handed, not this script
    run = attnbench.run(SUITE, heads=[Strips], device="cpu", probe=False)
    print(run)
    rows = attnbench.load(run)
    print(rows[rows.metric == "macs.counted"].pivot(index="height", columns="head", values="value"))
    run.figure("latency").savefig("latency.png")
