"""Attention in blocks of queries: the function, its gradients and what it holds, at odd sizes."""

import pytest
import torch
from torch import nn

from attnbench.heads import _blocked
from attnbench.heads._blocked import attend_in_blocks
from attnbench.heads._layers import attend
from attnbench.measure._dispatch import LiveStorages

SIZES = [  # B, K, V, N, M
    (1, 4, 6, 7, 7),
    (3, 6, 4, 5, 9),
    (2, 1, 1, 1, 3),
    (5, 2, 3, 8, 1),
]
BLOCKS = [(1, 1), (1, 3), (20, 2), (10**6, 256)]  # logits at once, least rows


def inputs(size, dtype=torch.float64, device=None):
    b, k, v, n, m = size
    torch.manual_seed(0)
    return [torch.randn(*s, dtype=dtype, device=device) for s in ((b, k, n), (b, k, m), (b, v, m))]


@pytest.fixture(params=BLOCKS, ids=str)
def _blocks(request, monkeypatch):
    monkeypatch.setattr(_blocked, "ELEMENTS", request.param[0])
    monkeypatch.setattr(_blocked, "LEAST_ROWS", request.param[1])


def by_definition(query, key, value):
    logits = torch.einsum("bkn,bkm->bnm", query, key)
    return torch.einsum("bnm,bvm->bvn", logits.softmax(dim=2), value)


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_it_is_softmax_attention(size):
    tensors = inputs(size)

    torch.testing.assert_close(attend_in_blocks(*tensors), by_definition(*tensors))


@pytest.mark.usefixtures("_blocks")
def test_the_result_is_laid_out_as_the_values_are():
    query, key, value = inputs((2, 6, 4, 30, 50))
    turned = value.transpose(1, 2).contiguous().transpose(1, 2)

    channels, pixels = (attend_in_blocks(query, key, v) for v in (value, turned))

    assert channels.is_contiguous()
    assert pixels.transpose(1, 2).is_contiguous()
    torch.testing.assert_close(channels, pixels)


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_its_gradients_are_those_of_the_definition(size):
    ours, theirs = ([t.requires_grad_() for t in inputs(size)] for _ in range(2))
    cotangent = torch.randn(size[0], size[2], size[3], dtype=torch.float64)

    attend_in_blocks(*ours).backward(cotangent)
    by_definition(*theirs).backward(cotangent)

    for our, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our.grad, their.grad)


@pytest.mark.usefixtures("_blocks")
def test_a_sum_sends_back_a_cotangent_without_strides():
    tensors = [t.requires_grad_() for t in inputs(SIZES[1])]

    assert torch.autograd.gradcheck(lambda *t: attend_in_blocks(*t).sum(), tensors)


def test_large_logits_do_not_overflow():
    query, key, value = inputs((1, 4, 3, 6, 6), torch.float32)

    y = attend_in_blocks(1e4 * query, key, value)

    torch.testing.assert_close(y, by_definition(1e4 * query, key, value))
    assert y.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_in_every_type_it_is_as_exact_as_the_eager_kernel(dtype):
    tensors = inputs((2, 16, 24, 300, 300), torch.float64)
    true = by_definition(*tensors)
    low = [t.to(dtype) for t in tensors]
    how = {"scale": None, "affinity": nn.Identity()}

    error, allowed = (
        (attend(*low, kernel=kernel, **how).double() - true).abs().max()
        for kernel in ("fused", "eager")
    )

    assert error <= 2 * allowed


def peak(pixels, *, training):
    size = (1, 8, 8, pixels, pixels)
    tensors = [t.requires_grad_(training) for t in inputs(size, torch.float32, "meta")]
    with LiveStorages(*tensors) as live:
        y = attend_in_blocks(*tensors)
        if training:
            y.sum().backward()
    return live.peak


@pytest.mark.parametrize(("training", "maps"), [(False, 1), (True, 2)])
def test_memory_grows_with_the_pixels_and_not_with_their_pairs(training, maps):
    rows = _blocked.LEAST_ROWS
    small, large = (peak(pixels, training=training) for pixels in (2**17, 2**18))

    assert large == pytest.approx(2 * small, rel=1e-3)
    assert maps * 4 * rows * 2**18 <= large <= maps * 4 * (rows + 32) * 2**18


def test_a_small_map_is_not_stored_whole_either():
    held = peak(32**2, training=False) - 4 * 8 * 32**2  # without the result

    assert held == 4 * 32**4 / _blocked.PARTS
