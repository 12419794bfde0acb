import pytest
import torch
from torch import nn

from attnbench import measure
from attnbench.heads import HEADS, kernels
from attnbench.measure._bench import Bench
from attnbench.measure._meta import like_cpu
from attnbench.measure._step import Step
from attnbench.measure.memory_predicted import baseline, peaks
from attnbench.trial import Shape, Trial

MAP = 4 * 16 * 6 * 5  # bytes of a float32 (1, 16, 6, 5)
MODES = ("inference", "training")
EVERY = [(n, k, m) for n in HEADS for k in kernels(n) for m in MODES if k != "compiled"]


class Twice(nn.Module):
    """Two temporaries, of which the first is gone when the third map is made."""

    def forward(self, x):
        y = x + 1
        y = y * 2
        return y - 3


def test_the_peak_is_the_most_that_lives_at_once():
    x = torch.randn(1, 16, 6, 5)

    assert peaks(Step(Twice(), x, training=False)) == {"forward": 2 * MAP, "step": 2 * MAP}


def test_views_share_their_storage():
    class View(nn.Module):
        def forward(self, x):
            return (x + 1).flatten(2).transpose(1, 2)[:, :3]

    assert peaks(Step(View(), torch.randn(1, 16, 6, 5), training=False))["step"] == MAP


def test_a_fresh_step_has_no_gradients_of_the_last_one():
    conv = nn.Conv2d(16, 16, 1)
    x = torch.randn(1, 16, 6, 5, requires_grad=True)
    step = Step(conv, x, training=True, cotangent=torch.ones(1, 16, 6, 5))

    assert peaks(step) == peaks(step)
    assert x.grad is None


def test_the_baseline_is_weights_input_and_incoming_gradient():
    conv = nn.Conv2d(16, 16, 1)
    x = torch.randn(1, 16, 6, 5, requires_grad=True)
    step = Step(conv, x, training=True, cotangent=torch.ones(1, 16, 6, 5))

    assert baseline(step) == 2 * MAP + 4 * (16 * 16 + 16)


def test_dense_attention_holds_two_maps_of_pairs_at_its_peak():
    # METHOD: 2096 MiB at 128x128, C = 512, K = 256: logits and softmax, and four maps of K.
    trial = Trial("non_local", Shape(1, 512, 128, 128))

    peak = measure.readings("memory_predicted", Bench(trial))["memory_predicted"].samples[0]

    assert 2 * 1024 <= peak / 2**20 <= 2 * 1024 + 100


def test_a_fused_kernel_holds_no_map_of_pairs():
    trial = Trial("non_local", Shape(1, 512, 128, 128), kernel="fused")

    reading = measure.readings("memory_predicted", Bench(trial))["memory_predicted"]

    assert reading.samples[0] < 200 * 2**20
    assert reading.notes == ("assumes attention over pairs in blocks of queries, as on a CPU",)


@pytest.mark.parametrize(("name", "kernel", "mode"), EVERY)
def test_prediction_equals_what_a_step_on_the_cpu_really_holds(name, kernel, mode):
    predicted_trial = Trial(name, Shape(2, 32, 13, 11), kernel=kernel, mode=mode)
    real_trial = Trial(name, Shape(2, 32, 13, 11), kernel=kernel, mode=mode, device="cpu")

    predicted = measure.readings("memory_predicted", Bench(predicted_trial))
    real = measure.readings("memory", Bench(real_trial))

    assert {k.removeprefix("memory"): r.samples for k, r in real.items()} == {
        k.removeprefix("memory_predicted"): r.samples for k, r in predicted.items()
    }


def test_nothing_is_allocated_to_predict():
    with like_cpu():
        x = torch.empty(1, 2**40)
        step = Step(Twice(), x, training=False)

        assert peaks(step)["step"] == 2 * 4 * 2**40
