"""Where and how the numbers were made."""

from attnbench.record import Environment, Gpu
from attnbench.report.document import Facts, Heading, bullets, strong, text
from attnbench.report.evidence import Evidence
from attnbench.report.sections import section
from attnbench.report.tally import Tally
from attnbench.units import quantity


@section("The machine and the run", order=100)
def machine(evidence: Evidence) -> list:
    blocks: list = []
    environments = list(evidence.run.environments.values())
    for i, environment in enumerate(environments, 1):
        number = f" {i} of {len(environments)}" if len(environments) > 1 else ""
        blocks += [Heading(f"Machine{number}"), Facts(_environment(environment))]
    blocks += [Heading("Run"), Facts(_run(evidence)), *_conditions(evidence)]
    if evidence.warnings:
        blocks += [Heading("Warnings"), bullets(evidence.warnings)]
    return blocks


def _conditions(evidence: Evidence) -> list:
    """What was wrong with the machine, each time that the run was begun."""
    rounds = max(evidence.tally.rounds, 1)
    lines = [
        text(strong(f"{f.severity}: "), f"{f.what}: {f.why}. To mend it: {f.mend}.")
        for c in evidence.run.conditions
        for f in c.findings
    ]
    lines += [
        text(strong("noise: "), c.noise.sentence(rounds), ".")
        for c in evidence.run.conditions
        if c.noise is not None
    ]
    return [Heading("Conditions"), bullets(dict.fromkeys(lines))] if lines else []


def _environment(e: Environment) -> tuple[tuple[str, str], ...]:
    dirty = ", with changes that are not committed" if e.dirty else ""
    pairs = (
        ("processor", f"{e.cpu}, {e.cores} cores usable, {e.threads} used"),
        ("clocks", _clocks(e)),
        ("allowed", f"the time of {e.quota_cores:g} cores" if e.quota_cores else ""),
        ("memory", quantity(e.memory_bytes, "bytes")),
        ("GPU", "; ".join(map(_gpu, e.gpus)) or "none"),
        ("CUDA", f"{e.cuda}, driver {e.driver}" if e.cuda else ""),
        ("system", e.os),
        ("software", f"Python {e.python}, torch {e.torch}, numpy {e.numpy}, fvcore {e.fvcore}"),
        ("attnbench", f"{e.attnbench}{f', commit {e.commit}{dirty}' if e.commit else ''}"),
        ("switches", ", ".join(f"{k} = {v}" for k, v in sorted(e.flags.items()))),
        ("environment id", e.id),
    )
    return tuple((k, v) for k, v in pairs if v)


def _clocks(e: Environment) -> str:
    told = (f"governor {e.governor}" if e.governor else "", f"turbo {e.turbo}" if e.turbo else "")
    return ", ".join(filter(None, told))


def _gpu(g: Gpu) -> str:
    told = [g.name, quantity(g.memory_bytes, "bytes") if g.memory_bytes else ""]
    told.append(f"cap {g.power_cap_watts:.0f} W" if g.power_cap_watts else "")
    told.append(f"SM clock up to {g.max_sm_clock_mhz} MHz" if g.max_sm_clock_mhz else "")
    told.append(f"ECC {g.ecc}" if g.ecc else "")
    told.append("divided (MIG)" if g.mig == "on" else "")
    return ", ".join(filter(None, told))


def _run(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    info = evidence.run.info
    pairs = (
        ("run", evidence.run.name),
        ("suite", info.suite),
        ("begun", info.created),
        ("device", f"{info.device}, CPU threads: {info.threads}, fused attention: {info.sdpa}"),
        ("seed", f"{info.seed}, of the order of trials and of their inputs"),
        (
            "asked for",
            " ".join(f"--{k} {v}" for k, values in sorted(info.asked.items()) for v in values),
        ),
        (
            "rounds",
            f"{max(evidence.tally.rounds, 1)}, each a fresh process",
        ),
        ("records", ", ".join(f"{n} {s}" for s, n in evidence.tally.statuses.most_common())),
        ("duration", _duration(evidence.tally)),
    )
    return tuple((k, v) for k, v in pairs if v)


def _duration(told: Tally) -> str:
    if told.span is None:
        return ""
    wall = told.span.total_seconds()
    return f"{_clock(wall)} from the first record to the last, {_clock(told.busy)} of it in trials"


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
