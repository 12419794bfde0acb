"""Point-wise spatial attention: from predicted maps to sources and takers, pair by pair."""

import pytest
import torch

from attnbench.errors import HeadError
from attnbench.heads import _by_offset
from attnbench.heads.psa import PSA
from attnbench.measure._dispatch import LiveStorages


def psa(**options):
    torch.manual_seed(0)
    return PSA(8, reduction=2, shrink=1, **options).double().eval()


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def by_pairs(direction, x, name):
    """Logits (sources, takers) of one image, by the definition: a loop over all pairs."""
    h, w = x.shape[2:]
    predicted = direction.logits(x)[0].unflatten(0, direction.extent)  # mh, mw, h, w
    mh, mw = direction.extent
    logits = torch.zeros(h, w, h, w, dtype=x.dtype)
    for sh, sw, th, tw in torch.cartesian_prod(*map(torch.arange, (h, w, h, w))).tolist():
        at, other = ((th, tw), (sh, sw)) if name == "collect" else ((sh, sw), (th, tw))
        row, column = other[0], other[1]
        if not direction.compact:
            row, column = row - at[0] + mh // 2, column - at[1] + mw // 2
        if 0 <= row < mh and 0 <= column < mw:
            logits[sh, sw, th, tw] = predicted[row, column, *at]
    return logits.flatten(0, 1).flatten(1)


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("name", ["collect", "distribute"])
@pytest.mark.parametrize("grid", [(4, 3), (2, 5), (6, 1), (1, 1)], ids=str)
def test_maps_are_those_of_the_definition_on_a_grid_of_any_size(name, compact, grid):
    head = psa(direction=name, compact=compact, grid=grid[0], grid_width=grid[1])
    direction, seen, x = head.directions[name], [], pixels(1, 8, 4, 3)
    direction.affinity.register_forward_hook(lambda _layer, _args, out: seen.append(out))

    head(x)

    expected = by_pairs(direction, direction.reduce(x), name).softmax(dim=0)
    torch.testing.assert_close(seen[0][0].flatten(1), expected)


def test_without_a_softmax_the_sum_is_divided_by_the_positions():
    head = psa(direction="collect", softmax=False, grid=4)
    direction, x = head.directions["collect"], pixels(1, 8, 4, 3)
    features = direction.reduce(x)

    context = direction(features)

    expected = features[0].flatten(1) @ by_pairs(direction, features, "collect") / 12
    torch.testing.assert_close(context[0].flatten(1), expected)


def test_the_default_predicts_59_by_59_offsets():
    assert PSA(8).extent == (59, 59)


every_direction = pytest.mark.parametrize("name", ["collect", "distribute"])
every_way = pytest.mark.parametrize("compact", [False, True])


def outcome(kernel, x, **options):
    """The output, and the gradients of input and weights."""
    head, x = psa(kernel=kernel, **options), x.clone().requires_grad_()
    y = head(x)
    y.backward(pixels(*y.shape).flip(0))
    return {"y": y.detach(), "x": x.grad} | {n: p.grad for n, p in head.named_parameters()}


@every_way
@every_direction
@pytest.mark.parametrize("grid", [(4, 3), (2, 5), (6, 1), (1, 1), (9, 9)], ids=str)
@pytest.mark.parametrize("size", [(2, 8, 4, 3), (1, 8, 1, 6), (3, 8, 7, 1)], ids=str)
def test_the_fused_kernel_is_the_eager_one_on_a_grid_of_any_size(name, compact, grid, size):
    options = {"direction": name, "compact": compact, "grid": grid[0], "grid_width": grid[1]}

    eager, fused = (outcome(kernel, pixels(*size), **options) for kernel in ("eager", "fused"))

    torch.testing.assert_close(fused, eager, rtol=1e-9, atol=1e-12)


@every_direction
@pytest.mark.parametrize("images", [1, 2])
def test_images_that_take_turns_are_those_that_are_done_at_once(monkeypatch, name, images):
    options, x = {"direction": name, "grid": 3, "kernel": "fused"}, pixels(3, 8, 4, 5)
    together = outcome(x=x, **options)

    monkeypatch.setattr(_by_offset, "ELEMENTS", images * 3 * 4 * 5**2)

    torch.testing.assert_close(outcome(x=x, **options), together)


@every_way
@every_direction
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_in_every_type_the_fused_kernel_is_as_exact_as_the_eager_one(name, compact, dtype):
    options, x = {"direction": name, "compact": compact, "grid": 9}, pixels(2, 8, 17, 15)
    true = psa(**options)(x)

    error, allowed = (
        (psa(kernel=kernel, **options).to(dtype)(x.to(dtype)).double() - true).abs().max()
        for kernel in ("fused", "eager")
    )

    assert error <= 2 * allowed


@every_way
def test_the_fused_kernel_takes_the_types_of_autocast(compact):
    head = PSA(8, reduction=2, compact=compact, grid=3, kernel="fused")

    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = head(torch.randn(2, 8, 6, 5))
        y.float().sum().backward()

    assert y.isfinite().all()
    assert all(p.grad.isfinite().all() for p in head.parameters())


def peak(side, *, training):
    """Bytes beside weights and input."""
    with torch.device("meta"):
        head = PSA(8, reduction=2, shrink=1, grid=side, kernel="fused").train(training)
        x = torch.randn(1, 8, side, side)
    with LiveStorages(x, *head.parameters()) as live, torch.set_grad_enabled(training):
        y = head(x)
        if training:
            y.sum().backward()
    return live.peak


@pytest.mark.parametrize(("training", "rooms"), [(False, 3), (True, 4)])
def test_memory_by_offset_grows_with_a_row_of_takers_and_not_with_all_pairs(training, rooms):
    side = 2048

    logits = peak(side, training=training) / 4  # and what is as long as the map or the weights

    assert rooms * side**3 <= logits <= 1.1 * rooms * side**3


def test_without_a_softmax_there_is_no_fused_kernel():
    with pytest.raises(HeadError, match="softmax = False .*kernel = 'eager'"):
        psa(softmax=False, kernel="fused")
