import os

import pytest

from attnbench.host.activity import Process, watch
from tests.host.tree import grow

HZ = os.sysconf("SC_CLK_TCK")


def stat(*cores):
    """/proc/stat with (user, idle, iowait, steal) ticks of each core."""
    lines = [f"cpu{i} {u} 0 0 {idle} {wait} 0 0 {s} 0 0" for i, (u, idle, wait, s) in cores]
    return "\n".join(["cpu  1 2 3 4 5 6 7 8 9 10", *lines, "intr 1 2 3"])


def process(name, user, system=0):
    return f"1 ({name}) S 1 1 1 0 -1 0 0 0 0 0 {user} {system} 0 0 20 0 1 0 5"


def watched(root, before, after, allowed=(0, 1), seconds=1.0):
    """What is seen when the tree changes from one to the other while we sleep."""
    grow(root, before)
    return watch(root, allowed, seconds, sleep=lambda _: grow(root, after))


def test_idle_cores_are_of_those_that_may_be_used(tmp_path):
    before = {"proc/stat": stat((0, (10, 10, 0, 0)), (1, (0, 0, 0, 0)), (2, (0, 0, 0, 0)))}
    after = {"proc/stat": stat((0, (85, 35, 0, 0)), (1, (10, 60, 30, 0)), (2, (0, 100, 0, 0)))}

    found = watched(tmp_path, before, after)

    assert found.idle_cores == 0.25 + 0.9  # waiting for a disk is idle


def test_stolen_time_is_a_share_without_its_first_tick(tmp_path):
    before = {"proc/stat": stat((0, (0, 50, 0, 5)), (1, (0, 50, 0, 5)))}
    after = {"proc/stat": stat((0, (30, 110, 0, 15)), (1, (30, 115, 0, 10)))}

    found = watched(tmp_path, before, after)

    assert found.stolen == (10 + 5 - 1) / 200
    assert found.stolen_since_boot == 25 / (60 + 25)


def test_one_tick_that_fell_due_is_not_stolen_time(tmp_path):
    before = {"proc/stat": stat((0, (0, 0, 0, 0)))}
    after = {"proc/stat": stat((0, (0, 29, 0, 1)))}

    assert watched(tmp_path, before, after).stolen == 0


def test_others_are_named_by_what_they_took(tmp_path):
    before = {"proc/7/stat": process("steady", 1000, 500), "proc/8/stat": process("sleeps", 9000)}
    after = {
        "proc/7/stat": process("steady", 1000 + HZ, 500 + HZ // 2),
        "proc/9/stat": process("a (new) one", HZ // 2),
        f"proc/{os.getpid()}/stat": process("ourselves", 5 * HZ),
    }

    found = watched(tmp_path, before, after, seconds=2.0)

    assert found.busy == (Process(7, "steady", 0.75), Process(9, "a (new) one", 0.25))


def test_only_the_busiest_are_named(tmp_path):
    after = {f"proc/{pid}/stat": process("p", HZ * pid) for pid in range(1, 9)}

    assert [p.pid for p in watched(tmp_path, {}, after).busy] == [8, 7, 6, 5, 4]


def test_pages_that_move_are_counted_while_watched(tmp_path):
    before = {"proc/vmstat": "pgfault 9\npswpin 100\npswpout 7"}
    after = {"proc/vmstat": "pgfault 99\npswpin 102\npswpout 11"}

    assert watched(tmp_path, before, after).swapped_pages == 2 + 4


def test_load_and_memory(tmp_path):
    told = {
        "proc/loadavg": "1.50 0.70 0.10 3/85 5023",
        "proc/meminfo": "MemAvailable: 9000 kB\nSwapTotal: 500 kB\nSwapFree: 100 kB",
    }

    found = watched(tmp_path, told, {})

    assert found.load == (1.5, 0.7, 0.1)
    assert found.memory_available_bytes == 9000 * 1024
    assert found.swap_used_bytes == 400 * 1024


def test_memory_available_is_what_the_control_group_leaves(tmp_path):
    group = "sys/fs/cgroup"
    told = {
        "proc/meminfo": "MemAvailable: 9000 kB",
        "proc/self/cgroup": "0::/",
        f"{group}/memory.max": "5000",
        f"{group}/memory.current": "1000",
    }

    assert watched(tmp_path, told, {}).memory_available_bytes == 4000


def test_a_system_that_tells_nothing_is_no_error(tmp_path):
    found = watched(tmp_path, {}, {})

    assert (found.idle_cores, found.stolen, found.stolen_since_boot) == (None, None, None)
    assert (found.load, found.busy, found.memory_available_bytes) == ((), (), None)


def test_this_machine_is_watched_for_as_long_as_asked():
    slept = []

    found = watch(seconds=0.25, sleep=slept.append)

    assert slept == [0.25]
    assert found.seconds == 0.25
    assert found.memory_available_bytes > 0


@pytest.mark.parametrize("content", ["", "7 (zombie", "7 (x) Z 1 2"])
def test_a_process_that_ends_meanwhile_is_left_out(tmp_path, content):
    assert watched(tmp_path, {}, {"proc/7/stat": content}).busy == ()
