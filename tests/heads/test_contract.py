"""What holds for every head: a new file in attnbench/heads is tested by being there."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from attnbench.errors import HeadError
from attnbench.heads import HEADS, describe, kernels
from attnbench.measure.counted import count
from attnbench.trial import Shape

NAMES = list(HEADS)
FUSED = [name for name in NAMES if "fused" in kernels(name)]
SIZES = [(2, 16, 6, 5), (1, 48, 7, 3), (3, 32, 2, 9), (1, 16, 13, 11), (2, 48, 9, 2)]
ODD = (2, 16, 7, 5)

every_head = pytest.mark.parametrize("name", NAMES)
every_fused_head = pytest.mark.parametrize("name", FUSED)


def built(name, channels=16, dtype=torch.float64, seed=0, **options):
    """A head in inference as training might leave it: no weight at 0, no statistics at rest."""
    torch.manual_seed(seed)
    head = HEADS[name](channels, **options).eval()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        for layer in head.modules():
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                layer.running_mean.normal_(std=0.1)
                layer.running_var.uniform_(0.5, 2)
    return head.to(dtype)


def features(*size, dtype=torch.float64, seed=1):
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed)).to(dtype)


def assert_cost_is_the_count(head, size):
    """Closed form and dispatcher agree on one forward pass, in all, by kind, and in parameters."""
    cost, counted = head.cost(Shape(*size)), count(head, features(*size, dtype=dtype_of(head)))
    assert counted.unpriced == {}
    assert (cost.macs, cost.flops) == (counted.macs, counted.flops)
    assert cost.flops_by_kind() == counted.flops_by_kind
    assert cost.params == sum(p.numel() for p in head.parameters() if p.requires_grad)


def dtype_of(head):
    """That of its parameters; float64 without any."""
    return next((p.dtype for p in head.parameters()), torch.float64)


def settings(name):
    """Every choice of every option alone, beside the default head.

    Numbers are moved by one, odd kernels to the next odd size, groups to another divisor of the
    channels; lists lose their last number.
    """
    yield {}
    for option, spec in describe(name).options.items():
        if option == "kernel":
            continue
        if isinstance(spec.default, bool):
            yield {option: not spec.default}
        elif spec.choices:
            yield from ({option: choice} for choice in spec.choices if choice != spec.default)
        elif isinstance(spec.default, str):
            yield {option: spec.default.rpartition("-")[0]}
        elif option == "groups":
            yield {option: spec.default // 2}
        elif option == "kernel_size":
            yield {option: spec.default + 2}
        else:
            yield {option: spec.default + 1 if isinstance(spec.default, int) else 0.5}


every_setting = pytest.mark.parametrize(
    ("name", "options"),
    [(name, options) for name in NAMES for options in settings(name)],
    ids=lambda value: value if isinstance(value, str) else ",".join(map(str, value.values())),
)

# A pairwise function without a softmax has no fused kernel, nor has a map without pairs or one
# whose weights do not sum to 1 where a convolution is moved behind it.
WITHOUT = {
    "pairwise": ("dot_product", "concatenation"),
    "terms": ("unary",),
    "order": ("pairs_first",),
    "distribution": ("positions",),
    "softmax": (False,),
}
FUSED_SETTINGS = [
    (name, options)
    for name in FUSED
    for options in settings(name)
    if all(value not in WITHOUT.get(option, ()) for option, value in options.items())
]


def of_fused_settings(found):
    return pytest.mark.parametrize(
        ("name", "options"),
        found,
        ids=lambda value: value if isinstance(value, str) else ",".join(map(str, value.values())),
    )


NOT_OVER_PAIRS = ("a2", "ccnet", "cgnl", "ema", "glore")  # no softmax over all pairs of pixels
every_fused_setting = of_fused_settings(FUSED_SETTINGS)
every_fused_attention = of_fused_settings(
    [
        (name, options)
        for name, options in FUSED_SETTINGS
        if name not in NOT_OVER_PAIRS and options.get("branch") != "channel"
    ]
)


@every_head
@pytest.mark.parametrize("size", [(1, 16, 1, 1), (2, 16, 3, 11), (1, 16, 17, 2), (3, 16, 8, 8)])
def test_output_has_the_shape_of_the_input(name, size):
    assert built(name)(features(*size)).shape == size


@every_head
@pytest.mark.parametrize(
    "dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16], ids=str
)
def test_output_is_finite_in_every_type(name, dtype):
    y = built(name, dtype=dtype)(features(*ODD, dtype=dtype))

    assert y.dtype == dtype
    assert y.isfinite().all()


@every_head
def test_layout_in_memory_does_not_change_the_output(name):
    head, x = built(name), features(*ODD)

    torch.testing.assert_close(head(x.to(memory_format=torch.channels_last)), head(x))


@every_head
def test_images_of_a_batch_do_not_see_each_other_in_inference(name):
    head, x = built(name), features(*ODD)

    torch.testing.assert_close(head(x)[1:], head(x[1:]))


@every_head
def test_input_is_left_as_it_was(name):
    x = features(*ODD)
    before = x.clone()

    built(name)(x)

    assert torch.equal(x, before)


@every_head
def test_inference_twice_gives_the_same_bits_and_moves_no_buffer(name):
    head, x = built(name), features(*ODD)
    before = deepcopy(head.state_dict())

    assert torch.equal(head(x), head(x))
    assert all(torch.equal(v, before[k]) for k, v in head.state_dict().items())


@every_head
def test_a_training_step_from_the_same_state_gives_the_same_bits(name):
    one, x = built(name).train(), features(*ODD)
    other = deepcopy(one)

    assert torch.equal(one(x), other(x))
    assert all(torch.equal(v, other.state_dict()[k]) for k, v in one.state_dict().items())


@every_head
def test_state_dict_carries_the_whole_function(name):
    one, other, x = built(name, seed=0), built(name, seed=2), features(*ODD)

    other.load_state_dict(one.state_dict())

    assert torch.equal(one(x), other(x))


@every_head
def test_gradients_reach_the_input(name):
    x = features(*ODD).requires_grad_()

    built(name).train()(x).square().sum().backward()

    assert x.grad.isfinite().all()
    assert x.grad.any()


@every_head
def test_docstring_names_its_source(name):
    assert "\nSource: " in describe(name).doc


@every_head
@pytest.mark.parametrize("size", [(1, 8, 4, 4), (16, 4, 4), (1, 16, 0, 4)])
def test_another_shape_is_told_in_letters_and_numbers(name, size):
    with pytest.raises(HeadError) as error:
        built(name)(features(*size))

    assert str(error.value) == f"{name}: expected (N, C=16, H, W), got {size}"


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        (name, option, "nonsense" if spec.choices else -1)
        for name in NAMES
        for option, spec in describe(name).options.items()
        if not isinstance(spec.default, bool)
    ],
)
def test_an_option_out_of_range_is_refused(name, option, value):
    with pytest.raises(HeadError, match=rf": {option} = '?{value}'?: "):
        HEADS[name](16, **{option: value})


@every_head
def test_a_hook_sees_every_declared_map(name):
    head, seen = built(name), []
    names = describe(name).keywords.get("maps", ())
    for path in names:
        layer = head.get_submodule(path)
        assert isinstance(layer, nn.Identity)
        layer.register_forward_hook(lambda _layer, _args, out, path=path: seen.append((path, out)))

    head(features(*ODD))

    assert {path for path, _ in seen} == set(names)
    assert all(isinstance(out, torch.Tensor) and out.isfinite().all() for _, out in seen)


@every_setting
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_cost_model_agrees_with_the_counter(name, options, size):
    assert_cost_is_the_count(built(name, size[1], **options), size)


@pytest.mark.parametrize(
    ("name", "options", "size"),
    [
        ("ppm", {"bins": "1-1"}, (1, 16, 1, 1)),  # equal terms of a kind are two terms
        ("self_attention", {"kernel": "fused"}, (1, 16, 1, 1)),  # softmax is no contraction
    ],
)
def test_cost_model_agrees_where_the_property_test_found_that_it_did_not(name, options, size):
    assert_cost_is_the_count(built(name, size[1], **options), size)


@every_head
def test_declared_parameters_are_those_at_512_channels(name):
    with torch.device("meta"):
        head = HEADS[name](512)

    trainable = sum(p.numel() for p in head.parameters() if p.requires_grad)
    assert describe(name).keywords["params"] == trainable


@every_fused_head
def test_fused_kernel_is_the_same_function_to_rounding(name):
    eager, fused, x = built(name), built(name, kernel="fused"), features(*ODD)

    torch.testing.assert_close(fused(x), eager(x), rtol=1e-12, atol=1e-12)


@every_fused_setting
def test_gradients_of_the_fused_kernel_are_those_of_the_eager_one(name, options):
    gradients = []
    for kernel in ("eager", "fused"):
        head, x = built(name, kernel=kernel, **options).train(), features(*ODD).requires_grad_()
        head(x).backward(features(*ODD, seed=2))
        named = {path: p.grad for path, p in head.named_parameters()}
        gradients.append(named | {"x": x.grad})

    eager, fused = gradients
    torch.testing.assert_close(fused, eager, rtol=1e-9, atol=1e-9)


@every_fused_setting
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_cost_model_agrees_with_the_counter_on_the_fused_kernel(name, options, size):
    assert_cost_is_the_count(built(name, size[1], kernel="fused", **options), size)


@every_fused_attention
def test_fused_kernel_makes_no_map_over_pairs(name, options):
    head, left = built(name, kernel="fused", **options), []
    for path in set(describe(name).keywords["maps"]) & dict(head.named_modules()).keys():
        layer = head.get_submodule(path)
        layer.register_forward_hook(lambda _layer, _args, out: left.append(out.shape[1:]))

    calls = count(head, features(*ODD)).calls

    assert calls["attend_in_blocks"] + calls["attend_in_blocks_by_offset"] >= 1
    assert calls["_safe_softmax"] == 0
    # Of DNL's unary term, OCR's regions and DANet's channels; none compares a pixel with another.
    assert calls["_softmax"] == len(left)
    assert all(rows < ODD[2] * ODD[3] for rows, _columns in left)
