"""A CUDA device behind the interface that metrics use: events, allocator, NVML."""

import time
from collections.abc import Callable
from functools import cached_property

import pynvml
import torch

from attnbench.errors import UnmeasuredError
from attnbench.host.gpu import throttles, told
from attnbench.measure._device import Memory, State

HELD_AT_MOST = 0.05  # s; what is issued in one hold must fit into the queue of launches anyway


class Cuda:
    """GPU `index` of those that torch sees."""

    resolution = 1e-6  # of an event: half a microsecond, CUDA runtime API, cudaEventElapsedTime

    def __init__(self, index: int = 0):
        self._device = torch.device("cuda", index)
        properties = torch.cuda.get_device_properties(index)
        self.name = properties.name
        self.cache_bytes = properties.L2_cache_size
        # By PCI address, not index: CUDA_VISIBLE_DEVICES renumbers torch's devices only.
        p = properties
        self._bus = f"{p.pci_domain_id:08x}:{p.pci_bus_id:02x}:{p.pci_device_id:02x}.0"

    @cached_property
    def _handle(self) -> object:
        pynvml.nvmlInit()
        return pynvml.nvmlDeviceGetHandleByPciBusId(self._bus)

    @cached_property
    def _cycles_a_second(self) -> float:
        return 1e6 * pynvml.nvmlDeviceGetMaxClockInfo(self._handle, pynvml.NVML_CLOCK_SM)

    @cached_property
    def _over_the_cache(self) -> torch.Tensor:
        return torch.empty(self.cache_bytes, dtype=torch.int8, device=self._device)

    def now(self) -> float:
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def synchronize(self) -> None:
        torch.cuda.synchronize(self._device)

    def mark(self) -> torch.cuda.Event:
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self._device))
        return event

    def between(self, begin: torch.cuda.Event, end: torch.cuda.Event) -> float:
        return begin.elapsed_time(end) / 1000

    def hold(self, seconds: float) -> None:
        torch.cuda._sleep(int(min(seconds, HELD_AT_MOST) * self._cycles_a_second))

    def flush(self) -> None:
        self._over_the_cache.zero_()

    def replayed(self, step: Callable[[], object]) -> Callable[[], object]:
        aside = torch.cuda.Stream(self._device)
        aside.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(aside):  # libraries set themselves up outside of the capture
            step()
        torch.cuda.current_stream(self._device).wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                step()
        except RuntimeError as error:
            raise UnmeasuredError(f"no CUDA graph: {str(error).splitlines()[0]}") from None
        return graph.replay

    def free_bytes(self) -> int:
        return torch.cuda.mem_get_info(self._device)[0]

    def memory(self) -> Memory:
        return Memory(
            allocated=torch.cuda.memory_allocated(self._device),
            reserved=torch.cuda.memory_reserved(self._device),
            peak_allocated=torch.cuda.max_memory_allocated(self._device),
            peak_reserved=torch.cuda.max_memory_reserved(self._device),
        )

    def reset_peak(self) -> None:
        torch.cuda.reset_peak_memory_stats(self._device)

    def forget(self) -> None:
        torch._C._cuda_clearCublasWorkspaces()
        torch.cuda.empty_cache()

    def state(self) -> State:
        clock = told(pynvml, "nvmlDeviceGetClockInfo", self._handle, pynvml.NVML_CLOCK_SM)
        bits = told(pynvml, "nvmlDeviceGetCurrentClocksEventReasons", self._handle)
        if bits is None:  # its name before driver 535
            bits = told(pynvml, "nvmlDeviceGetCurrentClocksThrottleReasons", self._handle)
        return State(clock or 0, throttles(bits or 0))

    def joules(self) -> float:
        try:
            return pynvml.nvmlDeviceGetTotalEnergyConsumption(self._handle) / 1000
        except pynvml.NVMLError as error:
            raise UnmeasuredError(f"{self.name} has no energy counter ({error})") from None
