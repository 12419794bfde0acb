from dataclasses import fields

import pynvml
import pytest

from attnbench.host.gpu import Card, Driver, driver, throttles
from tests.host.made_up import CARD
from tests.host.scripted_nvml import ANSWERS, ScriptedNvml, no_driver


def test_all_that_a_card_tells_is_told():
    assert driver(ScriptedNvml()) == Driver(version="570.1", cards=(CARD,))


def test_no_fact_of_the_example_is_missing():
    assert all(getattr(CARD, f.name) is not None for f in fields(Card))


# Card and driver have another field for each of these; the others name one of several clocks.
FIELDS = {
    "Name": ("name",),
    "UUID": ("uuid",),
    "MemoryInfo": ("memory_bytes", "memory_used_bytes"),
    "MemoryBusWidth": ("memory_bus_bits",),
    "ClockInfo": ("sm_clock", "memory_clock"),
    "MaxClockInfo": ("max_sm_clock", "max_memory_clock"),
    "ApplicationsClock": ("application_clock",),
    "PowerUsage": ("power_watts",),
    "EnforcedPowerLimit": ("power_cap_watts",),
    "PowerManagementDefaultLimit": ("default_power_cap_watts",),
    "EccMode": ("ecc", "ecc_pending"),
    "MigMode": ("mig",),
    "PersistenceMode": ("persistent",),
    "ComputeMode": ("compute_mode",),
    "Temperature": ("temperature_c",),
    "CurrentClocksEventReasons": ("throttles",),
    "UtilizationRates": ("utilisation",),
    "ComputeRunningProcesses": ("processes",),
}


@pytest.mark.parametrize("question", list(FIELDS))
@pytest.mark.parametrize("error", [pynvml.NVMLError_NotSupported, pynvml.NVMLError_NoPermission])
def test_a_question_without_an_answer_is_not_told_and_the_rest_is(question, error):
    (card,) = driver(ScriptedNvml(**{f"nvmlDeviceGet{question}": error()})).cards

    different = {f.name for f in fields(Card) if getattr(card, f.name) != getattr(CARD, f.name)}
    assert different == set(FIELDS[question])
    assert all(not getattr(card, name) for name in different)


def test_every_question_to_a_card_is_in_the_list_above():
    nvml = ScriptedNvml()
    driver(nvml)

    asked = {n.removeprefix("nvmlDeviceGet") for n in nvml.asked if n.startswith("nvmlDeviceGet")}
    others = {"Count", "HandleByIndex", "TotalEnergyConsumption", "GraphicsRunningProcesses"}
    assert asked == set(FIELDS) | others
    assert set(nvml.asked) == set(ANSWERS)


def test_a_card_without_the_counter_counts_no_energy():
    nvml = ScriptedNvml(nvmlDeviceGetTotalEnergyConsumption=pynvml.NVMLError_NotSupported())

    assert driver(nvml).cards[0].counts_energy is False


def test_compute_processes_are_told_where_a_card_draws_nothing():
    nvml = ScriptedNvml(nvmlDeviceGetGraphicsRunningProcesses=pynvml.NVMLError_NotSupported())

    assert [p.pid for p in driver(nvml).cards[0].processes] == [4]


def test_a_process_that_draws_and_computes_computes():
    both = ANSWERS["nvmlDeviceGetComputeRunningProcesses"]

    (card,) = driver(ScriptedNvml(nvmlDeviceGetGraphicsRunningProcesses=both)).cards

    assert [(p.pid, p.kind) for p in card.processes] == [(4, "compute")]


def test_an_old_driver_tells_what_slows_it_under_another_name():
    answers = {
        "nvmlDeviceGetCurrentClocksEventReasons": pynvml.NVMLError_FunctionNotFound(),
        "nvmlDeviceGetCurrentClocksThrottleReasons": 0x80,
    }

    assert driver(ScriptedNvml(**answers)).cards[0].throttles == ("power brake",)


@pytest.mark.parametrize(
    ("reasons", "names"),
    [
        (0x0, ()),
        (0x1 | 0x2 | 0x10 | 0x100, ()),  # idle, and clocks that somebody asked for
        (0x4, ("power cap",)),
        (0x8 | 0x40, ("hardware slowdown", "thermal slowdown by the hardware")),
        (0x20, ("thermal slowdown by the driver",)),
        (0x80, ("power brake",)),
    ],
)
def test_bits_that_slow_a_card_are_named(reasons, names):
    assert throttles(reasons) == names


def test_without_a_driver_there_are_no_cards_and_no_problem():
    assert driver(no_driver()) == Driver()


def test_a_driver_that_does_not_answer_is_a_problem():
    nvml = ScriptedNvml(nvmlInit=pynvml.NVMLError_LibRmVersionMismatch())

    found = driver(nvml)

    assert found.cards == ()
    assert "version" in found.problem.lower()
    assert nvml.asked == ["nvmlInit"]  # what was not begun is not ended


def test_the_driver_is_left_as_it_was_found():
    nvml = ScriptedNvml()
    driver(nvml)

    assert nvml.asked[0] == "nvmlInit"
    assert nvml.asked[-1] == "nvmlShutdown"


def test_a_card_that_fell_off_the_bus_is_left_out():
    nvml = ScriptedNvml(nvmlDeviceGetHandleByIndex=pynvml.NVMLError_GpuIsLost())

    assert driver(nvml) == Driver(version="570.1")


def test_this_machines_driver_can_be_asked():
    assert isinstance(driver(), Driver)
