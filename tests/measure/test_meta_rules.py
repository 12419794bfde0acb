import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils._pytree import tree_leaves, tree_map

from attnbench.heads import HEADS, kernels
from attnbench.kinds import MODES
from attnbench.measure._bench import Bench
from attnbench.measure._dispatch import LiveStorages
from attnbench.measure._meta import _LED, WithoutData, like_cpu
from attnbench.measure._meta_rules import RULES
from attnbench.measure._mode import Mode
from attnbench.trial import Shape, Trial

EVERY = [(n, k, m) for n in HEADS for k in kernels(n) for m in MODES if k != "compiled"]


def without_data(x):
    """The same strides on the same storage, on no device."""
    if isinstance(x, torch.device):
        return torch.device("meta")
    if not isinstance(x, Tensor):
        return x
    numbers = x.untyped_storage().nbytes() // x.element_size()
    storage = torch.empty(numbers, dtype=x.dtype, device="meta")
    return storage.as_strided(x.shape, x.stride(), x.storage_offset())


def layout(x):
    """Shape, type and order in memory; the stride of a side of one element says nothing."""
    sides = zip(x.stride(), x.shape, strict=True)
    return x.shape, x.dtype, [stride for stride, side in sides if side > 1]


def seen(tensors):
    return [None if x is None else layout(x) for x in tree_leaves(tensors)]


class Compared(Mode):
    """What operators made of real tensors, and what their rules make of the same without data."""

    def __init__(self):
        super().__init__()
        self.pairs = []

    def __torch_dispatch__(self, func, _types, args=(), kwargs=None):
        copies = tree_map(without_data, (args, kwargs or {}))
        out = func(*args, **(kwargs or {}))
        if func in RULES:
            self.pairs.append((str(func), seen(out), seen(RULES[func](*copies[0], **copies[1]))))
        return out


@pytest.mark.parametrize(("name", "kernel", "mode"), EVERY)
def test_a_rule_makes_what_the_cpu_makes(name, kernel, mode):
    trial = Trial(name, Shape(2, 32, 13, 11), kernel=kernel, mode=mode, device="cpu")
    step = Bench(trial).real

    with Compared() as compared:
        step()

    # Batch norm of a turned map is laid out otherwise on a CPU; its bytes are the same.
    pairs = [p for p in compared.pairs if "batch_norm" not in p[0]]
    assert pairs
    assert [p for p in pairs if p[1] != p[2]] == []


def test_what_is_added_in_place_takes_no_room():
    with like_cpu(), LiveStorages() as live:
        x, y, batches = torch.empty(2, 4), torch.empty(2, 4), torch.empty((), dtype=torch.long)
        x.add_(y).add_(1)
        batches.add_(1)

        assert live.bytes == live.peak == 2 * 4 * 8 + 8


@pytest.mark.parametrize(
    "step",
    [
        lambda x: torch.cat([x, x.contiguous()], dim=1),
        lambda x: torch.cat([x, x], dim=2),
        lambda x: torch.cat([x.transpose(2, 3), x.transpose(2, 3).contiguous()]),
        lambda x: torch.stack([x[0], x[1].contiguous()]),
        lambda x: torch.stack([x[0], x[1]], dim=3),
        lambda x: torch.stack([x, x], dim=1),
        lambda x: F.adaptive_avg_pool2d(x, (3, 2)),
        lambda x: F.adaptive_avg_pool2d(x.contiguous(), (3, 2)),
        lambda x: x[:, :, 1:-1],
        lambda x: x + x[:, :1],
        lambda x: x.new_empty(3, 2) + x.sum(),
    ],
)
def test_a_rule_follows_the_layout_of_a_map_with_channels_last(step):
    x = torch.randn(2, 4, 6, 5).to(memory_format=torch.channels_last).requires_grad_()

    with Compared() as compared:
        step(x).backward(torch.ones_like(step(x)))

    assert compared.pairs
    assert [p for p in compared.pairs if p[1] != p[2]] == []


class Led(WithoutData):
    """Notes what it had to lead."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in _LED and (kwargs or {}).get("device") is None:
            self.asked.append(func.__name__)
        return super().__torch_function__(func, types, args, kwargs)


@pytest.mark.parametrize(("name", "kernel", "mode"), EVERY)
def test_a_block_of_ours_makes_tensors_where_its_input_is_and_asks_for_no_attention(
    name, kernel, mode
):
    bench = Bench(Trial(name, Shape(2, 32, 13, 11), kernel=kernel, mode=mode))
    with like_cpu():
        step = bench.without_data()
        with Mode(), Led() as led:
            step()
            step.forward_without_graph()

    assert led.asked == []


class Asking(nn.Module):
    """A head of a user: says no device, and attends."""

    def __init__(self, channels):
        super().__init__()

    def forward(self, x):
        y = F.scaled_dot_product_attention(x, x, x, is_causal=True)
        return y + torch.zeros(x.shape)


def test_a_block_of_a_user_is_led(monkeypatch):
    monkeypatch.setitem(HEADS._entries, "fcn", Asking)
    watched = Bench(Trial("fcn", Shape(2, 32, 6, 5))).watched

    assert watched.work.calls["_scaled_dot_product_flash_attention_for_cpu"] == 1
    assert watched.work.masks.discarded_macs == 2 * 32 * (36 - 21) * (5 + 5)


@pytest.mark.parametrize(
    "step",
    [
        lambda x: x + x[:, :3],
        lambda x: torch.cat([x, x[:, :, 1:]], dim=1),
        lambda x: torch.cat([x, x], dim=4),
        lambda x: torch.stack([x, x[:, :, 1:]]),
        lambda x: torch.stack([x, x], dim=5),
        lambda x: x.mean(dim=4),
        lambda x: x.add_(x[:, :3]),
        lambda x: x.long().add_(0.5),
        lambda x: x.view(2, 4, 7, 5),
        lambda x: x.transpose(1, 4),
        lambda x: F.adaptive_avg_pool2d(x[0, 0], 3),
        lambda x: torch.bmm(x[0], x[0]),
        lambda x: F.conv2d(x, torch.empty(8, 5, 1, 1)),
        lambda x: F.conv2d(x, torch.empty(8, 4, 7, 1)),
        lambda x: F.linear(x.flatten(2).flatten(0, 1), torch.empty(8, 31), torch.empty(8)),
        lambda x: F.group_norm(x, 3),
        lambda x: F.layer_norm(x, [6, 4]),
    ],
)
def test_what_an_operator_refuses_is_refused_without_data(step):
    with like_cpu(), Mode(), pytest.raises((RuntimeError, IndexError)):
        step(torch.empty(2, 4, 6, 5))
