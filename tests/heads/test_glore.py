"""Global reasoning: the graph between two projections, against the equations."""

import torch
from torch.nn import functional as F

from attnbench.heads.glore import GloRe


def glore(**options):
    torch.manual_seed(0)
    head = GloRe(8, nodes=3, **options).double().eval()
    torch.nn.init.normal_(head.norm.weight)
    return head


def pixels(*size):
    return torch.randn(*size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_a_fresh_unit_is_the_identity():
    x = torch.randn(2, 8, 5, 3)

    assert torch.equal(GloRe(8)(x), x)


def test_nodes_are_related_by_an_adjacency_and_themselves():
    head, x = glore(), pixels(2, 8, 5, 3)
    b = head.project(x)
    v = torch.einsum("bshw,bmhw->bsm", head.state(x), b)  # eq. 1, nodes by column
    adjacency, bias = head.adjacency.weight[:, :, 0], head.adjacency.bias
    v = F.relu(torch.einsum("ij,bsj->bsi", adjacency, v) + bias + v)  # eq. 2, before its weights
    z = torch.einsum("ts,bsm->btm", head.update.weight[:, :, 0], v)
    y = torch.einsum("bsm,bmhw->bshw", z, b)  # eq. 3

    torch.testing.assert_close(head(x), x + head.norm(head.output(y)))


def test_normalising_keeps_the_nodes_of_a_map_that_is_repeated():
    head, x, seen = glore(normalise=True), pixels(1, 8, 5, 3), []
    head.adjacency.register_forward_hook(lambda _layer, args, _out: seen.append(args[0]))

    head(x)
    head(x.repeat(1, 1, 2, 3))

    torch.testing.assert_close(seen[0], seen[1])
