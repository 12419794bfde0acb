"""Classifiers against the parameter counts that their papers print, and against sums by hand."""

import pytest
import torch

from attnbench.errors import HeadError
from attnbench.networks.classification import PLACES, classifier
from attnbench.networks.resnet import ResNet

MILLION, MIB = 10**6, 2**20

# Bottlenecks of each stage, and the channels that come out of them.
BLOCKS = {"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3), "resnet152": (3, 8, 36, 3)}
WIDTHS = (256, 512, 1024, 2048)
PLAIN = {"resnet50": 25_557_032, "resnet101": 44_549_160, "resnet152": 60_192_808}  # torchvision

ECA = {"kernel_size": 0, "rule": "released"}
PRINTED = [  # backbone, head, options, figure, unit, digits: ECA-Net table 3, GCNet table 4, BAM
    ("resnet50", "fcn", {}, 25.56, MILLION, 2),
    ("resnet50", "fcn", {}, 24.37, MIB, 2),
    ("resnet50", "se", {}, 28.07, MILLION, 2),
    ("resnet50", "se", {}, 26.77, MIB, 2),
    ("resnet50", "cbam", {"bias": False}, 26.77, MIB, 2),
    ("resnet50", "eca", ECA, 24.37, MIB, 2),
    ("resnet50", "gc", {"reduction": 16}, 28.08, MILLION, 2),
    ("resnet50", "bam", {}, 25.92, MILLION, 2),  # BAM, BMVC 2018
    ("resnet101", "fcn", {}, 42.49, MIB, 2),
    ("resnet101", "se", {}, 47.01, MIB, 2),
    ("resnet101", "eca", ECA, 42.49, MIB, 2),
    ("resnet152", "fcn", {}, 57.40, MIB, 2),
    ("resnet152", "se", {}, 63.68, MIB, 2),
    ("resnet152", "eca", ECA, 57.40, MIB, 2),
]


def parameters(head, backbone, **options):
    with torch.device("meta"):
        return sum(p.numel() for p in classifier(head, backbone, **options).parameters())


@pytest.mark.parametrize(("backbone", "head", "options", "figure", "unit", "digits"), PRINTED)
def test_parameters_are_those_that_the_papers_print(backbone, head, options, figure, unit, digits):
    assert round(parameters(head, backbone, **options) / unit, digits) == figure


def added(backbone, stages, of_block):
    """What blocks of `of_block(C)` parameters add in every residual block of these stages."""
    counts = BLOCKS[backbone]
    return sum(counts[s - 1] * of_block(WIDTHS[s - 1]) for s in stages)


def gc(c, r=16):  # mask C + 1; down C²/r + C/r; norm 2·C/r; up C²/r + C
    return c + 1 + 2 * c * c // r + 3 * c // r + c


def snl(c):  # mask C + 1; one convolution C² + C
    return c + 1 + c * c + c


def gsop(c, d=128):  # convolution, norm; norm of rows; rows d·4·d + 4·d; gates 4·d·C + C
    return c * d + d + 2 * d + 2 * d + 4 * d * d + 4 * d + 4 * d * c + c


def bam(c, r=16):
    k = c // r
    channel = c * k + k + 2 * k + k * c + c  # C to C/r, norm, to C
    spatial = c * k + k + 2 * k + 2 * (9 * k * k + k + 2 * k) + k + 1  # 1x1, two 3x3, to one map
    return channel + spatial


@pytest.mark.parametrize("backbone", list(BLOCKS))
def test_parameters_are_the_sum_over_the_places_of_a_block(backbone):
    every, plain = (1, 2, 3, 4), PLAIN[backbone]
    expected = {
        "fcn": 0,
        "se": added(backbone, every, lambda c: 2 * c * c // 16),
        "cbam": added(backbone, every, lambda c: 2 * c * c // 16 + c // 16 + c + 2 * 49 + 2),
        "eca": added(backbone, every, lambda _: 3),
        "gc": added(backbone, (2, 3, 4), lambda c: gc(c, 4)),
        "gsop": sum(map(gsop, WIDTHS)),
        "bam": sum(map(bam, WIDTHS[:3])),
        "non_local": 4 * 1024 * 512 + 3 * 512 + 2 * 1024,  # four convolutions, biases, norm
    }

    assert {head: parameters(head, backbone) - plain for head in PLACES} == expected


def test_the_kernels_of_eca_are_80_parameters_as_released_and_86_as_printed():
    # 3·3 + 4·5 + 6·5 + 3·7, and 3·5 + 4·5 + 6·5 + 3·7
    plain = PLAIN["resnet50"]

    assert parameters("eca", "resnet50", **ECA) - plain == 80
    assert parameters("eca", "resnet50", kernel_size=0) - plain == 86


def test_global_context_with_one_transform_is_as_heavy_as_its_convolutions():
    found = parameters("gc", "resnet50", transform="single") - PLAIN["resnet50"]

    assert found == added("resnet50", (2, 3, 4), snl)


@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
@pytest.mark.parametrize("head", list(PLACES))
def test_a_classifier_has_a_thousand_logits(head, backbone):
    options = {"reduction": 16} if head == "gc" else {}
    with torch.device("meta"):
        network = classifier(head, backbone, **options)
        logits = network(torch.empty(2, 3, 97, 71))

    assert logits.shape == (2, 1000)


def test_without_a_block_it_is_the_plain_network():
    plain = ResNet(18, classes=1000).eval()
    network = classifier("fcn", "resnet18").eval()
    network.load_state_dict(plain.state_dict())  # the same names
    image = torch.randn(1, 3, 33, 41)

    assert torch.equal(network(image), plain(image))


@pytest.mark.parametrize(
    ("head", "where"),
    [
        ("se", {f"layer{s}.{n}.inside" for s in (1, 2, 3, 4) for n in (0, 1)}),
        ("gc", {f"layer{s}.{n}.inside" for s in (2, 3, 4) for n in (0, 1)}),
        ("bam", {"layer1.1.after", "layer2.1.after", "layer3.1.after"}),
        ("gsop", {f"layer{s}.1.inside" for s in (1, 2, 3, 4)}),
        ("non_local", {"layer3.0.after"}),
    ],
)
def test_blocks_are_where_the_paper_puts_them_and_other_names_stay(head, where):
    with torch.device("meta"):
        ours, plain = classifier(head, "resnet18"), ResNet(18, classes=1000)

    places = {n for n, _ in ours.named_modules() if n.endswith((".inside", ".after"))}
    others = {n for n in ours.state_dict() if ".inside." not in n and ".after." not in n}
    assert places == where
    assert others == plain.state_dict().keys()


def test_a_gate_of_one_half_halves_the_residual_and_not_the_sum():
    network = classifier("se", "resnet18", variant="var2", bias=True).eval()
    block = network.layer1[0]  # the shortcut is the input itself
    for parameter in block.inside.parameters():
        torch.nn.init.zeros_(parameter)  # a sigmoid of 0
    x = torch.rand(1, 64, 5, 7)

    y = block.bn2(block.conv2(block.relu(block.bn1(block.conv1(x)))))

    torch.testing.assert_close(block(x), (x + y / 2).relu())


def test_the_last_stage_of_gsop_neither_strides_nor_is_dilated():
    with torch.device("meta"):
        network = classifier("gsop", "resnet50")
        maps = network.stages(torch.empty(1, 3, 224, 224))

    assert [m.shape[2] for m in maps] == [56, 28, 14, 14]
    assert network.layer4[1].conv2.dilation == (1, 1)


def test_a_head_without_a_place_says_so():
    with pytest.raises(HeadError, match="ccnet: no place in a classifier is known; there is one"):
        classifier("ccnet", "resnet50")


@pytest.mark.parametrize("head", ["se", "cbam"])
def test_the_biases_of_a_gate_are_one_a_channel_and_one_a_reduced_channel(head):
    with_biases, without = (parameters(head, "resnet50", bias=b) for b in (True, False))

    assert with_biases - without == added("resnet50", (1, 2, 3, 4), lambda c: c + c // 16)
