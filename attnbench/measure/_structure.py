"""A published structure built of pieces on tensors without data, tallied, and run for its peak."""

from collections import Counter

import msgspec
import torch
from torch import nn

from attnbench.convention import FLOPS_PER_MAC, MAC_KINDS
from attnbench.cost import Cost
from attnbench.heads._layers import conv_bn_relu
from attnbench.measure._bench import Bench
from attnbench.measure._meta import like_cpu
from attnbench.measure._step import Step
from attnbench.measure._tally import Tally, tally
from attnbench.measure.memory_predicted import baseline, peaks
from attnbench.networks.resnet import ResNet
from attnbench.papers.figures import Alone, Backbone, Conv, Formula, Head, Map, Papers, pieces
from attnbench.trial import Shape, Trial


class Structures:
    """Tallies of the structures of `papers`; each piece is built once."""

    def __init__(self, papers: Papers):
        self.papers = papers
        self._tallies: dict[bytes, Tally] = {}

    def tally(self, name: str, at: Map | None = None) -> Tally:
        """Of the structure "paper.name", on another map than its own with `at`."""
        found: Tally = Counter()
        for piece, where in pieces(name, self.papers, at):
            for thing, number in self._once(piece, where).items():
                found[thing] += piece.times * number
        return found

    def _once(self, piece: Alone, at: Map) -> Tally:
        key = msgspec.json.encode((piece, at))
        if key not in self._tallies:
            self._tallies[key] = _tally(piece, at)
        return self._tallies[key]

    def peak(self, name: str) -> int:
        """Bytes of weights and live tensors of its pieces run one after the other, input apart."""
        chain = [(p, at) for p, at in pieces(name, self.papers) if not isinstance(p, Formula)]
        steps = [_step(piece, at) for piece, at in chain]
        module, x = nn.Sequential(*(s.module for s in steps)), steps[0].x
        with like_cpu():
            step = Step(module, x, training=False)
            held = baseline(step) - x.numel() * x.element_size()
            return held + peaks(step)["step"]


def _tally(piece: Alone, at: Map) -> Tally:
    if isinstance(piece, Formula):
        height, width = at
        symbols = {"H": height, "W": width, "N": height * width} | piece.symbols
        number = Cost(symbols).value(piece.text)
        flops = FLOPS_PER_MAC * number if piece.counts in MAC_KINDS else 0
        return Counter({piece.counts: number, "flops": flops})
    step = _step(piece, at)
    if isinstance(piece, Backbone) and piece.frames:
        return _over_frames(step, piece.frames)
    return tally(step.module, *step.inputs)


def _step(piece: Conv | Head | Backbone, at: Map) -> Step:
    if isinstance(piece, Head):
        trial = Trial(piece.name, Shape(1, piece.channels, *at), piece.options, piece.part)
        with like_cpu():
            return Bench(trial).without_data()
    is_conv = isinstance(piece, Conv)
    with torch.device("meta"):
        module = _conv(piece) if is_conv else _backbone(piece)
        x = torch.empty(1, piece.inputs if is_conv else 3, *at)
    return Step(module.eval(), x, training=False)


def _conv(piece: Conv) -> nn.Module:
    if piece.norm:
        return conv_bn_relu(piece.inputs, piece.outputs, size=piece.side, bias=piece.bias)
    how = {"padding": piece.side // 2, "groups": piece.groups, "bias": piece.bias}
    return nn.Conv2d(piece.inputs, piece.outputs, piece.side, **how)


def _backbone(piece: Backbone) -> ResNet:
    how = {k: getattr(piece, k) for k in ("stem", "output_stride", "stride_in", "classes")}
    return ResNet(piece.depth, **how)


def _over_frames(step: Step, frames: tuple[int, ...]) -> Tally:
    """Each stage as often as there are frames left for it; weights are there once."""
    net, x, found = step.module, step.x, Counter()
    stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool)
    stages = (stem, net.layer1, net.layer2, net.layer3, net.layer4)
    for stage, times in zip(stages, frames, strict=True):
        for thing, number in tally(stage, x).items():
            found[thing] += number if thing == "params" else times * number
        with torch.no_grad():
            x = stage(x)
    found["params"] = sum(p.numel() for p in net.parameters())
    return found
