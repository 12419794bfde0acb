import hashlib
import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

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
        replace(TRIAL, backbone="resnet50"),
    ]

    assert len({t.key for t in [TRIAL, *others]}) == 10


def test_the_key_does_not_depend_on_the_order_of_options():
    one, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})

    assert replace(TRIAL, options=one).key == replace(TRIAL, options=other).key


def test_a_line_is_all_sizes_of_one_trial():
    wider = replace(TRIAL, shape=Shape(1, 512, 64, 64))
    deeper = replace(TRIAL, shape=Shape(1, 256, 64, 48))

    assert wider.line == TRIAL.line != deeper.line


def test_an_empty_backbone_is_not_in_the_key():
    text = (
        '{"device":"meta","dtype":"float32","head":"ema","kernel":"eager","mode":"inference",'
        '"options":{},"part":"attention",'
        '"shape":{"batch":1,"channels":512,"height":64,"width":48}}'
    )

    assert hashlib.sha256(text.encode()).hexdigest()[:16] == TRIAL.key


def test_a_table_tells_what_a_trial_reads():
    network = Trial("ema", Shape(1, 3, 64, 48), part="network", backbone="resnet50")

    assert [TRIAL.reads, network.reads] == ["C = 512", "network resnet50"]


def test_a_label_names_options_and_kernel():
    assert replace(TRIAL, options={"bases": 32}, kernel="fused").label == "ema bases=32 fused"


TEXT = st.text(max_size=6)
OPTIONS = st.dictionaries(
    TEXT, st.one_of(st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(), TEXT), max_size=3
)


@given(head=TEXT, options=OPTIONS)
def test_a_key_is_the_hash_of_what_json_spells(head, options):
    trial = replace(TRIAL, head=head, options=options)
    shape = {"batch": 1, "channels": 512, "height": 64, "width": 48}
    told = {"head": head, "shape": shape, "options": options, "part": "attention"}
    told |= {"dtype": "float32", "device": "meta", "mode": "inference", "kernel": "eager"}

    text = json.dumps(told, sort_keys=True, separators=(",", ":"))

    assert trial.key == hashlib.sha256(text.encode()).hexdigest()[:16]
