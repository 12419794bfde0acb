"""Every NVIDIA card as its driver (NVML) tells it. What a card does not answer is None."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from types import ModuleType
from typing import Any

import pynvml

# What holds a clock down although the card has work. Source: nvml.h, nvmlClocksEventReason*.
THROTTLES = {
    0x04: "power cap",
    0x08: "hardware slowdown",
    0x20: "thermal slowdown by the driver",
    0x40: "thermal slowdown by the hardware",
    0x80: "power brake",
}
COMPUTE_MODES = ("default", "exclusive thread", "prohibited", "exclusive process")


@dataclass(frozen=True)
class CardProcess:
    """A process with a context on a card."""

    pid: int
    name: str
    kind: str  # compute or graphics
    memory_bytes: int | None


@dataclass(frozen=True)
class Card:
    """One card: how it is set, and what it does now. Clocks in megahertz, power in watts."""

    index: int  # of nvidia-smi, which torch's need not be
    name: str = ""
    uuid: str = ""
    memory_bytes: int | None = None
    memory_used_bytes: int | None = None
    memory_bus_bits: int | None = None
    sm_clock: int | None = None
    max_sm_clock: int | None = None
    memory_clock: int | None = None
    max_memory_clock: int | None = None
    application_clock: int | None = None  # asked of the SMs; a lock by range is not told
    power_watts: float | None = None
    power_cap_watts: float | None = None
    default_power_cap_watts: float | None = None
    ecc: bool | None = None
    ecc_pending: bool | None = None  # after the next reboot
    mig: bool | None = None
    persistent: bool | None = None
    compute_mode: str | None = None
    temperature_c: int | None = None
    throttles: tuple[str, ...] | None = None
    utilisation: float | None = None  # share of the last moments with a kernel running
    counts_energy: bool | None = None
    processes: tuple[CardProcess, ...] | None = None  # of all users, if the driver may tell


@dataclass(frozen=True)
class Driver:
    """The cards of a machine; `problem` says why a driver that is there does not answer."""

    version: str = ""
    cards: tuple[Card, ...] = ()
    problem: str = ""


def driver(nvml: ModuleType = pynvml) -> Driver:
    """Asks the driver of this machine. No driver, no cards; that is no problem."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError_LibraryNotFound:
        return Driver()
    except nvml.NVMLError as error:
        return Driver(problem=str(error))
    try:
        version = told(nvml, "nvmlSystemGetDriverVersion") or ""
        return Driver(str(version), tuple(_cards(nvml)))
    finally:
        nvml.nvmlShutdown()


def told(nvml: ModuleType, question: str, *args: Any) -> Any:
    """The answer; None where card, driver or binding has none, or where we may not ask."""
    try:
        return getattr(nvml, question)(*args)
    except (nvml.NVMLError, AttributeError):
        return None


def switch(nvml: ModuleType, question: str, handle: Any) -> tuple[bool | None, bool | None]:
    """Now, and after a reboot, of a switch like "nvmlDeviceGetEccMode"."""
    now, pending = told(nvml, question, handle) or (None, None)
    return (None, None) if now is None else (bool(now), bool(pending))


def _cards(nvml: ModuleType) -> Iterator[Card]:
    for index in range(told(nvml, "nvmlDeviceGetCount") or 0):
        if (handle := told(nvml, "nvmlDeviceGetHandleByIndex", index)) is not None:
            yield _card(nvml, index, handle)


def _card(nvml: ModuleType, index: int, handle: Any) -> Card:
    def ask(question: str, *args: Any, make: Callable[[Any], Any] = lambda answer: answer) -> Any:
        answer = told(nvml, f"nvmlDeviceGet{question}", handle, *args)
        return None if answer is None else make(answer)

    sm, memory_clock = nvml.NVML_CLOCK_SM, nvml.NVML_CLOCK_MEM
    # The second version does not count what the driver keeps for itself as used.
    memory = ask("MemoryInfo", getattr(nvml, "nvmlMemory_v2", None)) or ask("MemoryInfo")
    ecc, ecc_pending = switch(nvml, "nvmlDeviceGetEccMode", handle)
    reasons = ask("CurrentClocksEventReasons")
    if reasons is None:  # its name before driver 535
        reasons = ask("CurrentClocksThrottleReasons")
    return Card(
        index=index,
        name=ask("Name", make=str) or "",
        uuid=ask("UUID", make=str) or "",
        memory_bytes=memory and int(memory.total),
        memory_used_bytes=memory and int(memory.used),
        memory_bus_bits=ask("MemoryBusWidth"),
        sm_clock=ask("ClockInfo", sm),
        max_sm_clock=ask("MaxClockInfo", sm),
        memory_clock=ask("ClockInfo", memory_clock),
        max_memory_clock=ask("MaxClockInfo", memory_clock),
        application_clock=ask("ApplicationsClock", sm),
        power_watts=ask("PowerUsage", make=_watts),
        power_cap_watts=ask("EnforcedPowerLimit", make=_watts),
        default_power_cap_watts=ask("PowerManagementDefaultLimit", make=_watts),
        ecc=ecc,
        ecc_pending=ecc_pending,
        mig=switch(nvml, "nvmlDeviceGetMigMode", handle)[0],
        persistent=ask("PersistenceMode", make=bool),
        compute_mode=ask("ComputeMode", make=COMPUTE_MODES.__getitem__),
        temperature_c=ask("Temperature", nvml.NVML_TEMPERATURE_GPU),
        throttles=None if reasons is None else throttles(reasons),
        utilisation=ask("UtilizationRates", make=lambda rates: rates.gpu / 100),
        counts_energy=ask("TotalEnergyConsumption") is not None,
        processes=_processes(nvml, handle),
    )


def throttles(reasons: int) -> tuple[str, ...]:
    """What of a bit mask of NVML slows a card that has work to do."""
    return tuple(name for bit, name in THROTTLES.items() if reasons & bit)


def _watts(milliwatts: int) -> float:
    return milliwatts / 1000


def _processes(nvml: ModuleType, handle: Any) -> tuple[CardProcess, ...] | None:
    """A process that does both counts as compute."""
    found: dict[int, CardProcess] = {}
    for kind in ("Graphics", "Compute"):
        running = told(nvml, f"nvmlDeviceGet{kind}RunningProcesses", handle)
        if running is None:
            if kind == "Compute":
                return None
            continue
        for process in running:
            name = told(nvml, "nvmlSystemGetProcessName", process.pid) or ""
            words = str(name).split()
            found[process.pid] = CardProcess(
                pid=process.pid,
                name=PurePath(words[0]).name if words else "",
                kind=kind.lower(),
                memory_bytes=process.usedGpuMemory,
            )
    return tuple(found.values())
