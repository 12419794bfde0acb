from dataclasses import replace

import pytest
import torch

from attnbench.errors import HeadError
from attnbench.heads import HEADS
from attnbench.networks.resnet import ResNet
from attnbench.train.backbone_weights import load_backbone
from attnbench.train.network import crop_size, like, network
from attnbench.training import Training
from attnbench.trial import Shape, Trial

SMALL = Trial("gc", Shape(2, 16, 3, 4), mode="training", device="cpu")
WHOLE = Trial("fcn", Shape(1, 3, 32, 40), part="network", backbone="resnet18", mode="training")
OPTIONS = {
    "aspp": {"rates": "1-2-3"},
    "isa": {"window": 2},
    "psa": {"grid": 4},
    "gsop": {"width": 8},
}


def made(trial, classes=4, **recipe):
    torch.manual_seed(0)
    return network(trial, Training(**recipe), classes)


@pytest.mark.parametrize("head", list(HEADS))
def test_every_head_gives_logits_as_large_as_the_image(head):
    trial = replace(SMALL, head=head, options=OPTIONS.get(head, {}))

    assert made(trial)(torch.randn(2, 3, 24, 32)).shape == (2, 4, 24, 32)


@pytest.mark.parametrize("part", [SMALL, WHOLE])
def test_an_option_of_a_head_may_be_called_as_a_width_of_the_network(part):
    trial = replace(part, head="ocr", options={"classes": 6})

    network = made(trial).eval()

    assert {m.classes for m in network.modules() if isinstance(m, HEADS["ocr"])} == {6}
    assert network(torch.randn(1, 3, 16, 24)).shape == (1, 4, 16, 24)


@pytest.mark.parametrize("stem", ["small", "deep"])
def test_heads_of_one_seed_start_with_the_same_weights_around_them(stem):
    one, other = (made(replace(SMALL, head=h), stem=stem) for h in ("gc", "non_local"))

    for name in ("stem", "after"):
        pairs = zip(getattr(one, name).parameters(), getattr(other, name).parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("head", ["ccnet", "danet", "gc", "glore", "non_local"])
def test_a_block_is_the_identity_at_first_unless_its_gates_are_opened(head):
    trial, x = replace(SMALL, head=head), torch.rand(2, 16, 8, 8)
    shut, opened = (made(trial, gates=gates).eval().block for gates in ("published", "open"))
    repeats = 2 if head == "danet" else 1  # a sum of two branches, each of which adds its input

    assert torch.equal(shut(x), repeats * x)
    assert not torch.allclose(opened(x), repeats * x)


@pytest.mark.parametrize(("head", "gate"), [("ann", "output.weight"), ("dnl", "gamma")])
def test_a_gate_of_one_of_two_parts_is_opened(head, gate):
    trial = replace(SMALL, head=head)
    shut, opened = (made(trial, gates=g).block.get_parameter(gate) for g in ("published", "open"))

    assert not shut.any()
    assert opened.all()


def test_heads_without_gates_start_alike_whether_gates_are_opened_or_not():
    trial = replace(SMALL, head="isa", options={"window": 2})
    states = [made(trial, gates=gates).state_dict() for gates in ("published", "open")]

    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_block_reads_an_eighth_of_the_image():
    net, seen = made(SMALL), []
    net.block.register_forward_pre_hook(lambda _, inputs: seen.append(tuple(inputs[0].shape)))

    net(torch.randn(2, 3, *crop_size(SMALL)))

    assert seen == [tuple(SMALL.shape)]


@pytest.mark.parametrize("head", ["fcn", "ann", "danet", "ocr"])
def test_a_whole_network_has_the_classes_of_the_data(head):
    net = made(replace(WHOLE, head=head), classes=7).eval()

    assert net(torch.randn(1, 3, 32, 40)).shape == (1, 7, 32, 40)


def test_a_part_that_reads_features_is_not_trained():
    with pytest.raises(HeadError, match="part attention or network"):
        made(replace(SMALL, part="head"))


def test_a_network_with_another_option_has_the_weights_that_were_trained():
    trial = replace(SMALL, head="ema")
    trained = made(trial)

    other = like(trained, replace(trial, options={"iterations": 1}), Training(), 4)

    assert other.block.iterations == 1
    assert torch.equal(other.block.bases, trained.block.bases)


def test_an_option_that_changes_the_weights_is_told():
    trial = replace(SMALL, head="ema")

    with pytest.raises(HeadError, match="bases=8: its weights are not those"):
        like(made(trial), replace(trial, options={"bases": 8}), Training(), 4)


@pytest.fixture
def checkpoint(tmp_path):
    def store(state):
        torch.save(state, tmp_path / "backbone.pth")
        return str(tmp_path / "backbone.pth")

    return store


def test_a_checkpoint_of_imagenet_fills_the_backbone(checkpoint):
    given = ResNet(18, classes=5).state_dict()

    net = made(WHOLE, backbone_weights=checkpoint(given))

    ours = net.backbone.state_dict()
    assert all(torch.equal(ours[name], given[name]) for name in ours)


def test_an_old_checkpoint_without_counts_of_batches_will_do(checkpoint):
    given = {k: v for k, v in ResNet(18).state_dict().items() if "num_batches" not in k}

    load_backbone(ResNet(18), checkpoint(given))


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (lambda: ResNet(34).state_dict(), "another network: layer1.2.conv1.weight is not in the"),
        (lambda: ResNet(50).state_dict(), "another network"),
        (
            lambda: ResNet(18, stem="deep").state_dict(),
            "another network: conv1.weight is not in it",
        ),
        (
            lambda: ResNet(18).state_dict() | {"bn1.bias": torch.zeros(3)},
            r"bn1.bias has shape \(3,\), expected \(64,\)",
        ),
        (lambda: {"state_dict": {}}, "no state dict, names to tensors, alone"),
        (lambda: {"conv1.weight": print}, "no checkpoint that torch can read as weights alone"),
    ],
)
def test_a_checkpoint_of_something_else_is_one_line(checkpoint, state, message):
    with pytest.raises(HeadError, match=message) as told:
        load_backbone(ResNet(18), checkpoint(state()))

    assert "\n" not in str(told.value)


def test_a_checkpoint_that_is_not_there_is_told(tmp_path):
    with pytest.raises(HeadError, match="cannot read the weights"):
        load_backbone(ResNet(18), tmp_path / "none.pth")
