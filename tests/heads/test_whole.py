"""Whole heads: parameters of the official networks, closed forms, shapes, what they refuse."""

from math import prod

import pytest
import torch
from test_contract import settings
from torch import nn

from attnbench.errors import HeadError
from attnbench.heads import HEADS, describe, kernels
from attnbench.heads._whole import WIRINGS, whole
from attnbench.kinds import CLASSES
from attnbench.measure._meta import like_cpu
from attnbench.measure.counted import count
from attnbench.trial import Shape

NAMES = list(HEADS)
F = 48  # channels of the features where 2048 would only take time
ODD = (2, F, 7, 5)

every_head = pytest.mark.parametrize("name", NAMES)

REDUCTION = 2048 * 512 * 9 + 2 * 512
CLASSIFIER = (512 + 1) * CLASSES
OCNET = {"fusion": "concat", "output": "conv", "bias": "all", "value_channels": 256}

# By building the official classes, from 2048 channels to 19 classes without auxiliary heads.
OFFICIAL = [
    ("ann", {}, 20_340_499),
    ("aspp", {}, 16_130_323),
    ("ccnet", {}, 23_934_100),
    ("danet", {}, 23_954_619),  # with the classifiers of its two branches
    ("dnl", {}, 24_131_093),
    ("dnl", {"terms": "coupled", "temperature": 1.0}, 24_130_580),  # NL of the DNL repository
    ("ema", {}, 11_149_075),
    ("enc", {}, 10_000_006),  # with the classifier of which classes there are
    ("gc", {}, 23_738_260),
    ("isa", {}, 11_814_419),
    ("ocr", {}, 10_635_027 + CLASSIFIER),  # the soft class maps, from an auxiliary head there
    ("ppm", {}, 23_083_539),
    ("psa", {}, 27_176_467),
    ("self_attention", OCNET, 10_633_491),
]
MMSEGMENTATION = [
    ("aspp", {"width": 512, "fusion": "3x3"}, 42_221_075),
    ("ccnet", {}, 23_934_100),
    ("danet", {}, 23_954_619),
    ("dnl", {"output": "conv_bn", "gamma": False}, 24_132_372),
    ("ema", {"variant": "mmseg"}, 16_458_003),
    ("enc", {}, 10_000_006),
    ("gc", {}, 23_738_260),
    ("isa", {"bias": "value"}, 11_815_443),
    ("non_local", {}, 24_131_859),
    ("ocr", {"bias": False}, 10_632_211 + CLASSIFIER),
    ("ppm", {"width": 512, "align_corners": False}, 23_083_539),
    ("psa", {"grid": 49}, 33_246_739),
]
PLAIN = ["a2", "bam", "cbam", "cgnl", "eca", "glore", "gsop", "isa", "se"]


def parameters(module):
    return sum(p.numel() for p in module.parameters())


def built(name, channels=F, **options):
    torch.manual_seed(0)
    return whole(name, channels, **options).eval()


def maps(head, *size):
    """Features, and what the head reads of earlier stages; empty where tensors are fake."""
    n, _, h, w = size
    shapes = [size, *((n, c, head.finer * h, head.finer * w) for c in head.earlier)]
    return [torch.empty(s).uniform_(0, 1) for s in shapes]


@pytest.mark.parametrize(("name", "options", "parameters_there"), OFFICIAL, ids=str)
def test_a_head_has_the_parameters_of_the_official_network(name, options, parameters_there):
    with torch.device("meta"):
        assert parameters(whole(name, 2048, **options)) == parameters_there


@pytest.mark.parametrize(("name", "options", "parameters_there"), MMSEGMENTATION, ids=str)
def test_a_head_has_the_parameters_of_that_of_mmsegmentation(name, options, parameters_there):
    with torch.device("meta"):
        assert parameters(whole(name, 2048, **options)) == parameters_there


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_head_is_reduction_block_and_classifier(name):
    with torch.device("meta"):
        block, head = HEADS[name](512), whole(name, 2048)

    assert parameters(head) == REDUCTION + parameters(block) + CLASSIFIER


@every_head
def test_the_wiring_is_declared(name):
    wiring = describe(name).keywords.get("wiring", "plain")

    assert wiring in (*WIRINGS, "own")
    assert (wiring == "own") == hasattr(HEADS[name], "whole")


@every_head
@pytest.mark.parametrize("size", [(1, 3, 1), (2, 7, 5)], ids=str)
def test_logits_have_the_height_and_width_of_the_features(name, size):
    n, h, w = size
    head = built(name)

    with torch.no_grad():
        y = head(*maps(head, n, F, h, w))

    assert y.shape == (n, CLASSES, h, w)
    assert y.isfinite().all()


@every_head
def test_gradients_reach_every_input(name):
    head = built(name).train()
    inputs = [x.requires_grad_() for x in maps(head, *ODD)]

    head(*inputs).square().sum().backward()

    assert inputs[0].grad.any()
    # What ANN takes from the stage before passes a convolution that starts at zero.
    assert all(x.grad is not None and x.grad.isfinite().all() for x in inputs)


