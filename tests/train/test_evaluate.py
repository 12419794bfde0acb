import numpy as np
import pytest
import torch
from torch import nn

from attnbench.errors import DataError
from attnbench.train.batches import Pictures
from attnbench.train.evaluate import evaluated, probabilities, sliding, starts
from attnbench.train.split import Sample, Split
from attnbench.training import Training


class Pixelwise(nn.Module):
    """No context: the logits of a pixel are its own values."""

    def forward(self, x):
        return torch.stack([x[:, 0], x[:, 1] * 2], dim=1)


def pictures(*samples):
    names = tuple(map(str, range(len(samples))))
    return Pictures(Split("legend_map", "val", ("a", "b"), names, lambda name: samples[int(name)]))


def sample(height, width, seed, void=0):
    rng = np.random.default_rng(seed)
    label = rng.integers(2, size=(height, width)).astype(np.uint8)
    image = np.where(label[..., None] == [0, 1, 2], 255, 0).astype(np.uint8)
    label[:void] = 255
    return Sample(image, label, str(seed))


def scored(network, *samples, **recipe):
    how = {"crop": (6, 5), "batch": 2, "device": torch.device("cpu")}
    return evaluated(network, pictures(*samples), Training(**recipe), **how)


@pytest.mark.parametrize(
    ("side", "window", "wanted"),
    [(5, 8, [0]), (8, 8, [0]), (9, 6, [0, 3]), (16, 6, [0, 4, 8, 10])],
)
def test_windows_cover_a_side(side, window, wanted):
    assert list(starts(side, window)) == wanted


def test_windows_are_as_good_as_the_whole_for_a_network_without_context():
    x = torch.randn(2, 3, 16, 11)

    torch.testing.assert_close(sliding(Pixelwise(), x, (6, 5)), Pixelwise()(x))


def test_a_window_sees_no_more_than_the_crop():
    seen = []

    def network(x):
        seen.append(tuple(x.shape[2:]))
        return x

    sliding(network, torch.zeros(1, 3, 16, 11), (6, 5))

    assert set(seen) == {(6, 5)}


@pytest.mark.parametrize(
    "views", [{"mirrored": True}, {"scales": (1.0, 2.0)}, {"window": "sliding", "mirrored": True}]
)
def test_more_views_of_a_smooth_picture_say_the_same(views):
    x = torch.linspace(-3, 3, 12)[:, None].expand(1, 3, 12, 12).contiguous()

    many = probabilities(Pixelwise(), x, Training(**views), (6, 5)).argmax(dim=1)
    one = probabilities(Pixelwise(), x, Training(), (6, 5)).argmax(dim=1)

    assert (many == one).all()


def test_a_perfect_network_scores_one_on_images_of_any_sizes():
    found = scored(Pixelwise(), sample(8, 7, 0), sample(8, 7, 1), sample(5, 9, 2), sample(8, 7, 3))

    assert found.mean_iou == found.pixel_accuracy == 1


def test_void_is_not_scored():
    class Wrong(Pixelwise):
        def forward(self, x):
            y = super().forward(x)
            y[:, :, :3] *= -1
            return y

    assert scored(Wrong(), sample(8, 7, 0, void=3)).mean_iou == 1


def test_a_split_without_a_class_is_told():
    with pytest.raises(DataError, match="no labelled pixel"):
        scored(Pixelwise(), sample(4, 4, 0, void=4))
