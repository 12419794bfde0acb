"""Point-wise spatial attention: from predicted maps to sources and takers, pair by pair."""

import pytest
import torch

from attnbench.heads.psa import PSA


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