@every_head
def test_other_channels_are_told_in_letters_and_numbers(name):
    head = built(name)
    earlier = [torch.zeros(2, c, 7, 5) for c in head.earlier]

    with pytest.raises(HeadError) as error:
        head(torch.zeros(2, F + 1, 7, 5), *earlier)

    assert str(error.value) == f"{name}: expected (N, C={F}, H, W), got (2, {F + 1}, 7, 5)"


def test_other_channels_of_the_stage_before_are_told_too():
    with pytest.raises(HeadError, match=r"^ann: expected \(N, C=24, H, W\), got \(2, 48, 7, 5\)$"):
        built("ann")(torch.zeros(ODD), torch.zeros(ODD))


@every_head
def test_a_head_without_features_is_refused(name):
    with pytest.raises(HeadError, match=f"^{name}: .* = 0: "):
        whole(name, 0)


@every_head
def test_nothing_is_dropped_at_random(name):
    with torch.device("meta"):
        layers = whole(name, F).modules()

    assert not [layer for layer in layers if isinstance(layer, nn.Dropout | nn.Dropout2d)]


@pytest.mark.parametrize(("name", "idle"), [("danet", 2), ("enc", 1)])
def test_classifiers_of_other_losses_do_not_run(name, idle):
    head = built(name)

    head(*maps(head, *ODD)).sum().backward()

    without = [p for p in head.parameters() if p.grad is None]
    assert sum(p.numel() for p in without) == idle * CLASSIFIER


@pytest.mark.parametrize("name", ["ccnet", "dnl", "fcn", "gc", "non_local", "psa"])
def test_features_come_first_where_they_are_joined(name):
    head = built(name)
    with torch.no_grad():
        head.trunks[0].joined.conv.weight[:, F:] = 0
        [x] = maps(head, *ODD)
        before = head(x)
        for parameter in head.trunks[0].block.parameters():
            parameter.add_(1)

        assert torch.equal(head(x), before)
        assert not torch.equal(head(x + 1), before)


@pytest.mark.parametrize(("variant", "momentum"), [("official", 3e-4), ("mmseg", 0.1)])
def test_every_batch_norm_of_emanet_has_the_momentum_of_the_settings(variant, momentum):
    with torch.device("meta"):
        layers = whole("ema", F, variant=variant).modules()

    assert {m.momentum for m in layers if isinstance(m, nn.BatchNorm2d)} == {momentum}


def test_only_ccnet_is_leaky():
    with torch.device("meta"):
        leaky = {
            name: {
                m.negative_slope for m in whole(name, F).modules() if isinstance(m, nn.LeakyReLU)
            }
            for name in NAMES
        }

    assert {name: slopes for name, slopes in leaky.items() if slopes} == {"ccnet": {0.01}}


def check_cost(name, size, **options):
    with like_cpu():
        head = built(name, size[1], **options)
        counted = count(head, *maps(head, *size))
    cost = head.cost(Shape(*size))

    assert counted.unpriced == {}
    assert (cost.macs, cost.flops) == (counted.macs, counted.flops)
    assert {k: v for k, v in counted.macs_by_kind.items() if v} == cost.macs_by_kind()
    assert {k: v for k, v in counted.flops_by_kind.items() if v} == cost.flops_by_kind()
    assert cost.params == sum(p.numel() for p in head.parameters() if p.requires_grad)


@pytest.mark.parametrize(
    ("name", "options"),
    [(name, options) for name in NAMES for options in settings(name)],
    ids=lambda value: value if isinstance(value, str) else ",".join(map(str, value.values())),
)
def test_cost_model_agrees_with_counter_and_parameters(name, options):
    check_cost(name, ODD, **options)


@every_head
@pytest.mark.parametrize("size", [(1, 64, 1, 3), (3, 32, 13, 11)], ids=str)
def test_cost_model_agrees_on_other_sizes(name, size):
    check_cost(name, size)


@pytest.mark.parametrize(
    ("name", "kernel"), [(n, k) for n in NAMES for k in kernels(n) if k != "compiled"]
)
def test_cost_model_agrees_at_the_channels_of_a_backbone(name, kernel):
    check_cost(name, (1, 2048, 65, 97), **({} if kernel == "eager" else {"kernel": kernel}))


def test_a_formula_tells_the_channels_of_features_and_block_apart():
    cost = whole("gc", F).cost(Shape(*ODD))
    printed = {term.name: term.macs for term in cost.terms}

    assert printed["network: reduction"] == "B·N·F·C·9"
    assert printed["mask"] == "B·N·C·1"
    assert printed["network: joined"] == "B·N·(F + E)·E·9"
    assert printed["network: classifier"] == "B·N·E·J"
    assert {s: cost.symbols[s] for s in "BNFCEJ"} == dict(
        zip("BNFCEJ", (2, prod(ODD[2:]), F, 512, 512, CLASSES), strict=True)
    )
