import json
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from attnbench import host
from attnbench.cli import attnbench, doctor
from attnbench.errors import AttnbenchError, DeviceError
from attnbench.host.finding import note, stop
from attnbench.host.noise import Noise
from attnbench.record import Environment
from attnbench.run import conditions
from attnbench.run.protocol import Hello
from tests.host.made_up import MACHINE
from tests.host.scripted_nvml import ScriptedNvml, no_driver

NOTE = note("turbo is on", "clocks vary", "echo 0 | sudo tee boost")
QUIET = Noise(((1.0, 1.01, 1.0), (1.0, 1.0, 1.01)), threads=1)
LOUD = Noise(((1.0, 1.0, 1.0), (1.5, 1.5, 1.5)), threads=1)
STOP = stop("others are at work", "times grow", "kill -STOP 7")


def told(*words):
    return subprocess.run(
        [sys.executable, "-m", "attnbench", "doctor", *words],
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.fixture
def made_up(monkeypatch, tmp_path):
    """A function that puts a machine in place of this one, and returns the command's result."""
    examine = host.examine

    def run(*words, findings=None, nvml=None, gpus=MACHINE.gpus, starts=True, noise=QUIET):
        def greeting(threads):
            if not starts:
                raise AttnbenchError("the measuring process did not start (no torch); see /x/log")
            here = Environment(**{**vars(MACHINE), "gpus": gpus, "threads": threads})
            return Hello(here, ("cpu", *(f"cuda:{i}" for i in range(len(gpus)))))

        def examined(threads, gpus=None, *, seconds):
            found = examine(threads, gpus, seconds=0, root=tmp_path, nvml=nvml or no_driver())
            told = found.findings if findings is None else findings
            return host.Host(**{**vars(found), "findings": tuple(told)})

        monkeypatch.setattr(doctor, "_greeting", greeting)
        monkeypatch.setattr(host, "examine", examined)
        monkeypatch.setattr(conditions, "noise", lambda _settings: noise)
        return CliRunner().invoke(attnbench, ["doctor", *words], catch_exceptions=False)

    return run


@pytest.fixture(scope="module")
def here():
    """The true command on this machine, once."""
    return told("--device", "cpu", "--json")


def test_this_machine_is_told_as_json(here):
    sheet = json.loads(here.stdout)

    assert here.stderr == ""
    assert sheet["trusted"] is all(f["severity"] != "stop" for f in sheet["findings"])
    assert here.returncode == (0 if sheet["trusted"] else 1)
    assert sheet["device"] == "cpu"
    assert sheet["environment"]["threads"] == sheet["threads"] == 1
    assert sheet["environment"]["torch"].startswith(sheet["software"]["torch"].split("+")[0])
    assert sheet["cpu"]["cores"] == sheet["environment"]["cores"] >= 1
    assert 0 <= sheet["activity"]["idle_cores"] <= sheet["cpu"]["cores"]


def test_doctor_itself_imports_no_torch(here):
    code = """
import sys
sys.argv = ["attnbench", "doctor", "--json", "--device", "cpu"]
from attnbench.cli import main
try:
    main()
finally:
    assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)

    assert done.stderr == ""
    assert json.loads(done.stdout).keys() == json.loads(here.stdout).keys()


@pytest.mark.parametrize(
    ("findings", "code", "verdict"),
    [
        ([], 0, "a measurement here can be trusted: nothing found"),
        ([NOTE], 0, "a measurement here can be trusted: 1 to know"),
        ([STOP, NOTE], 1, "do not trust a measurement here now: 1 to mend first, 1 to know"),
    ],
)
def test_the_verdict_is_the_last_line_and_the_exit_code(made_up, findings, code, verdict):
    done = made_up("--device", "cpu", findings=findings)

    assert done.exit_code == code
    assert done.output.splitlines()[-1] == verdict


@pytest.mark.parametrize(("findings", "code"), [([NOTE], 0), ([NOTE, STOP], 1)])
def test_a_program_gets_findings_verdict_and_exit_code(made_up, findings, code):
    done = made_up("--device", "cpu", "--json", findings=findings)

    sheet = json.loads(done.output)
    assert done.exit_code == code
    assert sheet["trusted"] is (code == 0)
    assert sheet["findings"][-1] == vars(NOTE)
    assert [f["severity"] for f in sheet["findings"]] == ["stop", "note"][1 - code :]


def test_the_exit_code_is_that_of_the_process_too():
    too_many = str(len(os.sched_getaffinity(0)) + 1)

    done = told("--threads", too_many, "--device", "cpu")

    assert done.returncode == 1
    assert f"stop  {too_many} threads are asked for" in done.stdout


def test_every_finding_is_shown_with_what_mends_it(made_up):
    lines = made_up("--device", "cpu", findings=[STOP, NOTE]).output.splitlines()

    at = lines.index("findings")
    assert lines[at + 1 : at + 4] == [
        "  stop  others are at work",
        "        times grow",
        "        mend: kill -STOP 7",
    ]
    assert lines[at + 5] == "  note  turbo is on"


def test_a_card_is_shown_and_judged(made_up):
    done = made_up(nvml=ScriptedNvml())

    text = re.sub(" +", " ", done.output)
    assert done.exit_code == 1
    assert "stop GPU 0: other processes compute on it: python3 (pid 4)" in text
    for line in (
        "device cuda:0, of cpu, cuda:0, cuda:1",
        "cpu_capability AVX512",
        "name Made Up 100, GPU-1",
        "SM clock 345 MHz of 1980 MHz",
        "power 70 W, cap 500 W, by default 700 W",
        "held down by power cap, thermal slowdown by the hardware",
        "processes python3 (pid 3, graphics), python3 (pid 4, compute)",
    ):
        assert f"\n {line}\n" in text


@pytest.mark.parametrize("device", ["cpu", "cuda:1"])
def test_what_troubles_a_gpu_that_is_not_measured_on_does_not_count(made_up, device):
    done = made_up("--device", device, nvml=ScriptedNvml())

    assert done.exit_code == 0
    assert "GPU 0" in done.output  # its facts are still there


def test_a_gpu_that_torch_does_not_see_is_told_unless_the_cpu_is_asked_for(made_up):
    assert "sees no GPU" in made_up(nvml=ScriptedNvml(), gpus=()).output
    assert "sees no GPU" not in made_up("--device", "cpu", nvml=ScriptedNvml(), gpus=()).output


def test_a_process_that_does_not_start_is_a_finding(made_up):
    done = made_up("--json", starts=False)

    sheet = json.loads(done.output)
    assert done.exit_code == 1
    assert sheet["environment"] is None
    assert sheet["findings"][0]["what"].endswith("did not start (no torch)")
    assert "torch" in sheet["software"]
    assert "measuring process\n" not in made_up(starts=False).output


def test_a_device_that_is_not_there_is_wrong_use(made_up):
    with pytest.raises(DeviceError, match="device 'cuda:2' is not there") as error:
        made_up("--device", "cuda:2")

    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--threads", "0"], "0 is not in the range"),
        (["--threads", "two"], "'two' is not a valid integer"),
        (["--jsn"], "unknown option '--jsn'; did you mean '--json'?"),
        (["ema"], "unexpected extra argument"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(words, message):
    done = told(*words)

    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_noise_is_shown_and_judged(made_up):
    done = made_up(findings=[], noise=LOUD)

    assert "very noisy" in done.stdout
    assert "the same work varies by 28 %" in done.stdout  # medians 1 and 1.5: 0.354 over 1.25
    assert done.exit_code == 1


def test_noise_need_not_be_measured(made_up):
    done = made_up("--no-probe", "--json", findings=[], noise=LOUD)

    assert json.loads(done.stdout)["noise"] is None
    assert done.exit_code == 0
