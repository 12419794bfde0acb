"""Loading of official weights: what it refuses. That it loads them right is in `test_golden`."""

import subprocess
import sys

import pytest
import torch
from golden import SMALL, cases

from attnbench.errors import HeadError, UnknownNameError
from attnbench.heads import load_official
from attnbench.heads._loading import WIDTHS
from attnbench.heads._official import OFFICIAL


@pytest.fixture
def weights():
    """A function that gives the state dict of an official module, from its golden case."""
    found = {case.module: case for case in cases(SMALL)}
    return lambda module, dtype=torch.float32: {
        k: found[module].tensor(f"sd/{k}", dtype) for k in found[module].group("sd")
    }


def test_widths_are_those_of_the_tensors(weights):
    head = load_official("a2_nguyenvo09", weights("a2_nguyenvo09"))

    assert (head.channels, head.m, head.n) == (32, 16, 8)


def test_a_head_with_one_official_module_stands_for_it(weights):
    head = load_official("gc", weights("gc_official"))

    torch.testing.assert_close(head.mask.weight, weights("gc_official")["conv_mask.weight"])


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_head_has_the_type_of_the_weights(weights, dtype):
    head = load_official("gc_official", weights("gc_official", dtype))

    assert {p.dtype for p in head.parameters()} == {dtype}


def test_count_of_batches_may_be_missing(weights):
    kept = {k: v for k, v in weights("bam_official").items() if "num_batches" not in k}

    load_official("bam_official", kept)


def test_names_that_are_unknown_or_missing_are_told(weights):
    state = weights("gc_official")
    state["classifier.weight"] = state.pop("conv_mask.bias")

    with pytest.raises(HeadError) as error:
        load_official("gc_official", state)

    assert str(error.value) == (
        "gc_official: the state dict does not fit gc: unknown classifier.weight; "
        "missing what is in our head mask.bias"
    )


def test_a_tensor_of_another_shape_is_told_with_both(weights):
    state = weights("gc_official") | {"conv_mask.bias": torch.zeros(3)}

    with pytest.raises(HeadError) as error:
        load_official("gc_official", state)

    assert str(error.value) == "gc_official: conv_mask.bias has the shape (3,), expected (1,)"


def test_an_option_that_no_tensor_tells_is_taken_and_held_against_the_shapes(weights):
    with pytest.raises(HeadError, match=r"attention.3.weight has the shape \(99, 8, 1, 1\), expec"):
        load_official("psa_official", weights("psa_official"), grid=7)


def test_two_names_of_one_tensor_are_refused(weights):
    state = {"g.weight": torch.zeros(2, 4, 1, 1), "g.0.weight": torch.zeros(2, 4, 1, 1)}

    with pytest.raises(HeadError, match=r"both g.weight and g.0.weight are value.weight"):
        load_official("nl_alexhex7_embedded_gaussian", state)


def test_a_whole_checkpoint_is_told_from_a_state_dict():
    with pytest.raises(HeadError, match="state_dict is of type dict: give the state dict of the"):
        load_official("gc_official", {"state_dict": {}})


def test_channels_that_nothing_tells_are_asked_for(weights):
    with pytest.raises(HeadError, match=r"give them, as in channels=512 \(its names: conv.weight"):
        load_official("eca", weights("eca_official_k3"))

    assert load_official("eca", weights("eca_official_k3"), channels=24).channels == 24


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gc_offical", "unknown official module or head 'gc_offical'; did you mean 'gc_official'"),
        ("ema", "ema is the head of several official modules: name one of ema_official, ema_mmseg"),
        ("fcn", "fcn is the head of no official module"),
    ],
)
def test_a_name_that_is_not_one_module_is_told(name, message):
    with pytest.raises((HeadError, UnknownNameError), match=message):
        load_official(name, {})


def test_an_unknown_option_gets_a_suggestion(weights):
    with pytest.raises(UnknownNameError, match="unknown option of gc 'reductoin'; did you mean"):
        load_official("gc", weights("gc_official"), reductoin=4)


def test_widths_are_options_of_their_head():
    from attnbench.heads import describe

    assert set(WIDTHS) == {official.head for official in OFFICIAL.values()}
    for head, widths in WIDTHS.items():
        assert set(widths) - {"channels"} <= set(describe(head).options)


def test_the_package_of_heads_does_not_import_torch():
    code = "import sys, attnbench.heads as h; h.load_official, sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
