"""How the cost of any module grows with the map: no suite, no run folder.

python examples/growth_of_a_module.py
"""

from torch import nn

import attnbench


def main() -> None:
    """Counts and times multi-head attention over the pixels of square maps."""
    print("side      MACs   memory   milliseconds (95 % interval within this process)")
    for side in (8, 16, 32):
        found = attnbench.measure(
            Pixels(32),
            (1, 32, side, side),
            metrics=["counted", "memory_predicted", "latency"],
            budget=attnbench.Budget(max_seconds=0.2, warmup_seconds=0.05),
        )
        time, memory = found["latency"], found["memory_predicted"].value / 2**20
        within = f"{time.low * 1e3:.3f} to {time.high * 1e3:.3f}"
        macs = found["macs.counted"].value / 1e6
        print(f"{side:4} {macs:7.1f} M {memory:6.2f} MiB  {time.value * 1e3:.3f} ({within})")


class Pixels(nn.Module):
    """(N, C, H, W) -> (N, C, H, W): every pixel attends to every pixel, with four heads."""

    def __init__(self, channels: int):
        super().__init__()
        self.attention = nn.MultiheadAttention(channels, 4, batch_first=True)

    def forward(self, x):
        pixels = x.flatten(2).transpose(1, 2)  # N, HW, C
        y, _ = self.attention(pixels, pixels, pixels, need_weights=False)
        return x + y.transpose(1, 2).view_as(x)


if __name__ == "__main__":
    main()
