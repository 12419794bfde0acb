import pytest

from attnbench import measure
from attnbench.errors import UnmeasuredError
from attnbench.heads import HEADS, kernels
from attnbench.measure._bench import Bench
from attnbench.trial import Shape, Trial


def reading(name, **more):
    trial = Trial(name, Shape(1, 32, 12, 10), **more)
    return measure.readings("fvcore", Bench(trial))["macs.fvcore"]


def counted(name, **more):
    trial = Trial(name, Shape(1, 32, 12, 10), **more)
    return measure.readings("counted", Bench(trial))["macs.counted"]


@pytest.mark.parametrize(
    ("name", "kernel"), [(n, k) for n in HEADS for k in kernels(n) if k != "compiled"]
)
def test_every_difference_from_our_count_is_named_with_its_amount(name, kernel):
    theirs, ours = reading(name, kernel=kernel), counted(name, kernel=kernel)

    amounts = [int(note.rpartition(": ")[2].split()[0].replace(",", "")) for note in theirs.notes]

    assert theirs.samples[0] - ours.samples[0] == sum(amounts)


def test_the_attention_that_fvcore_does_not_see_is_said_to_be_missing():
    notes = reading("non_local", kernel="fused").notes

    # Two products over 120 x 120 pairs at width 16.
    assert (
        f"fvcore sees no scaled_dot_product_attention (x1): {-2 * 120 * 120 * 16:+,} MACs" in notes
    )


def test_batch_norm_is_named():
    assert f"fvcore adds batch_norm, which has no multiply-add to count: {2 * 32 * 120:+,}" in (
        reading("fcn").notes
    )


def test_a_map_that_fvcore_could_not_trace_in_a_second_is_refused():
    with pytest.raises(UnmeasuredError, match="for too long"):
        measure.readings("fvcore", Bench(Trial("non_local", Shape(1, 512, 256, 256))))
