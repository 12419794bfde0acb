"""Slots on the nodes of a Ray cluster: the same workers, each held by an actor.

An actor starts its worker as a child, so a head that takes its process down costs that worker and
not the actor. On CUDA an actor has a GPU of its own. On CPUs there is one actor a node for what is
timed, since two on one machine would disturb each other; further ones only count.
"""

import logging
import os
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from attnbench.errors import AttnbenchError, DeviceError
from attnbench.record import Record
from attnbench.run import protocol
from attnbench.run.executors import LostError, Slot, WorkerSlot
from attnbench.run.isolate import START_SECONDS, Worker
from attnbench.run.protocol import Hello
from attnbench.stopwatch import PASSING, Stopwatch
from attnbench.store import LOG, RunInfo
from attnbench.trial import Settings, Task

# Read at the import. Ray tells nobody that it is used, and a node's log is not printed on stdout
# when the node dies: what that means for the run is in its records.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", "(?s).*")
try:
    import ray
    from ray.exceptions import GetTimeoutError, RayActorError, RayError, RayTaskError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
except ImportError as error:
    raise AttnbenchError(
        f"--executor ray needs Ray ({error}); install it with: pip install 'attnbench[ray]'"
    ) from None

REACH_SECONDS = 5.0  # to open a connection to the head node
SETTINGS = b"\4"  # the type of the frame that both sides of HTTP/2 begin with: RFC 9113, 6.5
HTTP2_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + SETTINGS + b"\0" * 5
WORKER = "attnbench.run.worker"


class Actor:
    """What runs on a node: a slot, spoken to in the lines that workers speak."""

    def __init__(self, settings: Settings, module: str):
        log = Path(mkdtemp(prefix="attnbench-")) / LOG
        self._slot = WorkerSlot(partial(Worker, log, settings, module=module))

    def hello(self) -> bytes:
        return protocol.encode(self._slot.hello())

    def do(self, task: bytes) -> bytes:
        record, spent = self._slot.do(protocol.task(task)), self._slot.spent.seconds
        self._slot.spent = Stopwatch()
        return protocol.answer(record, spent)

    def stop(self) -> None:
        self._slot.stop()


class ActorSlot:
    """A slot whose tasks an actor does. When the actor is lost, `begin` asks for another."""

    def __init__(self, settings: Settings, options: dict[str, Any], module: str = WORKER):
        # A task is never given to an actor twice by Ray itself: that is for `spread` to decide.
        self._class = ray.remote(max_restarts=0, max_task_retries=0, **options)(Actor)
        self._make = partial(self._class.remote, settings, module)
        self._actor: Any = None
        self._answer: Any = None
        self._hello: Hello | None = None
        self.spent = Stopwatch()

    def ask(self) -> None:
        """Asks the cluster for a place, without waiting for it."""
        if self._actor is None:
            self._actor, self._hello = self._make(), None
            self._answer = self._actor.hello.remote()

    def begin(self, timeout: float | None = None) -> Hello:
        self.ask()
        if self._hello is None:
            self._hello = protocol.hello(self._get(self._answer, timeout))
        return self._hello

    def do(self, task: Task) -> Record:
        with self.spent.on(PASSING):
            line = self._get(self._actor.do.remote(protocol.encode(task)))
        self.spent.split(PASSING, protocol.spent(line))
        return protocol.record(line)

    def abort(self) -> None:
        if (actor := self._actor) is not None:
            ray.kill(actor)

    def stop(self) -> None:
        if self._actor is not None and self._hello is not None:
            try:
                self._get(self._actor.stop.remote(), REACH_SECONDS)
            except (LostError, GetTimeoutError):
                self.close()

    def close(self) -> None:
        self.abort()
        self._actor = None

    def _get(self, answer: Any, timeout: float | None = None) -> Any:
        try:
            return ray.get(answer, timeout=timeout)
        except RayTaskError as error:
            if isinstance(error.cause, AttnbenchError):
                raise AttnbenchError(f"on a node of the cluster: {error.cause}") from None
            raise
        except GetTimeoutError:
            raise
        except RayError as error:
            self._actor = None
            what = "its node or its process died"
            if not isinstance(error, RayActorError):
                what = str(error).splitlines()[0]
            raise LostError(what) from None


class Nodes:
    """The slots of one kind of card, or of the CPUs, of the cluster. See `places.Place`."""

    def __init__(self, timers: Sequence[ActorSlot], counters: Sequence[ActorSlot], what: str):
        self.timers: Sequence[Slot] = timers
        self.counters: Sequence[Slot] = counters
        self._all = tuple({id(slot): slot for slot in (*timers, *counters)}.values())
        deadline = time.monotonic() + START_SECONDS
        try:
            for slot in self._all:
                slot.ask()
            self.hellos = tuple(h for slot in self._all if (h := _up(slot, deadline)) is not None)
        except BaseException:
            self.close()
            raise
        if not self.hellos:
            self.close()
            raise DeviceError(f"no process came up within {START_SECONDS:g} s on {what}")

    def close(self) -> None:
        for slot in self._all:
            slot.close()


