"""On a real cluster of three nodes on this machine, with workers that need no torch."""

import importlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from attnbench.errors import AttnbenchError, DeviceError
from attnbench.run import executors
from attnbench.run.executors import spread
from attnbench.run.session import Session, Work, reusable
from attnbench.store import RunInfo, RunWriter, read_run
from attnbench.trial import Shape, Task, Trial

FAKE = "tests.run.fake_worker"
ROOT = Path(__file__).parent.parent.parent
ROUNDS, GROUPS, SIZES = 2, 6, 3

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="needs Ray: pip install 'attnbench[ray]'"
    ),
]


@pytest.fixture(scope="module")
def cluster():
    """Three nodes of one core, the first of them the head. Ends with all its processes."""
    from attnbench.run.ray import ray  # first: it sets how Ray behaves

    cluster_utils = importlib.import_module("ray.cluster_utils")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        made = cluster_utils.Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
        )
        try:
            for _ in range(2):
                made.add_node(num_cpus=1)
            made.wait_for_nodes()
            yield made
        finally:
            ray.shutdown()
            made.shutdown()


def info(address, **others):
    return RunInfo("made", "", "0", seed=1, device="cpu", threads=1, address=address, **others)


def work():
    """Counts, and six groups of what is compared, in two rounds."""

    def trial(channels, side, device):
        return Trial("ema", Shape(1, channels, side, side), {"do": "sleep 0.05"}, device=device)

    counted = tuple(Task(trial(8, side, "meta"), ()) for side in range(1, 5))
    timed = tuple(
        Task(trial(channels, side, "cpu"), (), number)
        for number in range(ROUNDS)
        for channels in range(1, GROUPS + 1)
        for side in range(1, SIZES + 1)
    )
    return Work((), counted, timed)


class Quiet:
    def begins(self, task):
        pass

    def ended(self, record):
        pass


class KillsANode(Quiet):
    """Takes a node away once so many records are there."""

    def __init__(self, cluster, after):
        self.cluster, self.left = cluster, after

    def ended(self, record):
        self.left -= 1
        if self.left == 0:
            self.cluster.remove_node(self.cluster.worker_nodes.copy().pop(), allow_graceful=False)


def drive(address, folder, view=Quiet()):
    """A run of `work` on the cluster into a folder, or what is left of it."""
    from attnbench.run import ray

    ray.join(address)
    kind, (nodes,) = ray.places(info(address), FAKE)
    assert kind == "cpu"
    (folder / "records.jsonl").touch()
    before = [] if not (folder / "run.json").exists() else read_run(folder).records
    environments = {h.environment.id for h in nodes.hellos}
    done = frozenset((r.key, r.round) for r in reusable(before, environments).records)
    writer = RunWriter(folder)
    session = Session(work(), writer, "fake", view, done, len(nodes.timers))
    try:
        session.run(
            lambda shares: spread(
                shares, nodes.timers, lambda h: writer.add_environment(h.environment)
            ),
            lambda shares: spread(shares, nodes.counters),
        )
    finally:
        nodes.close()
        writer.close()


@pytest.fixture
def folder(tmp_path):
    writer = RunWriter.create(tmp_path, info(""), "")
    writer.close()
    return writer.path


def names(path):
    return Counter((r.key, r.round) for r in read_run(path).records)


@pytest.fixture
def lost(monkeypatch):
    """The tasks that slots were lost with."""
    tasks = []
    handle = executors._Crew._lost

    def noted(crew, slot, task, reason):
        tasks.append(task)
        return handle(crew, slot, task, reason)

    monkeypatch.setattr(executors._Crew, "_lost", noted)
    return tasks


EVERY = Counter((t.trial.key, t.round) for t in (*work().counted, *work().timed))


def test_a_node_that_dies_costs_no_record_and_says_nothing(cluster, folder, lost, capfd):
    drive(cluster.address, folder, KillsANode(cluster, after=10))

    run = read_run(folder)
    assert len(lost) == 1
    assert names(folder) == EVERY
    assert {r.status for r in run.records} == {"ok"}
    assert set(run.environments) == {"fake"}
    pids = [(r.round, r.readings["pid"].samples) for r in run.records if r.trial.device == "cpu"]
    assert {pid for n, pid in pids if n == 0}.isdisjoint(pid for n, pid in pids if n == 1)
    assert capfd.readouterr() == ("", "")


