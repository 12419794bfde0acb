"""A machine and a card that nobody has."""

from attnbench.host.gpu import Card, CardProcess
from attnbench.record import Environment, Gpu

MACHINE = Environment(
    id="made up",
    attnbench="0.1",
    python="3.12",
    torch="2.8",
    numpy="2.1",
    fvcore="0.1",
    cuda="12.8",
    driver="570.1",
    os="Linux",
    cpu="Made Up 9000",
    cores=8,
    memory_bytes=10**10,
    threads=1,
    gpus=(Gpu("Made Up 100", uuid="GPU-1"), Gpu("Made Up 100", uuid="GPU-9")),
    flags={"float32": "ieee", "cpu_capability": "AVX512"},
)
CARD = Card(
    index=0,
    name="Made Up 100",
    uuid="GPU-1",
    memory_bytes=80 * 2**30,
    memory_used_bytes=5 * 2**20,
    memory_bus_bits=5120,
    sm_clock=345,
    max_sm_clock=1980,
    memory_clock=2600,
    max_memory_clock=2619,
    application_clock=1590,
    power_watts=70.5,
    power_cap_watts=500.0,
    default_power_cap_watts=700.0,
    ecc=True,
    ecc_pending=False,
    mig=False,
    persistent=True,
    compute_mode="exclusive process",
    temperature_c=31,
    throttles=("power cap", "thermal slowdown by the hardware"),
    utilisation=0.07,
    counts_energy=True,
    processes=(
        CardProcess(3, "python3", "graphics", None),
        CardProcess(4, "python3", "compute", 2**30),
    ),
)
