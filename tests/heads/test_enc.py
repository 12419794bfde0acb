"""Context encoding: codes by their definition, and the gradient of the codewords."""

import pytest
import torch
from golden import cases, run
from torch import nn
from torch.nn import functional as F

from attnbench.heads.enc import Enc

OFFICIAL = [case for case in cases() if case.module == "enc_official"]


def enc(**options):
    torch.manual_seed(0)
    return Enc(6, codewords=4, **options).double().eval()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_codes_are_sums_of_residuals_weighted_by_the_softmax_of_scaled_distances():
    head, x = enc(), pixels(2, 6, 5)
    residuals = x.transpose(1, 2)[:, :, None] - head.codewords  # B, N, K, C
    weights = (head.scale * residuals.square().sum(dim=3)).softmax(dim=2)  # B, N, K

    expected = torch.einsum("bnk,bnkc->bkc", weights, residuals)

    torch.testing.assert_close(head.codes(x), expected)


def test_sum_of_the_codes_is_their_mean_times_their_number():
    mean, total, x = enc(), enc(aggregate="sum"), pixels(2, 6, 5, 3)
    with torch.no_grad():
        total.gate[0].weight.div_(4)

    torch.testing.assert_close(total(x), mean(x))


def test_output_is_the_relu_of_the_input_and_of_its_gated_copy():
    head, x = enc(), pixels(2, 6, 5, 3)
    codes = F.relu(head.norm(head.codes(head.input(x).flatten(2))))
    logits = codes.mean(dim=1) @ head.gate[0].weight[:, :, 0, 0].T + head.gate[0].bias  # B, C

    gate = 1 / (1 + torch.exp(-logits[:, :, None, None]))

    torch.testing.assert_close(head(x), F.relu(x + x * gate))


def test_gradient_of_the_codewords_is_the_derivative_of_the_codes():
    head, x = enc(), pixels(2, 6, 5)

    def codes(codewords):
        return torch.func.functional_call(head, {"codewords": codewords}, (x,), strict=False)

    head.forward = head.codes

    assert torch.autograd.gradcheck(codes, head.codewords.detach().clone().requires_grad_())


@pytest.mark.parametrize("case", OFFICIAL, ids=lambda case: case.name)
def test_cpu_kernel_of_the_official_code_has_one_sign_wrong(case, monkeypatch):
    gradient = run(case).gradients["codewords"]
    monkeypatch.setattr(nn.Identity, "forward", lambda _self, assignment: assignment.detach())
    by_residuals = run(case).gradients["codewords"]
    by_distances = gradient - by_residuals

    theirs = torch.from_numpy(case.ours("f64/gp")["codewords"])

    torch.testing.assert_close(by_residuals - by_distances, theirs, rtol=0, atol=1e-9)
