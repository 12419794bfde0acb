"""What a machine was like when a run began, or was taken up again."""

from dataclasses import dataclass

from attnbench.host.finding import Finding
from attnbench.host.noise import Noise
from attnbench.printable import one_line


@dataclass(frozen=True)
class Conditions:
    """What disturbed it, and how much its CPU varied, if that was measured. One line of JSON."""

    started: str  # ISO 8601, UTC
    environment: str
    findings: tuple[Finding, ...] = ()
    noise: Noise | None = None

    def lines(self, rounds: int) -> list[str]:
        """What a user should know before the wait."""
        told = [one_line(f"{f.severity}: {f.what}; {f.mend}") for f in self.findings]
        return told + ([f"machine: {self.noise.sentence(rounds)}"] if self.noise else [])
