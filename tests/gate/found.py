"""Gates as a measurement might have ended, with every answer and with names that mean harm."""

from attnbench.gate.result import Change, Gate, Side, Timing
from attnbench.stats import Estimate
from attnbench.trial import Shape, Trial

HOSTILE = (
    "<script>alert(1)</script>",
    "::error::pwned",
    "##[error]pwned",
    "a\r\n::warning title=x::y\nb",
    "cell | next | <td>",
    "back\\|slash `code` ``two`` *bold* _it_ [a](http://b.c) ![x](y)",
    "\"quoted\" 'single' &amp; & %0A %25",
    "emoji 🙂 é",
    "@someone #1 https://evil.example www.evil.example",
    "\x1b[31mred\x00\x07\x85",
    "right\u202eleft \ud800 half",
    "]]> <!-- comment --> <?pi?>",
    "</details>",
    "",
)


def trial(head="ema", side=64, **fields):
    return Trial(head, Shape(1, 512, side, side), **fields)


def change(head="ema", answer="worse", base=1000, after=1100, **fields):
    told = {"quantity": "macs.counted", "unit": "MACs", "better": "lower"} | fields
    return Change(trial(head), base=base, head=after, answer=answer, **told)


def timing(head="ema", answer="worse", base=4.1e-3, ratio=1.2, **fields):
    return Timing(
        trial(head, device="cpu"),
        base=Estimate(base, base * 0.99, base * 1.01),
        head=Estimate(base * ratio, base * ratio * 0.99, base * ratio * 1.01),
        ratio=Estimate(ratio, ratio * 0.98, ratio * 1.02),
        p=2**-12,
        pairs=12,
        margin=0.05,
        answer=answer,
        **fields,
    )


def gate(*found, **fields):
    told = {
        "suite": "smoke",
        "base": Side("origin/main", "0123456789abcdef", "c0ffee001122"),
        "head": Side("HEAD", "fedcba9876543210", "c0ffee001122"),
        "exact": tuple(f for f in found if isinstance(f, Change)),
        "timed": tuple(f for f in found if isinstance(f, Timing)),
        "pairs": 12,
        "needed": 8,
        "detectable": 0.031,
        "seed": 7,
        "started": "2026-11-21T15:00:00+00:00",
        "seconds": 75.25,
    }
    return Gate(**(told | fields))


EVERY = gate(
    change("isa", "same", 1000, 1000),
    change("gc", "better", 1000, 900),
    change("danet", "worse", 1000, 1001, term="affinity"),
    change("ccnet", "worse", 1000, 2000),
    change("old", "gone", 1000, None),
    change("young", "new", None, 1000),
    change("fcn", "unclear", 0, 0, quantity="output", unit="", message="differs by rounding"),
    timing("danet", "worse", confirmed=True),
    timing("ema", "unclear", ratio=1.04),
    timing("gc", "better", ratio=0.8),
    timing("isa", "same", ratio=1.001),
    notes=("one thread",),
)
NAMED = gate(*(change(name, "worse", message=name) for name in HOSTILE), suite="s | <b>")
EMPTY = gate()
GATES = {"every": EVERY, "named": NAMED, "empty": EMPTY}
