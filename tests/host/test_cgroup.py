import pytest

from attnbench.host.cgroup import memory_left_bytes, memory_limit_bytes, quota_cores
from tests.host.tree import grow

TOP = "sys/fs/cgroup"


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, None),
        ({"job/cpu.max": "max 100000"}, None),
        ({"job/cpu.max": "150000 100000"}, 1.5),
        ({"cpu.max": "50000 100000", "job/cpu.max": "150000 100000"}, 0.5),
        ({"cpu.max": "max 100000", "job/cpu.max": "20000 10000"}, 2.0),
    ],
)
def test_time_of_version_2_is_the_tightest_up_to_the_mount(tmp_path, files, cores):
    told = {f"{TOP}/{path}": content for path, content in files.items()}

    assert quota_cores(grow(tmp_path, {"proc/self/cgroup": "0::/job"} | told)) == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", None), ("30000", 0.3), ("400000", 4.0)])
@pytest.mark.parametrize("names", ["cpu,cpuacct", "cpu"])
def test_time_of_version_1(tmp_path, names, quota, cores):
    folder = f"{TOP}/{names}/docker/abc"
    told = {f"{folder}/cpu.cfs_quota_us": quota, f"{folder}/cpu.cfs_period_us": "100000"}
    mine = {"proc/self/cgroup": f"4:memory:/other\n3:{names}:/docker/abc\n0::/"}

    assert quota_cores(grow(tmp_path, mine | told)) == cores


def test_in_a_container_the_hosts_path_is_not_there_and_the_mount_is_the_group(tmp_path):
    told = {"proc/self/cgroup": "0::/../kubepods/pod7", f"{TOP}/cpu.max": "200000 100000"}

    assert quota_cores(grow(tmp_path, told)) == 2.0


def test_version_2_beside_version_1(tmp_path):
    told = {"proc/self/cgroup": "0::/job", f"{TOP}/unified/job/cpu.max": "30000 60000"}

    assert quota_cores(grow(tmp_path, told)) == 0.5


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"job/memory.max": "max"}, None),
        ({"job/memory.max": "5000"}, 5000),
        ({"memory.max": "4000", "job/memory.max": "5000"}, 4000),
        ({"job/memory.limit_in_bytes": "9223372036854771712"}, None),
    ],
)
def test_memory_is_the_tightest_limit(tmp_path, files, limit):
    told = {f"{TOP}/{path}": content for path, content in files.items()}

    assert memory_limit_bytes(grow(tmp_path, {"proc/self/cgroup": "0::/job"} | told)) == limit


def test_cached_files_are_memory_that_is_left(tmp_path):
    group = f"{TOP}/memory/job"
    told = {
        "proc/self/cgroup": "4:memory:/job",
        f"{group}/memory.limit_in_bytes": "9000",
        f"{group}/memory.usage_in_bytes": "8000",
        f"{group}/memory.stat": "inactive_file 1\ntotal_inactive_file 3000",
    }

    assert memory_left_bytes(grow(tmp_path, told)) == 9000 - 8000 + 3000


def test_without_a_limit_nothing_is_told_of_what_is_left(tmp_path):
    told = {"proc/self/cgroup": "0::/", f"{TOP}/memory.max": "max", f"{TOP}/memory.current": "5"}

    assert memory_left_bytes(grow(tmp_path, told)) is None