def join(address: str) -> None:
    """Connects this process to a cluster; to a running one or one of its own without an address.

    Raises DeviceError when it cannot be reached.
    """
    if ray.is_initialized():
        return
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        if host and port.isdigit():
            _knock(host, int(port))
        ray.init(
            address=address or None,
            logging_level=logging.CRITICAL,
            log_to_driver=False,
            configure_logging=True,
            include_dashboard=False if not address else None,
        )
    except (OSError, RuntimeError, ValueError, RayError) as error:
        told = " ".join(str(error).split())[:200]
        where = address or "here"
        raise DeviceError(f"no Ray cluster can be reached at {where}: {told}") from None


def _knock(host: str, port: int) -> None:
    """Raises OSError where nothing answers as gRPC does. Ray itself would try for two minutes."""
    with socket.create_connection((host, port), REACH_SECONDS) as door:
        if os.environ.get("RAY_USE_TLS", "0") == "0":
            door.sendall(HTTP2_GREETING)
            if door.recv(4)[3:] != SETTINGS:
                raise ConnectionError("what listens there is no Ray")


def places(info: RunInfo, module: str = WORKER) -> tuple[str, tuple[Nodes, ...]]:
    """Kind of the device, and a place for each kind of card that was asked for.

    Every slot has said what it is. Raises DeviceError where the cluster has no such device.
    """
    nodes = [node for node in ray.nodes() if node["Alive"]]
    kind = _device(info, nodes)
    if kind == "cpu":
        return kind, (_on_cpus(info, nodes, module),)
    with ExitStack() as open_:
        found = [
            open_.enter_context(closing(_on_gpus(info, nodes, card, module)))
            for card in info.accelerators or ("",)
        ]
        open_.pop_all()
    return kind, tuple(found)


def _device(info: RunInfo, nodes: list[dict]) -> str:
    gpus = any(node["Resources"].get("GPU") for node in nodes)
    if info.accelerators or (info.device == "auto" and gpus):
        return "cuda"
    kind = "cpu" if info.device == "auto" else info.device
    if kind not in ("cpu", "cuda"):
        raise DeviceError(f"device {kind!r}: with --executor ray it is cpu or cuda")
    if kind == "cuda" and not gpus:
        raise DeviceError("device 'cuda' is not there; no node of the cluster has a GPU")
    return kind


def _on_cpus(info: RunInfo, nodes: list[dict], module: str) -> Nodes:
    cores = {n["NodeID"]: int(n["Resources"].get("CPU", 0)) // info.threads for n in nodes}
    cores = {node: room for node, room in cores.items() if room}
    if not cores:
        raise DeviceError(f"no node of the cluster has {info.threads} CPU cores to give")
    # First one on each node, then a second where there is room, and so on.
    order = [n for turn in range(max(cores.values())) for n, room in cores.items() if room > turn]
    slots = [
        ActorSlot(
            info.settings,
            {
                "num_cpus": info.threads,
                "scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False),
            },
            module,
        )
        for node in order[: info.jobs or len(cores)]
    ]
    return Nodes(slots[: len(cores)], slots, "the nodes of the cluster")


def _on_gpus(info: RunInfo, nodes: list[dict], card: str, module: str) -> Nodes:
    """Of one kind, as in "A100"; "" takes any."""
    name = f"accelerator_type:{card}"
    have = [n["Resources"] for n in nodes if not card or name in n["Resources"]]
    number = int(sum(resources.get("GPU", 0) for resources in have))
    if not number:
        resources = sorted({name for node in nodes for name in node["Resources"]})
        kinds = [r.partition(":")[2] for r in resources if r.startswith("accelerator_type:")]
        raise DeviceError(
            f"the cluster has no GPU of kind {card!r}; it has: {', '.join(kinds) or 'none'}"
        )
    options = {"num_cpus": 1, "num_gpus": 1} | ({"accelerator_type": card} if card else {})
    slots = [
        ActorSlot(info.settings, options, module) for _ in range(min(number, info.jobs or number))
    ]
    return Nodes(slots, slots, f"the GPUs of kind {card}" if card else "the GPUs of the cluster")


def _up(slot: ActorSlot, deadline: float) -> Hello | None:
    try:
        return slot.begin(max(0.0, deadline - time.monotonic()))
    except (LostError, GetTimeoutError):
        return None
