"""The made-up run with names and messages that would run, lead or mislead if they were markup."""

from attnbench.store import Run
from tests.replacing import replace
from tests.report.made_up import made_up_run

ATTACKS = (
    "<img src=x onerror=\"window.pwned='image'\">",
    "</script><script>window.pwned='script'</script>",
    "<a href=\"javascript:window.pwned='link'\">a</a>",
    "<!--<script>",
    "'\"`${window.pwned=1}`%{x}$\\frac{1}{2}$",
    "\u2028\u2029\u202e\x1b[2J&lt;b&gt;&amp;",
)
HEAD = "h" + "".join(ATTACKS)


def hostile_run() -> Run:
    """Head gc is called HEAD; options, devices, metrics, messages and folder are no better."""
    run = made_up_run(
        name="run" + ATTACKS[0].replace("/", "") + ATTACKS[4].replace("/", ""), rounds=2
    )
    records = []
    for r in run.records:
        trial = r.trial
        if trial.head == "gc":
            trial = replace(trial, head=HEAD)
        elif trial.head == "ema":
            trial = replace(trial, options={ATTACKS[0]: ATTACKS[1]})
        if trial.head == "fcn" and trial.device == "cpu":
            trial = replace(trial, device=f"cpu {ATTACKS[2]}")
        readings = dict(r.readings)
        if "latency" in readings:
            readings[f"latency.{ATTACKS[1]}"] = readings["latency"]
            readings["__proto__"] = readings["latency"]
        message = r.message and r.message + "".join(ATTACKS)
        records.append(replace(r, trial=trial, key=trial.key, readings=readings, message=message))
    return replace(run, records=tuple(records), warnings=("".join(ATTACKS),))
