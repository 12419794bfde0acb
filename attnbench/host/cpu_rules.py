"""What about processor, memory and neighbours disturbs a measurement. Facts in, findings out."""

from attnbench.host.activity import Activity
from attnbench.host.cpu import Cpu
from attnbench.host.finding import Finding, note, stop
from attnbench.trial import Limits
from attnbench.units import quantity

# A thread that gets less of its core than this is stretched by as much, and comparisons ask
# about 5 %. A core that nobody uses shows up as 0.97 and more: ticks and daemons take the rest.
FREE_SHARE = 0.9
# Daemons of an idle machine take a few hundredths of a core together; a program takes one.
OTHERS_CORES = 0.5
# A median moves by the share that is stolen, and 2 % is what an interval can resolve.
STOLEN, STOLEN_SINCE_BOOT = 0.02, 0.01
# torch and its libraries alone take some 0.5 GB in a worker.
LEAST_MEMORY = 10**9


def cpu_findings(c: Cpu, a: Activity, threads: int) -> tuple[Finding | None, ...]:
    """None for every rule that has nothing to say."""
    return (
        too_few_cores(c, threads),
        quota(c, threads),
        no_core_free(c, a, threads),
        others_at_work(c, a, threads),
        load(c, a, threads),
        stolen(a),
        stolen_before(a),
        memory(a),
        swap(a),
        battery(c),
        governor(c),
        turbo(c),
        smt(c),
        nodes(c),
        virtual(c),
    )


def too_few_cores(c: Cpu, threads: int) -> Finding | None:
    if threads <= c.cores:
        return None
    return stop(
        f"{threads} threads are asked for, and this process may use {_count(c.cores)}",
        "threads take turns on a core, and all wait for the one that is not running",
        f"attnbench run --threads {c.cores}",
    )


def quota(c: Cpu, threads: int) -> Finding | None:
    if c.quota_cores is None or c.quota_cores >= threads:
        return None
    fewer = f"; or attnbench run --threads {int(c.quota_cores)}" if c.quota_cores >= 1 else ""
    return stop(
        f"the control group allows the time of {c.quota_cores:g} cores, below {threads} asked for",
        "once the share of a period (mostly 100 ms) is used up, everything stands still to its end",
        f"docker update --cpus {threads} CONTAINER, or the limit of your pod or job{fewer}",
    )


def no_core_free(c: Cpu, a: Activity, threads: int) -> Finding | None:
    if not _is_crowded(c, a, threads):
        return None
    return stop(
        f"of {_count(c.cores)}, {a.idle_cores:.2g} are idle, and {threads} asked for{_who(a)}",
        "others take turns with the measured thread: times grow, and scatter by factors",
        _end_others(a),
    )


def others_at_work(c: Cpu, a: Activity, threads: int) -> Finding | None:
    if a.idle_cores is None or _is_crowded(c, a, threads) or c.cores - a.idle_cores <= OTHERS_CORES:
        return None
    return note(
        f"others keep {c.cores - a.idle_cores:.2g} of {_count(c.cores)} busy{_who(a)}",
        "they share caches, memory bandwidth and the power that clocks depend on",
        _end_others(a),
    )


def load(c: Cpu, a: Activity, threads: int) -> Finding | None:
    """It was busy a moment ago; what is busy now has a finding of its own."""
    is_busy = a.idle_cores is not None and c.cores - a.idle_cores > OTHERS_CORES
    if not a.load or is_busy:
        return None
    if a.load[0] + min(threads, c.cores) <= c.online + OTHERS_CORES:
        return None
    return note(
        f"idle now, but {a.load[0]:.3g} tasks ran or waited on average over the last minute",
        "work that comes and goes falls on some trials and not on others",
        "wait a minute and look again: attnbench doctor",
    )


def stolen(a: Activity) -> Finding | None:
    if a.stolen is None or a.stolen <= STOLEN:
        return None
    return stop(
        f"the hypervisor gave {a.stolen:.0%} of the cores' time to other machines just now",
        "the clock goes on while this machine stands still; no process on it shows why",
        "wait, or measure on an instance with cores of its own",
    )


