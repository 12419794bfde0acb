"""Every head under the tools that run it elsewhere: the compiler, autocast, bfloat16 training."""

import pytest
import torch
from test_contract import FUSED, NAMES, ODD, built, features

every_head = pytest.mark.parametrize("name", NAMES)
CHOICES = [
    *((name, {}) for name in NAMES),
    *((name, {"kernel": "fused"}) for name in FUSED),
    ("isa", {"partition": "balanced"}),
]


@pytest.fixture(autouse=True)
def forgetful_compiler():
    torch._dynamo.reset()


@pytest.mark.parametrize(("name", "options"), CHOICES, ids=str)
def test_compiler_sees_one_graph_that_is_the_same_function(name, options):
    head, x = built(name, **options), features(*ODD)

    compiled = torch.compile(head, fullgraph=True, dynamic=False, backend="eager")

    torch.testing.assert_close(compiled(x), head(x))


@every_head
def test_a_training_step_compiles_to_one_graph(name):
    head, x = built(name).train(), features(*ODD)

    torch.compile(head, fullgraph=True, dynamic=False, backend="eager")(x).sum().backward()


@every_head
def test_output_is_finite_under_autocast(name):
    head, x = built(name, dtype=torch.float32), features(*ODD, dtype=torch.float32)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = head(x)

    assert y.shape == ODD
    assert y.isfinite().all()


@every_head
def test_gradients_of_a_bfloat16_training_step_are_finite(name):
    head = built(name, dtype=torch.bfloat16).train()
    x = features(*ODD, dtype=torch.bfloat16).requires_grad_()

    head(x).square().sum().backward()

    gradients = [x.grad, *(p.grad for p in head.parameters() if p.grad is not None)]
    assert all(g.isfinite().all() for g in gradients)
