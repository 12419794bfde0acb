"""Cost and function of every head with options, kernel and size drawn together.

`test_contract` moves one option at a time on a few sizes; here several move at once. What fails
here goes there, as the smallest example that failed.
"""

from contextlib import contextmanager

import pytest
import torch
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from test_contract import FUSED, NAMES, assert_cost_is_the_count, built, features

from attnbench.errors import HeadError
from attnbench.heads import describe

EXAMPLES = 3000  # of the cost, of all heads together; 4 ms each
PASSES = 20  # a head, of the tests that compare outputs
CHANNELS = (16, 32, 48, 80)  # every head takes them: 8 groups divide C and C/2
# The same examples in every run and clone, and no verdict by the clock.
repeatable = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

every_head = pytest.mark.parametrize("name", NAMES)
every_fused_head = pytest.mark.parametrize("name", FUSED)

sizes = st.tuples(
    st.integers(1, 3), st.sampled_from(CHANNELS), st.integers(1, 13), st.integers(1, 13)
)
# Numbers that have to divide, be odd, or stay small to be in range for most widths.
NUMBERS = {
    "groups": st.sampled_from((1, 2, 4, 8)),
    "kernel_size": st.sampled_from((1, 3, 5, 7, 9)),
    "layers": st.integers(1, 3),
    "reduction": st.integers(1, 16),
    "taylor_order": st.integers(0, 3),
    "value_reduction": st.integers(0, 4),
}
# The output of an official module that stands elsewhere: other channels than the input's.
WIDENING = {"ppm": ("fusion",), "aspp": ("projection",)}


def values(option, spec):
    """What an option may be: each of its choices, or numbers on both sides of its default."""
    if option in NUMBERS:
        return NUMBERS[option]
    if spec.choices:
        return st.sampled_from(spec.choices)
    if isinstance(spec.default, bool):
        return st.booleans()
    if isinstance(spec.default, float):
        return st.sampled_from((0.01, 0.5, 1.0))
    if isinstance(spec.default, str):
        lists = st.lists(st.integers(1, 9), min_size=1, max_size=4)
        return lists.map(lambda numbers: "-".join(map(str, numbers)))
    return st.integers(0 if spec.default == 0 else 1, 24)


def options(name, without=()):
    """Any of the options of a head at once; some of these contradict each other."""
    declared = {o: s for o, s in describe(name).options.items() if o not in without}
    return st.fixed_dictionaries({}, optional={o: values(o, s) for o, s in declared.items()})


@contextmanager
def contradictions_assumed_away():
    """A HeadError, of options that exclude each other or of a map too small to sub-sample."""
    try:
        yield
    except HeadError:
        reject()


@every_head
@settings(repeatable, max_examples=-(-EXAMPLES // len(NAMES)))
@given(data=st.data())
def test_cost_is_the_count_whatever_the_options_and_the_size(name, data):
    size, drawn = data.draw(sizes), data.draw(options(name))

    with contradictions_assumed_away():
        assert_cost_is_the_count(built(name, size[1], dtype=torch.float32, **drawn), size)


@every_head
@settings(repeatable, max_examples=PASSES)
@given(data=st.data())
def test_output_has_the_shape_of_the_input_whatever_the_options_and_the_size(name, data):
    size, drawn = data.draw(sizes), data.draw(options(name, without=WIDENING.get(name, ())))

    with contradictions_assumed_away():
        y = built(name, size[1], **drawn)(features(*size))

    assert y.shape == size
    assert y.isfinite().all()


@every_fused_head
@settings(repeatable, max_examples=PASSES)
@given(data=st.data())
def test_fused_kernel_is_the_same_function_whatever_the_options_and_the_size(name, data):
    size, drawn = data.draw(sizes), data.draw(options(name, without=("kernel",)))
    x = features(*size)

    with contradictions_assumed_away():
        fused, eager = (built(name, size[1], kernel=k, **drawn)(x) for k in ("fused", "eager"))

    torch.testing.assert_close(fused, eager, rtol=1e-10, atol=1e-10)