def test_a_run_whose_driver_is_killed_is_taken_up_on_the_same_cluster(cluster, folder):
    script = f"""
from pathlib import Path
from tests.run.test_ray import drive
drive({cluster.address!r}, Path({str(folder)!r}))
"""
    driver = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    while len(read_run(folder).records) < 6:
        assert time.monotonic() < end
        assert driver.poll() is None
        time.sleep(0.05)
    os.kill(driver.pid, signal.SIGKILL)
    _, told = driver.communicate()
    before = names(folder)
    assert len(before) < len(EVERY)
    assert told == b""

    drive(cluster.address, folder)

    assert names(folder) == EVERY


class KillsAnActor(Quiet):
    """Ends the process that holds a worker, which itself is at its next task by then."""

    def __init__(self):
        self.worker = None

    def ended(self, record):
        if self.worker is None and record.trial.device == "cpu":
            self.worker = int(record.readings["pid"].samples[0])
            os.kill(parent(parent(self.worker)), signal.SIGKILL)  # between them is the keeper


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_an_actor_that_dies_takes_its_worker_along_and_comes_back(cluster, folder, lost):
    view = KillsAnActor()

    drive(cluster.address, folder, view)

    assert names(folder) == EVERY
    assert {r.status for r in read_run(folder).records} == {"ok"}
    assert len(lost) == 1
    end = time.monotonic() + 10
    while Path(f"/proc/{view.worker}").exists():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("listens", "message"), [(False, "Connection refused"), (True, "timed out|no Ray")]
)
def test_an_address_where_no_cluster_is_is_told_within_seconds(monkeypatch, listens, message):
    from attnbench.run import ray

    monkeypatch.setattr(ray, "REACH_SECONDS", 0.5)
    ray.ray.shutdown()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{other.getsockname()[1]}"
        if listens:
            other.listen()

        with pytest.raises(DeviceError, match=f"no Ray cluster .* at {address}: .*({message})"):
            ray.join(address)


def test_a_kind_of_card_that_the_cluster_does_not_have_is_told(cluster):
    from attnbench.run import ray

    ray.join(cluster.address)
    with pytest.raises(DeviceError, match="the cluster has no GPU of kind 'A100'; it has: none"):
        ray.places(info(cluster.address, accelerators=("A100",)), FAKE)
    with pytest.raises(DeviceError, match="device 'cuda:1': with --executor ray it is cpu or cuda"):
        ray.places(RunInfo("made", "", "0", seed=1, device="cuda:1", threads=1), FAKE)


def test_a_worker_that_does_not_come_up_on_a_node_is_told(cluster):
    from attnbench.run import ray

    ray.join(cluster.address)
    with pytest.raises(AttnbenchError, match="on a node of the cluster: .* did not start"):
        ray.places(info(cluster.address), "tests.run.no_such_worker")


def test_every_kind_of_card_measures_all_and_counts_are_taken_once(cluster, folder, monkeypatch):
    from attnbench.run import ray, session, start

    for card in ("A100", "H100"):
        kind = {f"accelerator_type:{card}": 1}
        cluster.add_node(num_cpus=1, num_gpus=1, resources=kind, env_vars={"FAKE_CARD": card})
    cluster.wait_for_nodes()
    asked = info(cluster.address, executor="ray", accelerators=("A100", "H100"))
    monkeypatch.setattr(session, "work", lambda *_: work())
    ray.join(cluster.address)

    def prepared(before=None):
        device, places = ray.places(asked, FAKE)
        assert device == "cuda"
        return start._prepared(None, asked, places, RunWriter(folder), before)

    with prepared() as whole:
        whole.run(Quiet())
    run = read_run(folder)
    with prepared(run) as again:
        left = len(again) - len(again.done)

    timed = Counter((r.key, r.round) for r in run.records if r.trial.device == "cpu")
    assert set(run.environments) == {"fakeA1000", "fakeH1000"}
    assert set(timed.values()) == {2}
    assert len(timed) == len(work().timed)
    assert len(run.records) == 2 * len(timed) + len(work().counted)
    for name in run.environments:
        mine = [r for r in run.records if r.environment == name and r.trial.device == "cpu"]
        assert len(mine) == len(timed)
    assert left == 0
