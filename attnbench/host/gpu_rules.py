"""What about a GPU disturbs a measurement on it. Facts in, findings out."""

from collections.abc import Iterable

from attnbench.host.finding import Finding, note, stop
from attnbench.host.gpu import Card, CardProcess, Driver
from attnbench.units import quantity

# A card that nobody uses tells 0; a desktop that redraws a clock tells 1 to 3 %.
IDLE_UTILISATION = 0.05
# The driver keeps up to some 600 MiB on large cards, and NVML before 510 counts it as used.
HELD_BYTES = 2**30
# Below this a card runs at a clock that it was not built for while it has work to do.
LOW_CLOCK, UNDER_LOAD = 0.8, 0.5
# A clock that the power cap lets a card hold in a long run: about the base clock of most.
HOLDABLE = 0.75
SAME_WATTS = 1.0  # limits are told to the milliwatt, and some cards round them
# HBM has a bus of 1024 bits a stack, and bits for ECC of its own; GDDR pays with its data.
GDDR_BITS = 512


def driver_finding(driver: Driver) -> Finding | None:
    if not driver.problem:
        return None
    return note(
        f"the NVIDIA driver does not answer: {driver.problem}",
        "no GPU can be used, and a run on device auto is one on the CPU",
        "sudo reboot, if the driver was updated; otherwise nvidia-smi tells more",
    )


def card_findings(c: Card) -> tuple[Finding | None, ...]:
    """None for every rule that has nothing to say."""
    return (
        prohibited(c),
        others_computing(c),
        busy_with_unknown(c),
        memory_held(c),
        slowed(c),
        low_clock(c),
        display(c),
        power_capped(c),
        power_cap_lowered(c),
        mig(c),
        ecc(c),
        ecc_pending(c),
        persistence(c),
        clocks_free(c),
    )


def prohibited(c: Card) -> Finding | None:
    if c.compute_mode != "prohibited":
        return None
    return stop(
        f"GPU {c.index}: its compute mode is prohibited",
        "nothing can be measured on it",
        f"sudo nvidia-smi -i {c.index} -c DEFAULT",
    )


def others_computing(c: Card) -> Finding | None:
    others = _of_kind(c, "compute")
    if not others:
        return None
    pids = " ".join(str(p.pid) for p in others)
    return stop(
        f"GPU {c.index}: other processes compute on it: {_named(others)}",
        "they take turns with ours, and take its memory, bandwidth and power",
        f"wait for them; or, if they are yours, kill {pids}",
    )


def busy_with_unknown(c: Card) -> Finding | None:
    """In a container the processes of others are not told, but what they do is."""
    if c.utilisation is None or c.utilisation < IDLE_UTILISATION or _of_kind(c, "compute"):
        return None
    return stop(
        f"GPU {c.index}: busy {c.utilisation:.0%} of the time, and no compute process is told",
        "somebody uses it, from outside this container or to draw: kernels take turns",
        f"look from the host: nvidia-smi pmon -i {c.index} -c 1",
    )


def memory_held(c: Card) -> Finding | None:
    if c.processes or c.memory_used_bytes is None or c.memory_used_bytes <= HELD_BYTES:
        return None
    return note(
        f"GPU {c.index}: {quantity(c.memory_used_bytes, 'bytes')} are held by what is not told",
        "somebody may compute on it at any moment, and less memory is left for trials",
        f"look from the host: nvidia-smi -i {c.index} --query-compute-apps=pid,name --format=csv",
    )


def slowed(c: Card) -> Finding | None:
    reasons = [r for r in c.throttles or () if r != "power cap"]
    if not reasons:
        return None
    warm = "" if c.temperature_c is None else f" at {c.temperature_c} °C"
    return stop(
        f"GPU {c.index}: slowed down{warm}: {', '.join(reasons)}",
        "clocks are cut, by the hardware to a half or less, until the cause is gone",
        f"cool it, check its power: nvidia-smi -i {c.index} -q -d TEMPERATURE,PERFORMANCE",
    )


def low_clock(c: Card) -> Finding | None:
    if not c.sm_clock or not c.max_sm_clock or (c.utilisation or 0) < UNDER_LOAD:
        return None
    if c.sm_clock >= LOW_CLOCK * c.max_sm_clock:
        return None
    return note(
        f"GPU {c.index}: under load at {c.sm_clock} MHz, of {c.max_sm_clock} MHz at most",
        "times are those of this clock, not of the card",
        f"see what holds it down: nvidia-smi -i {c.index} -q -d CLOCK,PERFORMANCE,POWER",
    )


