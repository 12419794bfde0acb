"""Criss-cross attention: who sees whom after one and two passes, and the table of the paper."""

import pytest
import torch

from attnbench.heads.ccnet import CCNet
from attnbench.trial import Shape

PAPER = Shape(1, 512, 97, 97)


def ccnet(**options):
    torch.manual_seed(0)
    head = CCNet(8, **options).double()
    torch.nn.init.ones_(head.gamma)
    return head


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_a_fresh_block_is_the_identity():
    x = torch.randn(2, 8, 5, 3)

    assert torch.equal(CCNet(8)(x), x)


@pytest.mark.parametrize(
    ("recurrence", "seen"), [(1, lambda h, w: h == 1 or w == 4), (2, lambda _h, _w: True)]
)
def test_one_pass_reaches_row_and_column_and_two_reach_every_pixel(recurrence, seen):
    x = pixels(1, 8, 4, 6).requires_grad_()

    ccnet(recurrence=recurrence)(x)[0, :, 1, 4].sum().backward()

    reached = x.grad[0].abs().sum(dim=0) > 0
    assert reached.tolist() == [[seen(h, w) for w in range(6)] for h in range(4)]


def test_a_pixel_weighs_its_row_and_column_together_and_itself_once():
    head, x, maps = ccnet(recurrence=1), pixels(1, 8, 4, 6), []
    head.affinity.register_forward_hook(lambda _layer, _args, out: maps.append(out))
    query, key = head.query(x)[0, :, 1, 4], head.key(x)[0]
    column, row = query @ key[:, :, 4], query @ key[:, 1, :]  # H; W
    column[1] = -torch.inf

    head(x)

    torch.testing.assert_close(maps[0][0, 1, 4], torch.cat([column, row]).softmax(dim=0))


@pytest.mark.parametrize(("recurrence", "printed"), [(1, 8.3), (2, 16.5), (3, 24.7)])
def test_flops_of_table_5_are_those_of_biases_and_one_more_neighbour(recurrence, printed):
    flops = 2 * CCNet(512, recurrence=recurrence).cost(PAPER).macs

    # The paper counts a bias as a multiply-add and H + W + 1 neighbours: 8.29 a pass.
    biases, neighbour = 97 * 97 * (64 + 64 + 512), 97 * 97 * (64 + 512)
    assert (flops / recurrence + 2 * (biases + neighbour)) / 1e9 == pytest.approx(8.29, abs=0.005)
    assert flops / 1e9 == pytest.approx(printed, rel=0.01)


def test_two_passes_take_85_percent_fewer_flops_than_a_non_local_block_without_output():
    dense = 97**2 * 512 * (64 + 64 + 512) + 97**4 * (64 + 512)

    assert 1 - CCNet(512).cost(PAPER).macs / dense == pytest.approx(0.85, abs=0.005)
