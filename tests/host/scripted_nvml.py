"""A driver that answers as it is told to, with pynvml's own errors and constants."""

from types import SimpleNamespace

import pynvml

ANSWERS = {
    "nvmlInit": None,
    "nvmlShutdown": None,
    "nvmlSystemGetDriverVersion": "570.1",
    "nvmlSystemGetProcessName": "/usr/bin/python3 train.py",
    "nvmlDeviceGetCount": 1,
    "nvmlDeviceGetHandleByIndex": "handle",
    "nvmlDeviceGetName": "Made Up 100",
    "nvmlDeviceGetUUID": "GPU-1",
    "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=80 * 2**30, used=5 * 2**20),
    "nvmlDeviceGetMemoryBusWidth": 5120,
    "nvmlDeviceGetClockInfo": {pynvml.NVML_CLOCK_SM: 345, pynvml.NVML_CLOCK_MEM: 2600},
    "nvmlDeviceGetMaxClockInfo": {pynvml.NVML_CLOCK_SM: 1980, pynvml.NVML_CLOCK_MEM: 2619},
    "nvmlDeviceGetApplicationsClock": 1590,
    "nvmlDeviceGetPowerUsage": 70_500,
    "nvmlDeviceGetEnforcedPowerLimit": 500_000,
    "nvmlDeviceGetPowerManagementDefaultLimit": 700_000,
    "nvmlDeviceGetEccMode": [1, 0],
    "nvmlDeviceGetMigMode": [0, 0],
    "nvmlDeviceGetPersistenceMode": 1,
    "nvmlDeviceGetComputeMode": 3,
    "nvmlDeviceGetTemperature": 31,
    "nvmlDeviceGetCurrentClocksEventReasons": 0x1 | 0x4 | 0x40,
    "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=7, memory=1),
    "nvmlDeviceGetTotalEnergyConsumption": 123_456,
    "nvmlDeviceGetGraphicsRunningProcesses": [SimpleNamespace(pid=3, usedGpuMemory=None)],
    "nvmlDeviceGetComputeRunningProcesses": [SimpleNamespace(pid=4, usedGpuMemory=2**30)],
}


class ScriptedNvml:
    """NVML with these answers; an error as an answer is raised, and the rest is unsupported."""

    def __init__(self, **answers):
        self.answers = ANSWERS | answers
        self.asked = []

    def __getattr__(self, name):
        if not name.startswith("nvml") or name == "nvmlMemory_v2":
            return getattr(pynvml, name)
        return lambda *args: self._answer(name, args)

    def _answer(self, name, args):
        self.asked.append(name)
        answer = self.answers.get(name, pynvml.NVMLError_NotSupported())
        if isinstance(answer, pynvml.NVMLError):
            raise answer
        return answer[args[1]] if isinstance(answer, dict) else answer


def no_driver():
    return ScriptedNvml(nvmlInit=pynvml.NVMLError_LibraryNotFound())
