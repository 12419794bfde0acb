"""What a head computes, small enough for a record: random projections of its output and gradient.

Every tensor of the state dict is filled from its name, so that two versions of a head have the
same weights whatever the order in which they make them. A projection is the sum of all values, each
times a normal number, over the root of how many they are: it is about as large as one value, and so
is its change when values change at random. The terms say how large the values are (`rms`), and by
how much more than weights and input they change when these do (`condition`, both relative, the
larger of two nudges): what rounding may come to is the epsilon of the type times that. The notes
say shape, type and tensors.
"""

import hashlib
from math import prod

import torch
from torch import Tensor, nn

from attnbench.errors import HeadError, UnmeasuredError
from attnbench.measure import Found, metric
from attnbench.measure._bench import Bench, refuse_compiled
from attnbench.measure._step import build, dtype, input_shapes

PROJECTIONS = 8
# Relative. The large one goes over the kinks of a ReLU, as rounding may; where a head is all but
# discontinuous, as one that takes the sign of a sum is, the small one is still linear.
NUDGES = 2.0**-10, 2.0**-18
OUTPUT, TENSOR = "output", "tensor"  # first words of notes
DETERMINISTIC_SEED = 0  # of dropout in training


@metric(
    origin="counted",
    units={"output": "", "output.gradient": ""},
    needs_device=True,
    timed=False,
)
def output(bench: Bench) -> dict[str, Found]:
    """Of one forward pass, and of the gradient by its input, in the trial's mode."""
    refuse_compiled(bench.trial)
    with torch.device(bench.trial.device):
        module = build(bench.trial)
    maps = [_input(bench, i, s) for i, s in enumerate(input_shapes(bench.trial, module))]
    fill(module)
    found = _computed(module, maps)
    nudged = {nudge: _computed(*_nudged(module, maps, nudge)) for nudge in NUDGES}
    notes = (_note(OUTPUT, found["output"]), *_tensors(module))
    told = {"output": notes, "output.gradient": ()}
    return {
        name: Found(projections(y), _terms(y, {n: f[name] for n, f in nudged.items()}), told[name])
        for name, y in found.items()
    }


def fill(module: nn.Module) -> None:
    """Gives every floating tensor of the state dict values that depend on its name and shape only.

    Weights are as large as in a new layer, and what scales is about 1, so that no part is mute.
    """
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(_values(name, tensor))


def projections(y: Tensor) -> tuple[float, ...]:
    flat = y.double().flatten().cpu()
    along = (_normal(f"projection {k}", flat.shape) for k in range(PROJECTIONS))
    return tuple(float(flat @ v) / len(flat) ** 0.5 for v in along)


def _computed(module: nn.Module, maps: list[Tensor]) -> dict[str, Tensor]:
    """Output, and gradient by the first input where there is one. Raises HeadError for NaN."""
    torch.manual_seed(DETERMINISTIC_SEED)
    x, *earlier = maps
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        y = module(x, *earlier)
    found = {"output": y.detach()}
    if y.requires_grad:
        y.backward(_normal("cotangent", y.shape).to(y) / prod(y.shape) ** 0.5)
        found |= {} if x.grad is None else {"output.gradient": x.grad}
    if not all(torch.isfinite(t).all() for t in found.values()):
        raise HeadError("output or gradient has NaN or infinity in it")
    return found


def _input(bench: Bench, number: int, shape: tuple[int, ...]) -> Tensor:
    """Half zeros, half positive normal, as features behind a ReLU are."""
    x = torch.randn(*shape, generator=_generator(f"input {number}")).relu()
    return x.to(bench.trial.device, dtype(bench.trial))


def _values(name: str, tensor: Tensor) -> Tensor:
    drawn = torch.randn(tensor.shape, generator=_generator(name))
    last = name.rpartition(".")[2]
    if tensor.dim() > 1:
        return drawn / max(prod(tensor.shape[1:]), 1) ** 0.5
    if last in ("bias", "running_mean"):
        return 0.1 * drawn
    return 1 + 0.1 * drawn.abs()


def _nudged(module: nn.Module, maps: list[Tensor], nudge: float) -> tuple[nn.Module, list[Tensor]]:
    """The module with other weights, and other inputs."""
    fill(module)  # training may have changed buffers, another nudge the weights
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(_off(parameter, f"nudge of {name}", nudge))
    return module, [_off(x, f"nudge of input {i}", nudge) for i, x in enumerate(maps)]


def _off(x: Tensor, name: str, nudge: float) -> Tensor:
    return x.detach() * (1 + nudge * _signs(name, x.shape).to(x))


def _signs(name: str, shape: tuple[int, ...]) -> Tensor:
    return torch.randint(0, 2, shape, generator=_generator(name), dtype=torch.float64) * 2 - 1


def _normal(name: str, shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=_generator(name), dtype=torch.float64)


def _generator(name: str) -> torch.Generator:
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
    return torch.Generator().manual_seed(seed)


def _terms(y: Tensor, nudged: dict[float, Tensor]) -> dict[str, float]:
    size = _rms(y)
    if not size:
        raise UnmeasuredError("output or gradient is zero everywhere")
    changes = (_rms(other.double() - y.double()) / nudge for nudge, other in nudged.items())
    return {"rms": size, "condition": max(changes) / size}


def _rms(y: Tensor) -> float:
    return float(y.double().square().mean().sqrt())


def _tensors(module: nn.Module) -> tuple[str, ...]:
    return tuple(_note(f"{TENSOR} {name}", t) for name, t in sorted(module.state_dict().items()))


def _note(what: str, tensor: Tensor) -> str:
    shape = "x".join(map(str, tensor.shape)) or "scalar"
    return f"{what} {shape} {str(tensor.dtype).removeprefix('torch.')}"
