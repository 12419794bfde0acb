"""What a machine was like when a run began: what disturbs it, and how much it varies."""

import subprocess
import sys
from collections.abc import Collection

import msgspec

from attnbench import host
from attnbench.conditions import Conditions
from attnbench.errors import AttnbenchError
from attnbench.host.finding import by_severity
from attnbench.host.noise import Noise, noise_finding
from attnbench.record import Environment
from attnbench.trial import Settings

PROCESSES = 20  # Student's interval of a standard deviation is then within a third of it
LONGEST = 120.0  # s


def noise(settings: Settings, processes: int = PROCESSES) -> Noise:
    """Of the CPU of this machine, in some five seconds. Raises AttnbenchError if it cannot run."""
    command = [sys.executable, "-m", "attnbench.run.probe"]
    try:
        done = subprocess.run(
            [*command, msgspec.json.encode(settings), str(processes)],
            capture_output=True,
            check=True,
            timeout=LONGEST,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise AttnbenchError(f"the machine's noise could not be measured: {error}") from None
    samples = msgspec.json.decode(done.stdout, type=tuple[tuple[float, ...], ...])
    return Noise(samples, settings.threads)


def conditions(
    here: Environment, settings: Settings, gpus: Collection[str], *, probe: bool, started: str
) -> Conditions:
    """Looks at the machine, and with `probe` measures its noise. No worker may be at work."""
    findings = host.examine(settings.threads, gpus).findings
    measured = noise(settings) if probe else None
    if measured is not None:
        findings = by_severity((*findings, noise_finding(measured)))
    return Conditions(started, here.id, findings, measured)
