"""On a GPU our heads are the same functions as on the CPU, and as the official code."""

import pytest
import torch
from golden import cases, run

from attnbench.heads import HEADS, kernels
from attnbench.measure._numerics import rounding
from attnbench.trial import Shape, Trial

pytestmark = pytest.mark.cuda
DOUBLE = 1e-9  # of the largest magnitude; sums in another order than on the CPU
SINGLE = 1e-4


def largest_error(ours, theirs):
    theirs = torch.as_tensor(theirs, dtype=torch.float64)
    return float((ours.double().cpu() - theirs).abs().max() / theirs.abs().max())


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_output_and_gradients_are_those_of_the_official_code(case):
    found = run(case, device="cuda")

    assert largest_error(found.out, case.arrays["f64/out/out"]) <= DOUBLE
    for name, theirs in case.group("f64/gin").items():
        assert largest_error(found.input_gradients[name], theirs) <= DOUBLE, name


@pytest.mark.parametrize("name", [n for n in HEADS if "fused" in kernels(n)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_fused_is_eager_to_rounding(name, dtype):
    torch.manual_seed(0)
    eager = HEADS[name](64).cuda().eval()
    fused = HEADS[name](64, kernel="fused").cuda().eval()
    fused.load_state_dict(eager.state_dict())
    x = torch.randn(2, 64, 17, 13, device="cuda")
    with torch.no_grad(), rounding(Trial(name, Shape(2, 64, 17, 13))):
        want = eager.double()(x.double()).cpu()
        got = fused.to(dtype)(x.to(dtype))

    assert largest_error(got, want) <= (SINGLE if dtype == torch.float32 else 0.05)
