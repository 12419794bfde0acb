"""Each rule on facts that only it minds, and on the facts just short of it."""

from dataclasses import replace

import pytest

from attnbench.host import examine
from attnbench.host.activity import Activity, Process
from attnbench.host.cpu import Cpu
from attnbench.host.cpu_rules import cpu_findings
from attnbench.host.finding import by_severity, note, stop, trusted
from attnbench.host.gpu import Card, CardProcess, Driver
from attnbench.host.gpu_rules import card_findings, driver_finding
from attnbench.host.software import not_started, software_findings
from attnbench.host.variables import variable_findings, variables
from tests.host.made_up import CARD, MACHINE
from tests.host.scripted_nvml import ScriptedNvml, no_driver
from tests.host.tree import grow

GIB = 2**30
NO_TURBO = "/sys/devices/system/cpu/intel_pstate/no_turbo"
BOOST = "/sys/devices/system/cpu/cpufreq/boost"

QUIET_CPU = Cpu(
    name="Made Up 9000",
    cores=8,
    online=8,
    nodes=(0,),
    governors=("performance",),
    turbo=False,
    turbo_switch=BOOST,
    smt=False,
    virtual=False,
    on_battery=False,
    quota_cores=None,
    memory_bytes=64 * GIB,
)
QUIET = Activity(
    seconds=0.3,
    load=(0.1, 0.2, 0.3),
    idle_cores=7.96,
    stolen=0.0,
    stolen_since_boot=0.0,
    busy=(),
    swapped_pages=0,
    swap_used_bytes=0,
    memory_available_bytes=60 * GIB,
)
QUIET_CARD = replace(
    CARD,
    index=2,
    uuid="GPU-2",
    memory_used_bytes=GIB // 2,
    sm_clock=1500,
    application_clock=None,
    power_cap_watts=700.0,
    ecc_pending=True,
    compute_mode="default",
    throttles=(),
    utilisation=0.0,
    processes=(),
)
NOT_TOLD_CPU = replace(
    QUIET_CPU,
    nodes=(),
    governors=(),
    turbo=None,
    turbo_switch="",
    smt=None,
    virtual=None,
    on_battery=None,
    memory_bytes=None,
)
NOT_TOLD = Activity(1.0, (), None, None, None, (), 0, 0, None)
PYTHON = CardProcess(42, "python3", "compute", GIB)
DESKTOP = CardProcess(7, "Xorg", "graphics", 9)


def on_cpu(threads=1, /, **changes):
    """What is found where these facts are not those of a quiet machine."""
    its = {k: v for k, v in changes.items() if hasattr(QUIET_CPU, k)}
    now = {k: v for k, v in changes.items() if k not in its}
    return by_severity(cpu_findings(replace(QUIET_CPU, **its), replace(QUIET, **now), threads))


def on_card(**changes):
    return by_severity(card_findings(replace(QUIET_CARD, **changes)))


@pytest.mark.parametrize("threads", [1, 4, 8])
def test_a_quiet_machine_has_no_findings(threads):
    assert on_cpu(threads) == ()
    assert on_card() == ()


def test_what_is_not_told_is_not_found():
    assert by_severity(cpu_findings(NOT_TOLD_CPU, NOT_TOLD, 1)) == ()
    assert by_severity(card_findings(Card(index=0))) == ()


