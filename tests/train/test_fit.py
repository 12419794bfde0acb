from dataclasses import replace
from io import StringIO
from itertools import count
from math import log

import numpy as np
import pytest
import torch
from torch import nn

from attnbench.train.batches import Batches, Pictures, pictures
from attnbench.train.checkpoint import Checkpoint
from attnbench.train.class_weights import class_weights
from attnbench.train.datasets import VOID
from attnbench.train.fit import How, TrainingError, fit, mean_loss
from attnbench.train.network import network
from attnbench.train.progress import Progress
from attnbench.train.split import Sample, Split
from attnbench.training import Training
from attnbench.trial import Shape, Trial

CPU = How(torch.device("cpu"), name="ema")
TRIAL = Trial(
    "ema", Shape(2, 8, 8, 8), {"bases": 4, "gradient": "through"}, mode="training", device="cpu"
)
RECIPE = Training(
    options={"size": 64, "slots": 2, "keys": 2, "distance": 0}, subset=8, steps=6, lr=1e-2
)


def batches(recipe=RECIPE, seed=0):
    return Batches(pictures(recipe, "train"), recipe, 2, (64, 64), seed)


def trained(recipe=RECIPE, seed=0, net=None, how=CPU, checkpoint=None):
    torch.manual_seed(seed)
    net = network(TRIAL, recipe, 4) if net is None else net
    return net, fit(net, batches(recipe, seed), recipe, how, checkpoint)


def is_same(one, other):
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_the_same_seed_gives_the_same_weights_to_the_bit(optimiser):
    recipe = replace(RECIPE, optimiser=optimiser, flip=True)
    (one, losses), (two, again) = trained(recipe), trained(recipe)

    assert is_same(one, two)
    assert losses == again
    assert not is_same(one, trained(recipe, seed=1)[0])


def test_a_batch_is_a_function_of_seed_and_step():
    image, label = batches(seed=3).of(5)
    again, _ = batches(seed=3).of(5)

    assert torch.equal(image, again)
    assert image.shape == (2, 3, 64, 64)
    assert label.shape == (2, 64, 64)
    assert not torch.equal(image, batches(seed=3).of(4)[0])
    assert not torch.equal(image, batches(seed=4).of(5)[0])


class Noisy(nn.Module):
    """Draws from torch's generator in every step, as a head with dropout does."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)

    def forward(self, x):
        return self.norm(self.conv(x)) + torch.randn(1)


class Killed(Exception):
    pass


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
@pytest.mark.parametrize("make", [Noisy, lambda: network(TRIAL, RECIPE, 4)])
def test_a_training_that_was_killed_and_resumed_is_that_of_an_undisturbed_one(
    tmp_path, monkeypatch, optimiser, make
):
    recipe = replace(RECIPE, checkpoint_every=2, optimiser=optimiser)
    kept = Checkpoint(tmp_path / "a.pt", "a")
    torch.manual_seed(0)
    whole = make()
    start = {name: value.clone() for name, value in whole.state_dict().items()}
    torch.manual_seed(1)
    losses = fit(whole, batches(recipe), recipe, CPU)

    cut = make()
    cut.load_state_dict(start)
    torch.manual_seed(1)
    drawn = Batches.of

    def of(self, step):
        if step == 5:
            raise Killed
        return drawn(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "of", of)
        with pytest.raises(Killed):
            fit(cut, batches(recipe), recipe, CPU, kept)
    resumed = make()
    steps = []
    monkeypatch.setattr(Batches, "of", lambda self, s: (steps.append(s), drawn(self, s))[1])
    again = fit(resumed, batches(recipe), recipe, CPU, kept)

    assert steps == [4, 5]
    assert again == losses
    assert is_same(resumed, whole)


def test_a_loss_that_is_no_number_ends_it():
    class Broken(Noisy):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return super().forward(x) * (torch.nan if self.calls == 3 else 1)

    with pytest.raises(TrainingError, match=r"^ema: loss is NaN at step 3$"):
        trained(net=Broken())


def test_a_small_task_is_learned():
    """Two classes told by brightness: far below log(2), which is what knowing nothing costs."""

    def read(name):
        label = np.random.default_rng(int(name)).integers(2, size=(16, 16)).astype(np.uint8)
        return Sample(np.repeat(label[..., None] * 255, 3, axis=2), label, name)

    split = Split("legend_map", "train", ("a", "b"), tuple(map(str, range(8))), read)
    recipe = Training(steps=30, lr=0.1)
    torch.manual_seed(0)
    net = nn.Conv2d(3, 2, 1)

    losses = fit(net, Batches(Pictures(split), recipe, 4, (16, 16), 0), recipe, CPU)

    assert np.mean(losses[-5:]) < 0.1 * log(2)


def test_a_head_gets_a_gradient_through_the_network():
    net, _ = trained()
    torch.manual_seed(0)
    before = network(TRIAL, RECIPE, 4)

    assert not torch.equal(net.block.input.weight, before.block.input.weight)
    assert not torch.equal(net.block.bases, before.block.bases)


def test_the_loss_is_the_mean_over_labelled_pixels_by_weight():
    logits = torch.zeros(1, 2, 1, 3)
    logits[0, 0, 0, 0] = log(3)  # class 0 has 3/4 there, and 1/2 elsewhere
    labels = torch.tensor([[[0, 1, VOID]]])

    found = mean_loss(logits, labels, torch.tensor([1.0, 3.0]))

    assert found.item() == pytest.approx((-log(3 / 4) + 3 * log(2)) / 4)


def test_a_batch_without_a_label_has_no_loss_and_no_nan():
    logits = torch.zeros(1, 2, 1, 3, requires_grad=True)

    loss = mean_loss(logits, torch.full((1, 1, 3), VOID), torch.ones(2))
    loss.backward()

    assert loss.item() == 0
    assert not logits.grad.any()


def test_rare_classes_weigh_more_and_never_above_four():
    """12, 3 and 1 of 16 pixels: median 3/16; a fourth class is in no image."""
    label = np.array([0] * 12 + [1] * 3 + [2] + [VOID] * 4, np.uint8).reshape(4, 5)
    rare = np.array([0] * 1999 + [1], np.uint8).reshape(40, 50)

    def weights(label, classes):
        names = tuple(map(str, range(classes)))
        given = Sample(np.zeros((*label.shape, 3), np.uint8), label, "one")
        return class_weights(
            Pictures(Split("x", "train", names, ("one",), lambda _: given))
        ).tolist()

    assert weights(label, 4) == pytest.approx([0.5, 1.0, 3**0.5, 1.0])
    assert weights(rare, 2)[1] == 4


def test_products_in_a_short_type_leave_weights_in_float32():
    net, losses = trained(how=How(torch.device("cpu"), "bfloat16"))

    assert all(p.dtype == torch.float32 for p in net.parameters())
    assert np.isfinite(losses).all()


def test_progress_tells_of_the_time_left_and_not_at_every_step():
    clock, told = count(0.0, 2.0), StringIO()
    progress = Progress("ema", 10, clock=lambda: next(clock), stream=told)
    for step in range(1, 7):
        progress.step(step, 0.5)

    assert told.getvalue().splitlines() == [
        "ema: step 3 of 10, loss 0.5, 14 s left",
        "ema: step 6 of 10, loss 0.5, 8 s left",
    ]
