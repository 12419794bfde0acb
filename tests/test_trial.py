from dataclasses import replace

from attnbench.trial import Shape, Trial

TRIAL = Trial("ema", Shape(1, 512, 64, 48))


def test_pixels_are_height_times_width():
    assert TRIAL.shape.pixels == 3072


def test_every_field_is_in_the_key():
    others = [
        replace(TRIAL, head="isa"),
        replace(TRIAL, shape=Shape(1, 512, 48, 64)),
        replace(TRIAL, options={"bases": 32}),
        replace(TRIAL, part="head"),
        replace(TRIAL, dtype="float64"),
        replace(TRIAL, device="cpu"),
        replace(TRIAL, mode="training"),
        replace(TRIAL, kernel="fused"),
    ]

    assert len({t.key for t in [TRIAL, *others]}) == 9


def test_the_key_does_not_depend_on_the_order_of_options():
    one, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})

    assert replace(TRIAL, options=one).key == replace(TRIAL, options=other).key


def test_a_line_is_all_sizes_of_one_trial():
    wider = replace(TRIAL, shape=Shape(1, 512, 64, 64))
    deeper = replace(TRIAL, shape=Shape(1, 256, 64, 48))

    assert wider.line == TRIAL.line != deeper.line


def test_a_block_gives_back_its_shape_and_a_head_logits():
    assert TRIAL.output == TRIAL.shape
    assert replace(TRIAL, part="head").output == Shape(1, 19, 64, 48)


def test_a_label_names_options_and_kernel():
    assert replace(TRIAL, options={"bases": 32}, kernel="fused").label == "ema bases=32 fused"
