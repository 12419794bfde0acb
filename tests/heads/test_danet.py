"""Dual attention: branches and energies, against their formulas."""

import torch

from attnbench.heads.danet import DANet


def danet(**options):
    torch.manual_seed(0)
    head = DANet(8, **options).double()
    for name, parameter in head.named_parameters():
        if name.endswith("gamma"):
            torch.nn.init.constant_(parameter, 0.5)
    return head


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def channel_map(head, x):
    maps = []
    head.channel_affinity.register_forward_hook(lambda _layer, _args, out: maps.append(out))
    head(x)
    return maps[0]


def test_a_fresh_branch_is_the_identity():
    x = torch.randn(2, 8, 5, 3)

    assert torch.equal(DANet(8, branch="position")(x), x)
    assert torch.equal(DANet(8, branch="channel")(x), x)


def test_both_is_the_sum_of_the_branches():
    both, x = danet(), pixels(2, 8, 5, 3)
    position, channel = danet(branch="position"), danet(branch="channel")
    position.load_state_dict(both.state_dict(), strict=False)

    torch.testing.assert_close(both(x), position(x) + channel(x))


def test_the_most_alike_channels_weigh_least_as_released_and_most_as_printed():
    x = pixels(1, 8, 5, 3) / 4
    energy = torch.einsum("bchw,bdhw->bcd", x, x)

    as_released = channel_map(danet(branch="channel"), x)
    as_printed = channel_map(danet(branch="channel", energy="direct"), x)

    torch.testing.assert_close(as_released, (-energy).softmax(dim=2))
    torch.testing.assert_close(as_printed, energy.softmax(dim=2))
