"""The machine that measures: how it is set up, what it is doing, and what of it disturbs.

No torch: a run may look at the machine before its workers are there. What is asked of files and
of the driver is below a root and through a module that are arguments, so a test makes up its own.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pynvml

from attnbench.host.activity import WATCH_SECONDS, Activity, watch
from attnbench.host.cpu import ROOT, Cpu, cpu
from attnbench.host.cpu_rules import cpu_findings
from attnbench.host.finding import Finding, by_severity
from attnbench.host.gpu import Driver, driver
from attnbench.host.gpu_rules import card_findings, driver_finding
from attnbench.host.variables import variable_findings, variables


@dataclass(frozen=True)
class Host:
    """A machine at a moment, looked at before `threads` threads measure on it."""

    threads: int
    cpu: Cpu
    activity: Activity
    driver: Driver
    variables: dict[str, str]  # of the environment, that change what is measured
    findings: tuple[Finding, ...]


def examine(
    threads: int = 1,
    gpus: Collection[str] | None = None,
    *,
    seconds: float = WATCH_SECONDS,
    root: Path = ROOT,
    nvml: ModuleType = pynvml,
    environ: Mapping[str, str] = os.environ,
) -> Host:
    """The machine as it is now; takes `seconds`, and a moment for the driver to answer.

    `gpus` are the UUIDs of those to be measured on: only they have findings; None is all. Look
    while nothing of ours is at work, since what is busy counts as somebody else's.
    """
    processors, cards = cpu(root), driver(nvml)
    activity, told = watch(root, seconds=seconds), variables(environ)
    judged = [c for c in cards.cards if gpus is None or c.uuid in gpus]
    found = (
        *cpu_findings(processors, activity, threads),
        driver_finding(cards),
        *(finding for card in judged for finding in card_findings(card)),
        *variable_findings(told, on_gpu=bool(judged)),
    )
    return Host(threads, processors, activity, cards, told, by_severity(found))
