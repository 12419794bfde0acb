"""What only a GPU can show: mixed precision, channels_last, deterministic operators."""

import numpy as np
import pytest
import torch

from attnbench.train.batches import Batches, pictures
from attnbench.train.fit import How, fit
from attnbench.train.network import network
from attnbench.training import Training
from attnbench.trial import Shape, Trial

pytestmark = [pytest.mark.cuda, pytest.mark.filterwarnings("ignore:.*deterministic.*")]
RECIPE = Training(subset=16, steps=8, lr=1e-2)


def trained(head="gc", dtype="float32"):
    trial = Trial(head, Shape(4, 16, 16, 16), mode="training", device="cuda", dtype=dtype)
    torch.manual_seed(0)
    net = network(trial, RECIPE, 4)
    batches = Batches(pictures(RECIPE, "train"), RECIPE, 4, (128, 128), 0)
    return net, fit(net, batches, RECIPE, How(torch.device("cuda"), dtype))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_every_type_trains(dtype):
    net, losses = trained("non_local", dtype)

    assert np.isfinite(losses).all()
    assert {p.dtype for p in net.parameters()} == {torch.float32}


def test_the_same_seed_gives_the_same_weights_to_the_bit():
    (one, losses), (other, again) = trained(), trained()

    assert losses == again
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