def display(c: Card) -> Finding | None:
    others = _of_kind(c, "graphics")
    if not others:
        return None
    return note(
        f"GPU {c.index}: it draws a screen: {_named(others)}",
        "every redraw comes between two kernels, and takes memory",
        "use another card; or, without a desktop, sudo systemctl isolate multi-user.target",
    )


def power_capped(c: Card) -> Finding | None:
    if "power cap" not in (c.throttles or ()):
        return None
    return note(
        f"GPU {c.index}: held down by its power cap before any work of ours",
        "clocks then depend on what each kernel draws, not on the kernel alone",
        _lock_clocks(c) or f"nvidia-smi -i {c.index} -q -d POWER",
    )


def power_cap_lowered(c: Card) -> Finding | None:
    cap, default = c.power_cap_watts, c.default_power_cap_watts
    if cap is None or default is None or cap >= default - SAME_WATTS:
        return None
    return note(
        f"GPU {c.index}: its power cap is {cap:.0f} W, {default:.0f} W by default",
        "heavy kernels run at lower clocks than on other cards of this name",
        f"sudo nvidia-smi -i {c.index} -pl {default:.0f}",
    )


def mig(c: Card) -> Finding | None:
    if not c.mig:
        return None
    return note(
        f"GPU {c.index}: it is divided (MIG)",
        "a part has a share of the SMs and of the bandwidth; its neighbours share the power cap",
        f"sudo nvidia-smi -i {c.index} -mig 0",
    )


def ecc(c: Card) -> Finding | None:
    if c.ecc is False:
        return note(
            f"GPU {c.index}: ECC is off",
            "where that costs nothing it is on by default: results compare only with ECC off",
            f"sudo nvidia-smi -i {c.index} -e 1, then reboot",
        )
    if not c.ecc or not c.memory_bus_bits or c.memory_bus_bits > GDDR_BITS:
        return None
    return note(
        f"GPU {c.index}: ECC is on, with GDDR memory",
        "a sixteenth of its memory, and of its bandwidth, goes to check bits",
        f"sudo nvidia-smi -i {c.index} -e 0, then reboot; or compare only with ECC on",
    )


def ecc_pending(c: Card) -> Finding | None:
    if c.ecc is None or c.ecc_pending is None or c.ecc == c.ecc_pending:
        return None
    return note(
        f"GPU {c.index}: ECC will be {'on' if c.ecc_pending else 'off'} after the next reboot",
        "runs before and after it do not compare",
        "sudo reboot",
    )


def persistence(c: Card) -> Finding | None:
    if c.persistent is not False:
        return None
    return note(
        f"GPU {c.index}: persistence mode is off",
        "the driver unloads between rounds: every process starts slowly, on a card gone cold",
        f"sudo nvidia-smi -i {c.index} -pm 1",
    )


def clocks_free(c: Card) -> Finding | None:
    """The driver does not tell a lock. A clock that dropped shows that there may be none."""
    if not c.sm_clock or not c.max_sm_clock or (c.utilisation or 0) >= IDLE_UTILISATION:
        return None
    if c.sm_clock >= HOLDABLE * c.max_sm_clock - 15:  # clocks come in steps of 15 MHz at most
        return None
    return note(
        f"GPU {c.index}: its SM clock seems free, at {c.sm_clock} of {c.max_sm_clock} MHz",
        "it climbs with the first kernels and falls with heat: a warm-up must last, times drift",
        _lock_clocks(c),
    )


def _lock_clocks(c: Card) -> str:
    if not c.max_sm_clock:
        return ""
    clock = c.application_clock or round(HOLDABLE * c.max_sm_clock)
    return f"sudo nvidia-smi -i {c.index} -lgc {clock},{clock} (undo: -rgc)"


def _of_kind(c: Card, kind: str) -> list[CardProcess]:
    return [p for p in c.processes or () if p.kind == kind]


def _named(processes: Iterable[CardProcess]) -> str:
    return ", ".join(f"{p.name or 'unknown'} (pid {p.pid})" for p in processes)
