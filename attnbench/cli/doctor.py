"""attnbench doctor: what this machine would do to the numbers, and what to do about it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from attnbench.cli import _options
from attnbench.cli._command import Command, option
from attnbench.cli._json import json_option

if TYPE_CHECKING:
    from attnbench.host import Host
    from attnbench.host.activity import Activity
    from attnbench.host.cpu import Cpu
    from attnbench.host.finding import Finding
    from attnbench.host.gpu import Card
    from attnbench.host.noise import Noise
    from attnbench.record import Environment
    from attnbench.run.protocol import Hello

WATCH_SECONDS = 1.0  # longer than a run takes before it starts: shares are good to 1 % of a core
NOT_TOLD = "not told"
ON = {None: NOT_TOLD, True: "on", False: "off"}
YES = {None: NOT_TOLD, True: "yes", False: "no"}


@dataclass(frozen=True)
class Examination:
    """All that is known of a machine before a measurement."""

    device: str  # that a run would take
    devices: tuple[str, ...]
    software: dict[str, str]  # versions
    environment: "Environment | None"  # as the measuring process told it, if it started
    host: "Host"
    noise: "Noise | None"
    findings: "tuple[Finding, ...]"


@click.command(
    cls=Command,
    short_help="What would disturb a measurement here.",
    examples=("attnbench doctor", "attnbench doctor --threads 2 --device cpu"),
)
@_options.threads("CPU threads that a head may use, as in attnbench run.")
@_options.device("Of the run to come: cpu, cuda, cuda:1. What troubles another GPU does not count.")
@option(
    "--probe/--no-probe",
    default=True,
    show_default=True,
    help="Time the same work in 20 processes, which takes five seconds: how much it varies.",
)
@json_option()
def command(*, threads: int, device: str, probe: bool, as_json: bool) -> None:
    """Tells what would disturb a measurement here, and the command that mends it.

    Exit code 1: a measurement now should not be trusted.
    """
    from attnbench.cli._json import print_json
    from attnbench.errors import EXIT_NO
    from attnbench.host.finding import trusted

    found = examination(device, threads, probe=probe)
    is_trusted = trusted(found.findings)
    if as_json:
        print_json(_sheet(found) | {"trusted": is_trusted})
    else:
        _print(found)
    if not is_trusted:
        sys.exit(EXIT_NO)


def examination(asked: str, threads: int, *, probe: bool) -> Examination:
    """Starts a measuring process, ends it, and then looks at the machine at rest.

    Raises DeviceError for a device that the process does not have.
    """
    from attnbench import host
    from attnbench.errors import AttnbenchError
    from attnbench.host.finding import by_severity
    from attnbench.host.noise import noise_finding
    from attnbench.host.software import not_started, software_findings, versions
    from attnbench.run.conditions import noise
    from attnbench.run.session import resolve_device
    from attnbench.trial import Settings

    try:
        hello = _greeting(threads)
    except AttnbenchError as error:
        machine = host.examine(threads, seconds=WATCH_SECONDS)
        found = by_severity((not_started(str(error)), *machine.findings))
        return Examination(asked, (), versions(), None, machine, None, found)
    kind, indices = resolve_device(asked, hello.devices)
    here = hello.environment
    gpus = tuple(here.gpus[int(index)].uuid for index in indices)
    machine = host.examine(threads, gpus, seconds=WATCH_SECONDS)
    more = () if asked == "cpu" else software_findings(here, machine.driver)
    measured = noise(Settings(threads=threads)) if probe else None
    varies = measured and noise_finding(measured)
    found = by_severity((*more, *machine.findings, varies))
    device = asked if asked == "cuda:all" else ":".join([kind, *indices])
    return Examination(device, hello.devices, versions(), here, machine, measured, found)


def _greeting(threads: int) -> "Hello":
    """What a measuring process says of itself. Raises AttnbenchError when it does not start."""
    from attnbench.run.isolate import Worker
    from attnbench.store import LOG
    from attnbench.trial import Settings

    with TemporaryDirectory(prefix="attnbench-") as folder:
        worker = Worker(Path(folder) / LOG, Settings(threads=threads))
        worker.stop()
        return worker.hello


def _sheet(found: Examination) -> dict[str, Any]:
    """What a program gets: the machine's facts at the top level, findings last."""
    import msgspec

    told = msgspec.to_builtins(found)
    findings, machine = told.pop("findings"), told.pop("host")
    return told | machine | {"findings": findings}


def _print(found: Examination) -> None:
    from rich.text import Text

    from attnbench.cli._console import print_text, stdout

    console = stdout()
    for title, facts in _blocks(found):
        width = max(len(name) for name, _ in facts)
        lines = [f"  {name.ljust(width)}  {value}" for name, value in facts]
        print_text(console, title, *lines, "")
    if found.findings:
        print_text(console, "findings")
    for finding in found.findings:
        style = {"stop": "bold red", "note": "yellow"}[finding.severity]
        console.print(Text.assemble("  ", (finding.severity, style), f"  {finding.what}"))
        print_text(console, f"        {finding.why}", f"        mend: {finding.mend}", "")
    print_text(console, _verdict(found.findings))


