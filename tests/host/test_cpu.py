import pytest

from attnbench.host.cpu import cpu
from tests.host.tree import grow

SYSTEM = "sys/devices/system"
CPUINFO = """processor\t: 0
model name\t: Made Up 9000
flags\t\t: fpu vme avx2

processor\t: 1
model name\t: Another
flags\t\t: fpu hypervisor"""


def test_a_system_that_tells_nothing_is_no_error(tmp_path):
    found = cpu(tmp_path, {0, 1, 2})

    assert (found.cores, found.online, found.nodes, found.governors) == (3, 3, (), ())
    told = (found.turbo, found.smt, found.virtual, found.on_battery, found.quota_cores)
    assert told == (None,) * 5
    assert found.memory_bytes is None


def test_this_machine_is_told():
    assert cpu().cores >= 1


def test_governors_are_those_of_the_cores_that_may_be_used(tmp_path):
    governors = ("powersave", "performance", "ondemand", "performance")
    files = {
        f"{SYSTEM}/cpu/cpu{i}/cpufreq/scaling_governor": name for i, name in enumerate(governors)
    }
    root = grow(tmp_path, files | {f"{SYSTEM}/cpu/online": "0-2,5"})

    found = cpu(root, {1, 2, 3})

    assert found.governors == ("ondemand", "performance")
    assert (found.cores, found.online) == (3, 4)


@pytest.mark.parametrize(
    ("file", "content", "turbo"),
    [
        ("intel_pstate/no_turbo", "0", True),
        ("intel_pstate/no_turbo", "1", False),
        ("cpufreq/boost", "1", True),
        ("cpufreq/boost", "0", False),
    ],
)
def test_turbo_comes_with_the_file_that_switches_it(tmp_path, file, content, turbo):
    found = cpu(grow(tmp_path, {f"{SYSTEM}/cpu/{file}": content}), {0})

    assert found.turbo is turbo
    assert found.turbo_switch == f"/{SYSTEM}/cpu/{file}"


def test_name_and_flags_are_those_of_the_first_core(tmp_path):
    found = cpu(grow(tmp_path, {"proc/cpuinfo": CPUINFO}), {0})

    assert found.name == "Made Up 9000"
    assert found.virtual is False


def test_the_hypervisor_flag_makes_a_virtual_machine(tmp_path):
    told = CPUINFO.replace("avx2", "hypervisor avx2")

    assert cpu(grow(tmp_path, {"proc/cpuinfo": told}), {0}).virtual is True


@pytest.mark.parametrize(("told", "smt"), [("1", True), ("0", False)])
def test_smt(tmp_path, told, smt):
    assert cpu(grow(tmp_path, {f"{SYSTEM}/cpu/smt/active": told}), {0}).smt is smt


def test_nodes_are_those_of_the_cores_that_may_be_used(tmp_path):
    lists = {0: "0-3,8", 1: "4-7", 2: ""}
    files = {f"{SYSTEM}/node/node{n}/cpulist": cores for n, cores in lists.items()}
    root = grow(tmp_path, files)

    assert cpu(root, {0, 1, 8}).nodes == (0,)
    assert cpu(root, {3, 4}).nodes == (0, 1)


@pytest.mark.parametrize(
    ("supplies", "on_battery"),
    [
        ({"BAT0/type": "Battery"}, None),
        ({"AC/type": "Mains", "AC/online": "0", "BAT0/type": "Battery"}, True),
        ({"AC/type": "Mains", "AC/online": "1"}, False),
        ({"AC/type": "Mains", "AC/online": "0", "DC/type": "Mains", "DC/online": "1"}, False),
    ],
)
def test_it_is_on_battery_when_no_mains_supply_is_plugged_in(tmp_path, supplies, on_battery):
    files = {f"sys/class/power_supply/{path}": told for path, told in supplies.items()}

    assert cpu(grow(tmp_path, files), {0}).on_battery is on_battery


def test_memory_is_the_machines_or_the_groups_if_that_is_less(tmp_path):
    root = grow(tmp_path, {"proc/meminfo": "MemTotal:       3000 kB\nMemFree: 5 kB"})
    assert cpu(root, {0}).memory_bytes == 3000 * 1024

    group = {"proc/self/cgroup": "0::/job", "sys/fs/cgroup/job/memory.max": "70000"}
    assert cpu(grow(tmp_path, group), {0}).memory_bytes == 70_000
