"""Which heads train on a card of 24 GB at a map of 128x128, and what do they cost?

python examples/choose_a_head.py            # no device is needed; a second a head
python examples/choose_a_head.py 96 "8 GB"
"""

import sys

import attnbench

HEADS = ("non_local", "danet", "ccnet", "isa", "ema", "a2", "gc")


def main(side: int = 128, card: str = "24 GB") -> None:
    """Prints the heads in the order of their work, with the largest map that still trains."""
    shape = attnbench.Shape(batch=4, channels=512, height=side, width=side)
    found = [attnbench.predict(head, shape) for head in HEADS]
    print(f"batch 4, 512 channels, {side}x{side}: forward MACs, memory of training, largest side")
    for one in sorted(found, key=lambda p: p.macs):
        memory, largest = one.training.memory, one.training.sides[card]
        fits = f"{memory.total / 2**30:6.2f} GiB" if memory else "   refused"
        verdict = "fits" if largest >= side else "too large"
        print(f"{one.trial.head:10} {one.macs / 1e9:8.2f} G  {fits}  {largest:5}  {verdict}")


if __name__ == "__main__":
    main(*(kind(word) for kind, word in zip((int, str), sys.argv[1:], strict=False)))