def stolen_before(a: Activity) -> Finding | None:
    is_now = a.stolen is not None and a.stolen > STOLEN
    if is_now or a.stolen_since_boot is None or a.stolen_since_boot <= STOLEN_SINCE_BOOT:
        return None
    return note(
        f"{a.stolen_since_boot:.1%} of the time wanted since boot went to other machines",
        "it will be taken again: rounds differ by more than their samples do",
        "ask for more rounds: attnbench run --set rounds=8",
    )


def memory(a: Activity) -> Finding | None:
    free, limit = a.memory_available_bytes, Limits().memory_bytes
    if free is None or free >= limit:
        return None
    told = (
        f"{quantity(free, 'bytes')} of memory are available",
        f"large trials (up to {quantity(limit, 'bytes')} by default) are swapped, or killed",
        "end what holds it: ps -eo pid,user,rss,comm --sort=-rss | head",
    )
    return stop(*told) if free < LEAST_MEMORY else note(*told)


def swap(a: Activity) -> Finding | None:
    mend = "sudo swapoff -a (what is swapped out must fit in memory; undo: sudo swapon -a)"
    if a.swapped_pages:
        return stop(
            f"{a.swapped_pages} pages went to or from the disk within {a.seconds:g} s",
            "a step that waits for the disk takes a thousand times as long",
            mend,
        )
    if a.swap_used_bytes <= 0:
        return None
    return note(
        f"{quantity(a.swap_used_bytes, 'bytes')} are swapped out",
        "memory was short before; the first touch of such a page waits for the disk",
        mend,
    )


def battery(c: Cpu) -> Finding | None:
    if not c.on_battery:
        return None
    return note(
        "this machine runs on its battery",
        "clocks are held down, and change with the charge",
        "plug it in",
    )


def governor(c: Cpu) -> Finding | None:
    others = [g for g in c.governors if g != "performance"]
    if not others:
        return None
    return note(
        f"the frequency governor is {', '.join(others)}",
        "clocks follow the load: short trials run at another speed than long ones",
        "sudo cpupower frequency-set -g performance",
    )


def turbo(c: Cpu) -> Finding | None:
    if not c.turbo:
        return None
    off = 1 if c.turbo_switch.endswith("no_turbo") else 0
    return note(
        "turbo is on",
        "clocks depend on temperature and on how many cores work: other times, other numbers",
        f"echo {off} | sudo tee {c.turbo_switch}",
    )


def smt(c: Cpu) -> Finding | None:
    if not c.smt:
        return None
    return note(
        "two logical cores share one (SMT)",
        "whatever runs on the other half takes up to half of the speed, on an 'idle' core",
        "echo off | sudo tee /sys/devices/system/cpu/smt/control",
    )


def nodes(c: Cpu) -> Finding | None:
    if len(c.nodes) < 2:
        return None
    first = c.nodes[0]
    return note(
        f"the cores belong to {len(c.nodes)} memory nodes",
        "memory of another node is slower, and where a process lands is drawn anew every round",
        f"numactl --cpunodebind={first} --membind={first} attnbench run ...",
    )


def virtual(c: Cpu) -> Finding | None:
    if not c.virtual:
        return None
    return note(
        "this is a virtual machine",
        "neighbours that cannot be seen share caches, memory bandwidth and clocks",
        "compare only what was measured in one run, round by round; or use a machine of your own",
    )


def _is_crowded(c: Cpu, a: Activity, threads: int) -> bool:
    needed = min(threads, c.cores)  # asking for more than there are is a finding of its own
    return a.idle_cores is not None and a.idle_cores < FREE_SHARE * needed


def _count(cores: int) -> str:
    return "1 core" if cores == 1 else f"{cores} cores"


def _who(a: Activity) -> str:
    named = ", ".join(f"{p.name} (pid {p.pid}, {p.cores:.0%} of a core)" for p in a.busy)
    return f": {named}" if named else ""


def _end_others(a: Activity) -> str:
    if not a.busy:
        return "find out who: top -d 1"
    pids = " ".join(str(p.pid) for p in a.busy)
    return f"wait for them; or, if they are yours, kill -STOP {pids} (afterwards kill -CONT {pids})"
