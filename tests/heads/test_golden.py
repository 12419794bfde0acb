"""Our heads give the outputs and gradients of the official code, from its own tensors."""

import numpy as np
import pytest
import torch
from golden import SMALL, WHOLE, cases, run

from attnbench.errors import AttnbenchError
from attnbench.heads._official import OFFICIAL, renamed

EXACT = 1e-10  # of the largest magnitude; the files are rounded to 36 bits, 7e-12
FLOAT32_STORED = 6e-8  # half a unit in the last place of maps that are stored as float32

CASES = cases()
whole_set = pytest.mark.skipif(not WHOLE.is_dir(), reason="the whole golden set is not here")
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def largest(array) -> float:
    return float(np.abs(np.asarray(array)).max())


def error(ours, theirs) -> float:
    return largest(np.asarray(ours, dtype=np.float64) - theirs)


@every_case
def test_output_is_that_of_the_official_code(case):
    theirs = case.arrays["f64/out/out"]

    assert error(run(case).out, theirs) <= EXACT * largest(theirs)


@every_case
def test_input_gradient_is_that_of_the_official_code(case):
    theirs = case.arrays["f64/gin/x"]

    assert error(run(case).input_gradient, theirs) <= EXACT * largest(theirs)


@every_case
def test_parameter_gradients_are_those_of_the_official_code(case):
    ours, theirs = run(case).gradients, case.ours("f64/gp")
    scale = max(map(largest, theirs.values()), default=0)
    zero = set(
        map(case.official.our_name, case.entry.get("params_with_zero_gradient_up_to_rounding", []))
    )

    for name, gradient in theirs.items():
        allowed = EXACT * (scale if name in zero else largest(gradient))
        assert error(ours[name], gradient) <= allowed, name


@every_case
def test_what_gets_no_gradient_officially_gets_none_here(case):
    without = map(case.official.our_name, case.entry.get("params_without_gradient", []))
    ours = run(case).gradients

    assert all(ours[name] is None for name in without)


@every_case
def test_buffers_after_a_training_step_are_those_of_the_official_code(case):
    theirs, ours = case.ours("f64/sd_after"), run(case).head.state_dict()

    for name, buffer in theirs.items():
        assert error(ours[name], buffer) <= EXACT * largest(buffer), name


@every_case
def test_maps_are_those_of_the_official_code(case):
    ours = run(case).maps

    assert len(ours) == len(case.entry["attention_maps"])
    for name, theirs in case.group("att").items():
        precision = EXACT if theirs.dtype == np.float64 else FLOAT32_STORED
        mine = ours[int(name.split("_")[0])]
        assert mine.shape == theirs.shape
        assert error(mine, theirs) <= precision * largest(theirs), name


@every_case
def test_float32_loses_no_more_than_four_times_what_the_official_code_loses(case):
    ours, lost = run(case, torch.float32), case.entry["f32_vs_f64_max_rel"]
    out, gin = case.arrays["f64/out/out"], case.arrays["f64/gin/x"]
    theirs = case.ours("f64/gp")
    scale = max(map(largest, theirs.values()), default=0)

    assert error(ours.out, out) <= 4 * lost["out"]["out"] * largest(out)
    assert error(ours.input_gradient, gin) <= 4 * lost["gin"]["x"] * largest(gin)
    for name, gradient in theirs.items():
        allowed = 4 * lost["gp_rel_to_largest_gradient_of_module"] * scale
        assert error(ours.gradients[name], gradient) <= allowed, name


def test_bases_follow_the_official_training_script_for_four_steps():
    case = next(c for c in CASES if c.name == "ema_official__train_12x20")
    head, x = case.head(), case.tensor("in/x", torch.float64)

    for step in range(4):
        out = head(x.roll(step, dims=0) + 0.125 * step)
        theirs = case.arrays[f"f64/extra/mu_after_step{step}"]
        assert error(head.bases, theirs) <= EXACT * largest(theirs)

    theirs = case.arrays["f64/extra/out_step3"]
    assert error(out.detach(), theirs) <= EXACT * largest(theirs)


def test_every_head_of_an_official_module_has_a_golden_case_in_every_clone():
    assert {case.official.head for case in cases(SMALL)} == {o.head for o in OFFICIAL.values()}


@whole_set
def test_every_official_module_in_the_table_has_a_golden_case():
    assert {case.module for case in CASES} == set(OFFICIAL)


@whole_set
def test_the_small_set_holds_the_numbers_of_the_whole_one():
    whole = {case.name: case for case in CASES}

    for small in cases(SMALL):
        for name, array in small.arrays.items():
            np.testing.assert_array_equal(array, whole[small.name].arrays[name])


def test_a_state_dict_that_does_not_fit_names_what_is_missing_and_unknown():
    with pytest.raises(AttnbenchError, match=r"missing output.bias; unknown classifier$"):
        renamed("gc_official", {"conv_mask.bias": 0, "classifier": 0}, {"mask.bias", "output.bias"})


def test_an_unknown_official_module_gets_a_suggestion():
    with pytest.raises(AttnbenchError, match="did you mean 'gc_official'"):
        renamed("gc_offical", {}, ())