def _verdict(findings: "tuple[Finding, ...]") -> str:
    stops = sum(f.severity == "stop" for f in findings)
    notes = len(findings) - stops
    if stops:
        return f"do not trust a measurement here now: {stops} to mend first, {notes} to know"
    return f"a measurement here can be trusted: {f'{notes} to know' if notes else 'nothing found'}"


def _blocks(found: Examination) -> "Iterator[tuple[str, list[tuple[str, str]]]]":
    """Titles, and facts by name."""
    host = found.host
    yield "software", list(found.software.items())
    if found.environment is not None:
        yield "measuring process", _process_facts(found)
    yield "processor", _cpu_facts(host.cpu)
    yield "now", _activity_facts(host.activity, host.cpu)
    if found.noise is not None:
        yield "noise", _noise_facts(found.noise)
    for card in host.driver.cards:
        yield f"GPU {card.index}", _card_facts(card, host.driver.version)
    if host.variables:
        yield "environment variables", list(host.variables.items())


def _process_facts(found: Examination) -> list[tuple[str, str]]:
    here = found.environment
    return [
        ("device", f"{found.device}, of {', '.join(found.devices)}"),
        ("threads", f"{here.threads} of torch, {found.host.threads} asked for"),
        ("CUDA", here.cuda or "none in this build of torch"),
        *((name, value) for name, value in sorted(here.flags.items())),
    ]


def _cpu_facts(c: "Cpu") -> list[tuple[str, str]]:
    nodes = f", on {len(c.nodes)} memory nodes" if len(c.nodes) > 1 else ""
    quota = "no limit on" if c.quota_cores is None else f"{c.quota_cores:g} cores'"
    return [
        ("name", c.name),
        ("cores", f"{c.cores} of {c.online} may be used{nodes}"),
        ("control group", f"{quota} time"),
        ("memory", _told(c.memory_bytes, "bytes")),
        ("governor", ", ".join(c.governors) or NOT_TOLD),
        ("turbo", ON[c.turbo]),
        ("SMT", ON[c.smt]),
        ("virtual", YES[c.virtual]),
        *([("power", "battery" if c.on_battery else "mains")] if c.on_battery is not None else []),
    ]


def _activity_facts(a: "Activity", c: "Cpu") -> list[tuple[str, str]]:
    idle = NOT_TOLD if a.idle_cores is None else f"{a.idle_cores:g} of {c.cores} cores"
    stolen = f"{_share(a.stolen)}; {_share(a.stolen_since_boot)} of the time wanted since boot"
    busy = (f"{p.name} (pid {p.pid}) {p.cores:.0%} of a core" for p in a.busy)
    return [
        ("idle", f"{idle}, watched for {a.seconds:g} s"),
        ("load", " ".join(f"{n:.2f}" for n in a.load) or NOT_TOLD),
        ("stolen", stolen),
        ("busy", ", ".join(busy) or "no other process"),
        ("memory", f"{_told(a.memory_available_bytes, 'bytes')} available"),
        ("swap", f"{_told(a.swap_used_bytes, 'bytes')} used, {a.swapped_pages} pages moved"),
    ]


def _noise_facts(n: "Noise") -> list[tuple[str, str]]:
    from attnbench.units import quantity

    least = ", ".join(f"{r} rounds {100 * n.smallest(r):.0f} %" for r in (4, 8, 16))
    return [
        ("grade", n.grade),
        ("probe", f"{quantity(n.seconds, 's')} of work in {len(n.samples)} processes"),
        ("varies", f"{_share(n.between)} between processes, {_share(n.within)} within one"),
        ("least seen", f"{least}: smaller differences will mostly not show"),
    ]


def _card_facts(c: "Card", driver: str) -> list[tuple[str, str]]:
    held = f"{_told(c.memory_used_bytes, 'bytes')} of {_told(c.memory_bytes, 'bytes')} used"
    cap, default = _told(c.power_cap_watts, "W"), _told(c.default_power_cap_watts, "W")
    others = (f"{p.name or 'unknown'} (pid {p.pid}, {p.kind})" for p in c.processes or ())
    told = "none" if c.processes is not None else NOT_TOLD
    slowed = NOT_TOLD if c.throttles is None else ", ".join(c.throttles) or "nothing"
    return [
        ("name", f"{c.name}, {c.uuid}"),
        ("driver", driver),
        ("memory", held),
        ("SM clock", f"{_told(c.sm_clock, 'MHz')} of {_told(c.max_sm_clock, 'MHz')}"),
        ("memory clock", f"{_told(c.memory_clock, 'MHz')} of {_told(c.max_memory_clock, 'MHz')}"),
        ("power", f"{_told(c.power_watts, 'W')}, cap {cap}, by default {default}"),
        ("held down by", slowed),
        ("temperature", _told(c.temperature_c, "°C")),
        ("ECC", ON[c.ecc]),
        ("MIG", ON[c.mig]),
        ("persistence", ON[c.persistent]),
        ("compute mode", c.compute_mode or NOT_TOLD),
        ("energy counter", YES[c.counts_energy]),
        ("utilisation", _share(c.utilisation)),
        ("processes", ", ".join(others) or told),
    ]


def _share(share: float | None) -> str:
    return NOT_TOLD if share is None else f"{100 * share:.1f} %"


def _told(value: float | None, unit: str) -> str:
    from attnbench.units import quantity

    if value is None:
        return NOT_TOLD
    return quantity(value, unit) if unit == "bytes" else f"{value:.0f} {unit}"
