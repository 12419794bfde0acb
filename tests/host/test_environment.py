"""What of the host's facts goes into the environment of a record."""

import pytest

from attnbench.host.cpu import cpu
from attnbench.measure import _environment
from attnbench.measure._environment import environment
from tests.host.tree import grow

SYSTEM = "sys/devices/system/cpu"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that makes the machine up from files."""

    def made(files):
        grow(tmp_path, files)
        monkeypatch.setattr(_environment, "cpu", lambda: cpu(tmp_path, {0}))
        return environment()

    return made


def test_how_the_processor_is_set_up_is_part_of_the_environment(machine):
    here = machine(
        {
            f"{SYSTEM}/cpu0/cpufreq/scaling_governor": "powersave",
            f"{SYSTEM}/cpufreq/boost": "0",
            "proc/self/cgroup": "0::/",
            "sys/fs/cgroup/cpu.max": "150000 100000",
        }
    )

    assert (here.governor, here.turbo, here.quota_cores) == ("powersave", "off", 1.5)


def test_another_governor_is_another_environment(machine):
    one = machine({f"{SYSTEM}/cpu0/cpufreq/scaling_governor": "powersave"})
    other = machine({f"{SYSTEM}/cpu0/cpufreq/scaling_governor": "performance"})

    assert one.id != other.id


def test_what_changes_from_minute_to_minute_does_not_change_the_id(machine):
    one = machine({"proc/loadavg": "0.1 0.1 0.1", "proc/meminfo": "MemAvailable: 900 kB"})
    other = machine({"proc/loadavg": "9.1 8.1 7.1", "proc/meminfo": "MemAvailable: 100 kB"})

    assert one.id == other.id
    assert (one.governor, one.turbo, one.quota_cores) == ("", "", 0.0)
