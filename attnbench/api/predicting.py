"""attnbench.predict: what a head or a module needs, with no device."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attnbench.errors import HeadError, SuiteError, UnknownNameError
from attnbench.kinds import DTYPES, OF_A_MAP, OPEN_KERNELS, Dtype, Kernel, Part
from attnbench.trial import Option, Shape, Trial

if TYPE_CHECKING:
    from torch import nn

    from attnbench.prediction import Prediction


def predict(
    head: "str | nn.Module",
    shape: Shape | Sequence[int],
    *,
    options: Mapping[str, Option] | None = None,
    dtype: Dtype | None = None,
    kernel: Kernel = "eager",
    part: Part = "attention",
) -> "Prediction":
    """Work, memory and the largest map that fits a card, of a head by name or of any module.

    Nothing is allocated and nothing runs: tensors have a shape and no content.

    head: a name, with options as after --head if need be ("ema:bases=32"), or a module that takes
        one tensor and returns one.
    shape: of the input, (N, C, H, W).
    options: of a head, by name, beside those in its text: {"bases": 32}.
    dtype: "float64", "float32", "tf32", "bfloat16", "float16"; None is float32 for a head, and what
        the weights of a module have.
    kernel: of a head: "eager" is as published, "fused" keeps no map of all pairs.
    part: of a head: "attention" is the block, "head" all from a backbone's features to logits.

    Parameters and MACs are counts, FLOPs are two a multiply-add, memory is in bytes. Raises
    AttnbenchError for a head, option, type, kernel or shape that cannot be, and for a module that
    does not run on tensors without data.
    """
    from attnbench.api.module_trial import checked_shape, module_trial
    from attnbench.measure._frontier import prediction
    from attnbench.prediction import CARDS

    if not isinstance(head, str):
        from attnbench.measure._module_bench import ModuleBench

        if options or kernel != "eager" or part != "attention":
            raise HeadError("options, kernel and part are of a head by its name; leave them out")
        bench = ModuleBench(module_trial(head, shape, dtype=dtype), module=head)
        if bench.needs_data:
            raise HeadError(f"{bench.trial.head}: {bench.needs_data}")
        return prediction(bench, CARDS)
    from attnbench.measure._bench import Bench

    trial = head_trial(
        head, checked_shape(shape), options, dtype=dtype or "float32", kernel=kernel, part=part
    )
    return prediction(Bench(trial), CARDS)


def head_trial(
    text: str, shape: Shape, options: Mapping[str, Option] | None = None, *, dtype: Dtype,
    kernel: Kernel, part: Part,
) -> Trial:  # fmt: skip
    """A head as it is typed, with other options, on no device.

    Raises SuiteError or UnknownNameError for a head, option, kernel, type or part that is not
    there.
    """
    from attnbench import heads
    from attnbench.head_choice import head_choices, parse_head

    typed = parse_head(text)
    asked = {"name": typed.name, **typed.options, **(options or {})}
    (choice,) = head_choices([asked], text)
    for kind, value, known in (("dtype", dtype, DTYPES), ("part", part, OF_A_MAP)):
        if value not in known:
            raise UnknownNameError(kind, str(value), known)
    kernels = [name for name in heads.kernels(choice.name) if name in OPEN_KERNELS]
    if kernel not in kernels:
        raise SuiteError(
            f"--kernel: {choice.name} has no {kernel} kernel, only {', '.join(kernels)}"
        )
    return Trial(choice.name, shape, choice.options, part=part, dtype=dtype, kernel=kernel)