ON_CPU = [
    (9, {}, "stop", "9 threads are asked for, and this process may use 8 cores", "--threads 8"),
    (2, {"quota_cores": 1.5}, "stop", "the time of 1.5 cores, below 2 asked", "--threads 1"),
    (1, {"quota_cores": 0.5}, "stop", "the time of 0.5 cores", "docker update --cpus 1 CONTAINER"),
    (8, {"idle_cores": 7.1}, "stop", "of 8 cores, 7.1 are idle, and 8 asked for", "top -d 1"),
    (1, {"idle_cores": 7.4}, "note", "others keep 0.6 of 8 cores busy", "top -d 1"),
    (1, {"load": (7.6, 0, 0)}, "note", "idle now, but 7.6 tasks", "attnbench doctor"),
    (1, {"stolen": 0.03}, "stop", "gave 3% of the cores' time to other machines", "wait"),
    (1, {"stolen_since_boot": 0.011}, "note", "1.1% of the time wanted", "--set rounds=8"),
    (1, {"memory_available_bytes": 7 * GIB}, "note", "7.00 GiB of memory are available", "ps -eo"),
    (1, {"memory_available_bytes": GIB // 2}, "stop", "512 MiB of memory are avail", "ps -eo"),
    (1, {"swapped_pages": 3}, "stop", "3 pages went to or from the disk", "sudo swapoff -a"),
    (1, {"swap_used_bytes": GIB}, "note", "1.00 GiB are swapped out", "sudo swapoff -a"),
    (1, {"on_battery": True}, "note", "runs on its battery", "plug it in"),
    (
        1,
        {"governors": ("performance", "powersave")},
        "note",
        "the frequency governor is powersave",
        "sudo cpupower frequency-set -g performance",
    ),
    (1, {"turbo": True}, "note", "turbo is on", f"echo 0 | sudo tee {BOOST}"),
    (
        1,
        {"turbo": True, "turbo_switch": NO_TURBO},
        "note",
        "turbo is on",
        f"echo 1 | sudo tee {NO_TURBO}",
    ),
    (1, {"smt": True}, "note", "two logical cores share one", "echo off | sudo tee /sys/devices/"),
    (1, {"nodes": (1, 3)}, "note", "2 memory nodes", "numactl --cpunodebind=1 --membind=1"),
    (1, {"virtual": True}, "note", "a virtual machine", "compare only what was measured in one"),
]


@pytest.mark.parametrize(("threads", "changes", "severity", "what", "mend"), ON_CPU)
def test_what_disturbs_on_the_cpu_is_found_alone(threads, changes, severity, what, mend):
    (finding,) = on_cpu(threads, **changes)

    assert finding.severity == severity
    assert what in finding.what
    assert mend in finding.mend


@pytest.mark.parametrize(
    ("threads", "changes"),
    [
        (8, {"quota_cores": 8.0}),
        (8, {"idle_cores": 7.5}),
        (7, {"idle_cores": 7.5}),
        (1, {"load": (7.5, 9, 9)}),
        (4, {"load": (4.5, 9, 9)}),
        (1, {"stolen": 0.02}),
        (1, {"stolen_since_boot": 0.01}),
        (1, {"memory_available_bytes": 8 * 10**9}),
    ],
)
def test_just_short_of_it_is_no_finding(threads, changes):
    assert on_cpu(threads, **changes) == ()


def test_who_is_busy_is_named_with_what_pauses_it():
    busy = (Process(12, "make", 0.98), Process(5, "rsync", 0.3))

    (finding,) = on_cpu(idle_cores=0.8, busy=busy)

    assert finding.severity == "stop"
    assert finding.what.endswith("make (pid 12, 98% of a core), rsync (pid 5, 30% of a core)")
    assert "kill -STOP 12 5 (afterwards kill -CONT 12 5)" in finding.mend


def test_one_cause_is_one_finding():
    at_work = {"idle_cores": 0.0, "load": (30.0, 20.0, 10.0)}
    assert [f.what[:21] for f in on_cpu(**at_work)] == ["of 8 cores, 0 are idl"]
    assert len(on_cpu(stolen=0.1, stolen_since_boot=0.1)) == 1
    assert len(on_cpu(swapped_pages=1, swap_used_bytes=GIB)) == 1
    assert len(on_cpu(100)) == 1


ON_CARD = [
    ({"compute_mode": "prohibited"}, "stop", "compute mode is prohibited", "-i 2 -c DEFAULT"),
    ({"processes": (PYTHON,)}, "stop", "compute on it: python3 (pid 42)", "kill 42"),
    (
        {
            "processes": (PYTHON,),
            "utilisation": 0.9,
            "memory_used_bytes": 9 * GIB,
            "sm_clock": 1980,
        },
        "stop",
        "other processes compute on it",
        "wait for them",
    ),
    ({"utilisation": 0.05}, "stop", "busy 5% of the time", "nvidia-smi pmon -i 2 -c 1"),
    ({"memory_used_bytes": 3 * GIB}, "note", "3.00 GiB are held", "--query-compute-apps"),
    (
        {"throttles": ("hardware slowdown", "power brake")},
        "stop",
        "slowed down at 31 °C: hardware slowdown, power brake",
        "nvidia-smi -i 2 -q -d TEMPERATURE,PERFORMANCE",
    ),
    ({"processes": (DESKTOP,)}, "note", "draws a screen: Xorg (pid 7)", "isolate multi-user"),
    (
        {"throttles": ("power cap",)},
        "note",
        "held down by its power cap",
        "sudo nvidia-smi -i 2 -lgc 1485,1485",
    ),
    (
        {"power_cap_watts": 500.0},
        "note",
        "its power cap is 500 W, 700 W by default",
        "sudo nvidia-smi -i 2 -pl 700",
    ),
    ({"mig": True}, "note", "it is divided (MIG)", "sudo nvidia-smi -i 2 -mig 0"),
    ({"ecc": False, "ecc_pending": False}, "note", "ECC is off", "sudo nvidia-smi -i 2 -e 1"),
    ({"memory_bus_bits": 384}, "note", "ECC is on, with GDDR", "sudo nvidia-smi -i 2 -e 0"),
    ({"ecc_pending": False}, "note", "ECC will be off after the next reboot", "sudo reboot"),
    ({"persistent": False}, "note", "persistence mode is off", "sudo nvidia-smi -i 2 -pm 1"),
    (
        {"sm_clock": 345},
        "note",
        "its SM clock seems free, at 345 of 1980 MHz",
        "sudo nvidia-smi -i 2 -lgc 1485,1485 (undo: -rgc)",
    ),
    (
        {"sm_clock": 345, "application_clock": 1590},
        "note",
        "its SM clock seems free",
        "sudo nvidia-smi -i 2 -lgc 1590,1590",
    ),
]


@pytest.mark.parametrize(("changes", "severity", "what", "mend"), ON_CARD)
def test_what_disturbs_on_a_card_is_found_alone(changes, severity, what, mend):
    (finding,) = on_card(**changes)

    assert finding.severity == severity
    assert finding.what.startswith("GPU 2: ")
    assert what in finding.what
    assert mend in finding.mend


@pytest.mark.parametrize(
    "changes",
    [
        {"utilisation": 0.04},
        {"memory_used_bytes": GIB},
        {"memory_used_bytes": None},
        {"power_cap_watts": 699.5},
        {"power_cap_watts": 800.0},
        {"memory_bus_bits": 384, "ecc": None},
        {"sm_clock": 1470},
        {"compute_mode": "exclusive process"},
    ],
)
def test_a_card_that_is_nearly_so_has_no_finding(changes):
    assert on_card(**changes) == ()


def test_a_low_clock_is_a_finding_of_its_own_only_under_load():
    busy = {"utilisation": 0.5, "processes": (PYTHON,)}

    assert [f.severity for f in on_card(**busy, sm_clock=1585)] == ["stop"]
    _, finding = on_card(**busy, sm_clock=1583)  # 0.8 * 1980 is 1584
    assert finding.what == "GPU 2: under load at 1583 MHz, of 1980 MHz at most"


def test_every_rule_has_an_example():
    def minded(findings):
        return {i for i, finding in enumerate(findings) if finding is not None}

    of_cpu, of_card = set(), set()
    for threads, changes, *_ in ON_CPU:
        its = {k: v for k, v in changes.items() if hasattr(QUIET_CPU, k)}
        now = {k: v for k, v in changes.items() if k not in its}
        of_cpu |= minded(cpu_findings(replace(QUIET_CPU, **its), replace(QUIET, **now), threads))
    for changes, *_ in [*ON_CARD, ({"utilisation": 0.9, "sm_clock": 300},)]:
        of_card |= minded(card_findings(replace(QUIET_CARD, **changes)))

    assert of_cpu == set(range(len(cpu_findings(QUIET_CPU, QUIET, 1))))
    assert of_card == set(range(len(card_findings(QUIET_CARD))))


def test_a_driver_that_does_not_answer_is_a_note_for_the_cpu_can_be_measured():
    finding = driver_finding(Driver(problem="Driver/library version mismatch"))

    assert finding.severity == "note"
    assert "Driver/library version mismatch" in finding.what
    assert driver_finding(Driver()) is None


DRIVER = Driver("570", (QUIET_CARD,))


@pytest.mark.parametrize(
    ("changes", "what", "mend"),
    [
        ({"flags": {"float32": "tf32"}}, "rounded to TF32", "unset TORCH_ALLOW_TF32"),
        ({"gpus": ()}, "Made Up 100, and torch, which is built for CUDA 12.8", "torch.cuda.init()"),
        ({"gpus": (), "cuda": ""}, "which is built without CUDA, sees no GPU", "pip install"),
    ],
)
def test_what_torch_makes_of_the_machine(changes, what, mend):
    (finding,) = software_findings(replace(MACHINE, **changes), DRIVER)

    assert finding.severity == "note"
    assert what in finding.what
    assert mend in finding.mend


def test_torch_that_uses_what_there_is_is_no_finding():
    assert software_findings(MACHINE, DRIVER) == ()
    assert software_findings(replace(MACHINE, gpus=()), Driver()) == ()


def test_a_process_that_does_not_start_stops_a_measurement():
    finding = not_started("the measuring process did not start (exit code 1); see /tmp/x/log")

    assert finding.severity == "stop"
    assert finding.what.endswith("did not start (exit code 1)")  # that log is gone by now


@pytest.mark.parametrize(
    ("name", "value", "on_cpu", "on_gpu"),
    [
        ("CUDA_LAUNCH_BLOCKING", "1", [], ["stop"]),
        ("CUDA_LAUNCH_BLOCKING", "0", [], []),
        ("PYTORCH_NO_CUDA_MEMORY_CACHING", "1", [], ["stop"]),
        ("NVIDIA_TF32_OVERRIDE", "0", [], ["note"]),
        ("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1", [], ["note"]),
        ("ATEN_CPU_CAPABILITY", "default", ["note"], ["note"]),
        ("ONEDNN_MAX_CPU_ISA", "AVX2", ["note"], ["note"]),
        ("OMP_THREAD_LIMIT", "1", ["note"], ["note"]),
        ("LD_PRELOAD", "libjemalloc.so", ["note"], ["note"]),
        ("LD_PRELOAD", "", [], []),
        ("PATH", "/bin", [], []),
    ],
)
def test_variables_that_change_what_is_measured(name, value, on_cpu, on_gpu):
    told = variables({name: value})

    assert [f.severity for f in variable_findings(told, on_gpu=False)] == on_cpu
    found = variable_findings(told, on_gpu=True)
    assert [f.severity for f in found] == on_gpu
    assert all((f.what, f.mend) == (f"{name}={value} is set", f"unset {name}") for f in found)


def test_what_stops_comes_first_and_decides():
    a, b, c = note("a", "", ""), stop("b", "", ""), note("c", "", "")

    assert by_severity([a, None, b, c]) == (b, a, c)
    assert not trusted([a, b, c])
    assert trusted([a, c])
    assert trusted([])


def examined(root, nvml=None, gpus=None, environ=None):
    return examine(1, gpus, seconds=0, root=root, nvml=nvml or no_driver(), environ=environ or {})


def test_a_machine_that_tells_nothing_is_trusted(tmp_path):
    found = examined(tmp_path)

    assert found.findings == ()
    assert found.driver == Driver()


def test_what_is_examined_is_judged(tmp_path):
    root = grow(tmp_path, {"sys/devices/system/cpu/smt/active": "1", "proc/meminfo": "SwapFree: 0"})

    found = examined(root, environ={"LD_PRELOAD": "x.so", "HOME": "/"})

    assert [f.what for f in found.findings] == [
        "two logical cores share one (SMT)",
        "LD_PRELOAD=x.so is set",
    ]
    assert found.variables == {"LD_PRELOAD": "x.so"}


@pytest.mark.parametrize(("gpus", "is_judged"), [(None, True), (["GPU-1"], True), ([], False)])
def test_only_the_gpus_to_be_measured_on_are_judged(tmp_path, gpus, is_judged):
    found = examined(tmp_path, ScriptedNvml(), gpus, {"CUDA_LAUNCH_BLOCKING": "1"})

    assert len(found.driver.cards) == 1
    assert bool(found.findings) is is_judged


def test_every_finding_says_why_and_what_to_do_in_a_line():
    rows = [on_cpu(threads, **changes) for threads, changes, *_ in ON_CPU]
    rows += [on_card(**changes) for changes, *_ in ON_CARD]

    for finding in (f for row in rows for f in row):
        lines = (finding.what, finding.why, finding.mend)
        assert all(0 < len(line) <= 110 and "\n" not in line for line in lines), finding
