"""Parameters of every head at 512 channels, as the official classes have them."""

import pytest

from attnbench.heads import HEADS

# By building the official classes; what we leave to the network is added to ours.
CLASSES = 19

COUNTS = [
    ("a2", {}, 394_240),
    ("ann", {}, 920_576),
    ("aspp", {"width": 64, "projection": "width"}, 971_520),
    ("bam", {}, 68_513),
    ("cbam", {}, 33_412),
    ("ccnet", {}, 328_321),
    ("cgnl", {}, 410_624),
    ("danet", {}, 328_321 + 1),
    ("danet", {"branch": "position"}, 328_321),
    ("danet", {"branch": "channel"}, 1),
    ("dnl", {}, 525_314),
    ("eca", {"kernel_size": 0}, 5),
    ("eca", {"kernel_size": 5}, 5),
    ("enc", {}, 552_051 - CLASSES * (512 + 1)),  # its classifier
    ("gc", {}, 132_481),
    ("gc", {"reduction": 16}, 33_889),
    ("glore", {}, 411_136),
    ("gsop", {}, 394_880),
    ("ocr", {}, 1_186_560 + CLASSES * (512 + 1)),  # and the classifier of the soft class maps
    ("ppm", {"fusion": "none"}, 263_168),
    ("ppm", {}, 263_168 + 1024 * 512 * 9 + 2 * 512),  # and the convolution after the module
    ("se", {}, 32_768),
    ("se", {"bias": True}, 32_768 + 32 + 512),
]


@pytest.mark.parametrize(("name", "options", "count"), COUNTS, ids=str)
def test_head_has_the_parameters_of_the_official_class_at_512_channels(name, options, count):
    assert sum(p.numel() for p in HEADS[name](512, **options).parameters()) == count


def test_aspp_at_2048_channels_has_the_parameters_of_the_official_head_but_its_last_layers():
    head = HEADS["aspp"](2048, projection="width")
    last = 256 * 256 * 9 + 2 * 256 + (256 + 1) * CLASSES  # conv, norm, classifier

    assert sum(p.numel() for p in head.parameters()) + last == 16_130_323


def test_ppm_at_2048_channels_has_the_parameters_of_the_official_head_but_its_last_layers():
    head = HEADS["ppm"](2048, fusion="none")
    last = 4096 * 512 * 9 + 2 * 512 + (512 + 1) * CLASSES

    assert sum(p.numel() for p in head.parameters()) + last == 23_083_539


def test_psa_at_2048_channels_has_the_parameters_of_the_official_module():
    assert sum(p.numel() for p in HEADS["psa"](2048).parameters()) == 8_291_328
