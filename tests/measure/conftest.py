import pytest
import torch

from attnbench.heads import HEADS
from attnbench.measure._bench import Bench
from attnbench.trial import Budget, Shape, Trial

TRIAL = Trial("fcn", Shape(2, 16, 6, 5), device="cpu")
SHORT = Budget(min_samples=3, max_seconds=0, min_sample_seconds=0, warmup_seconds=0)


@pytest.fixture
def bench_on(monkeypatch):
    """A bench whose head is a step of a scripted device: `act` of it, if given."""

    def make(device, trial=TRIAL, budget=SHORT, act=None):
        class Driven(torch.nn.Module):
            def __init__(self, channels):
                super().__init__()

            def forward(self, x):
                (act or device.step)()
                return x.clone()

        monkeypatch.setitem(HEADS._entries, trial.head, Driven)
        bench = Bench(trial, budget)
        bench.device = device
        return bench

    return make
