"""Official attention modules: which head and options give their function, and under what names.

Names of state-dict entries are turned into ours by patterns, one after another. Shapes are equal,
but that a linear layer of theirs may be a 1x1 convolution of ours.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from attnbench.errors import HeadError, UnknownNameError
from attnbench.trial import Option

NOTHING = r"(?!)"  # a pattern without a match


@dataclass(frozen=True)
class Official:
    """A published module. `options` are those of structure; widths are the caller's.

    `renames` are (pattern, replacement) for re.sub; `lacks` matches names of ours that it has not,
    `beside` names of its own that belong to an output beside the map.
    """

    head: str
    renames: tuple[tuple[str, str], ...]
    options: dict[str, Option] = field(default_factory=dict)
    lacks: str = NOTHING
    beside: str = NOTHING

    def our_name(self, name: str) -> str:
        """Name in our head of the state-dict entry that the module calls `name`."""
        for pattern, replacement in self.renames:
            name = re.sub(pattern, replacement, name)
        return name

    def is_beside(self, name: str) -> bool:
        return re.match(self.beside, name) is not None


_OPENSEG_ATTENTION = (
    (r"\bf_(query|key)\.(0|2)\.", r"\1.\2.conv."),
    (r"\bf_(query|key)\.(1|3)\.0\.", r"\1.\2.norm."),
    (r"\b(query|key)\.1\.norm", r"\1.0.norm"),
    (r"\b(query|key)\.[23]\.", r"\1.1."),
    (r"\bf_value\.", "value."),
    (r"\bW\.0\.", "output.conv."),
    (r"\bW\.1\.0\.", "output.norm."),
    (r"\bW\.", "output."),
    (r"\bconv_bn(?:_dropout)?\.0\.", "fusion.conv."),
    (r"\bconv_bn(?:_dropout)?\.1\.0\.", "fusion.norm."),
)
_CONV_SUFFIX = ((r"^(query|key|value)_conv\.", r"\1."),)
_BASE_OC = {"bias": "all", "output": "conv", "fusion": "concat"}
_GSOP = (
    (r"_for_spatial|_spatial", ""),
    (r"^conv_for_DR\.", "input."),
    (r"^bn_for_DR\.", "input_norm."),
    (r"^row_bn\.", "row_norm."),
    (r"^row_conv_group\.", "row_conv."),
    (r"^fc_adapt_channels\.", "gate.0."),
)

OFFICIAL = {
    "ema_official": Official(
        "ema",
        (
            (r"^mu$", "bases"),
            (r"^conv1\.", "input."),
            (r"^conv2\.0\.", "output."),
            (r"^conv2\.1\.", "output_norm."),
        ),
    ),
    "ema_mmseg_module": Official("ema", (), {"variant": "mmseg"}, lacks="input|output"),
    "isa_official": Official(
        "isa", ((r"^stages\.0\.(long|short)_range_sa\.", r"stages.\1_range."), *_OPENSEG_ATTENTION)
    ),
    "selfattn_openseg": Official("self_attention", _OPENSEG_ATTENTION),
    "ocnet_base_openseg": Official(
        "self_attention", ((r"^stages\.0\.", ""), *_OPENSEG_ATTENTION), _BASE_OC
    ),
    "nl_mmcv_embedded_gaussian": Official(
        "non_local",
        (
            (r"^g\.conv\.", "value."),
            (r"^theta\.conv\.", "query."),
            (r"^phi\.conv\.", "key."),
            (r"^conv_out\.conv\.", "output."),
            (r"^conv_out\.bn\.", "norm."),
        ),
    ),
    "nl_alexhex7_embedded_gaussian": Official(
        "non_local",
        (
            (r"^g\.(0\.)?", "value."),
            (r"^theta\.", "query."),
            (r"^phi\.(0\.)?", "key."),
            (r"^W\.0\.", "output."),
            (r"^W\.1\.", "norm."),
        ),
        {"scale": False, "output_bias": True},
    ),
    "gc_official": Official(
        "gc",
        (
            (r"^conv_mask\.", "mask."),
            (r"^channel_add_conv\.", "transforms.add."),
            (r"^channel_mul_conv\.", "transforms.multiply."),
        ),
    ),
    "se_moskomule": Official("se", ((r"^fc\.", "gate."),)),
    "eca_official_k3": Official("eca", ()),
    "cbam_official": Official(
        "cbam",
        (
            (r"^ChannelGate\.mlp\.1\.", "channel.0."),
            (r"^ChannelGate\.mlp\.3\.", "channel.2."),
            (r"^SpatialGate\.spatial\.conv\.", "spatial.0."),
            (r"^SpatialGate\.spatial\.bn\.", "spatial.1."),
        ),
    ),
    "bam_official": Official(
        "bam",
        (
            (r"^channel_att\.gate_c\.gate_c_fc_0\.", "channel.0.conv."),
            (r"^channel_att\.gate_c\.gate_c_bn_1\.", "channel.0.norm."),
            (r"^channel_att\.gate_c\.gate_c_fc_final\.", "channel.1."),
            (r"^spatial_att\.gate_s\.gate_s_", "spatial."),
            (r"(conv|bn)_reduce0\.", r"0.\1."),
            (r"(conv|bn)_di_0\.", r"1.\1."),
            (r"(conv|bn)_di_1\.", r"2.\1."),
            (r"conv_final\.", "3."),
            (r"\.bn\.", ".norm."),
        ),
    ),
    "gsop_channel_official": Official("gsop", _GSOP),
    "gsop_position_official": Official("gsop", _GSOP, {"branch": "position"}),
    "ppm_official": Official(
        "ppm",
        (
            (r"^features\.(\d)\.1\.", r"branches.\1.conv."),
            (r"^features\.(\d)\.2\.", r"branches.\1.norm."),
        ),
        {"fusion": "none"},
    ),
    "aspp_pytorchencoding": Official(
        "aspp",
        (
            (r"^b4\.gap\.1\.", "pool.conv."),
            (r"^b4\.gap\.2\.", "pool.norm."),
            (r"^b(\d)\.", r"branches.\1."),
            (r"^project\.", "projection."),
            (r"\.0\.(weight)$", r".conv.\1"),
            (r"\.1\.(weight|bias|running_mean|running_var|num_batches_tracked)$", r".norm.\1"),
        ),
        {"projection": "width"},
    ),
    "enc_official": Official(
        "enc",
        (
            (r"^encoding\.0\.", "input.conv."),
            (r"^encoding\.1\.", "input.norm."),
            (r"^encoding\.3\.", ""),
            (r"^encoding\.4\.", "norm."),
            (r"^fc\.", "gate."),
        ),
        beside="selayer",
    ),
    "cc_official": Official("ccnet", _CONV_SUFFIX),
    "da_pam_official": Official(
        "danet", ((r"^gamma$", "position_gamma"), *_CONV_SUFFIX), {"branch": "position"}
    ),
    "da_cam_official": Official("danet", ((r"^gamma$", "channel_gamma"),), {"branch": "channel"}),
    "dnl_official": Official("dnl", ((r"^conv_(query|key|value|mask)\.", r"\1."),)),
    "dnl_mmseg_block": Official(
        "dnl",
        (
            (r"^g\.conv\.", "value."),
            (r"^theta\.conv\.", "query."),
            (r"^phi\.conv\.", "key."),
            (r"^conv_mask\.", "mask."),
            (r"^conv_out\.conv\.", "output."),
            (r"^conv_out\.bn\.", "norm."),
        ),
        {"output": "conv_bn", "gamma": False},
    ),
    "ann_apnb_official": Official(
        "ann",
        (
            (r"^stages\.0\.", ""),
            (r"^f_(query|key)\.0\.", r"\1.conv."),
            (r"^f_(query|key)\.1\.0\.", r"\1.norm."),
            *_OPENSEG_ATTENTION,
        ),
    ),
    "ocr_official": Official(
        "ocr",
        (
            (r"^ocr\.", ""),
            (r"^object_context_block\.", ""),
            (r"^f_pixel\.", "f_query."),
            (r"^f_object\.", "f_key."),
            (r"^f_down\.0\.", "value.conv."),
            (r"^f_down\.1\.0\.", "value.norm."),
            (r"^f_up\.0\.", "output.conv."),
            (r"^f_up\.1\.0\.", "output.norm."),
            *_OPENSEG_ATTENTION,
        ),
        lacks="classifier",
    ),
    "a2_nguyenvo09": Official(
        "a2",
        (
            (r"^convA\.", "feature."),
            (r"^convB\.", "gather."),
            (r"^convV\.", "distribute."),
            (r"^conv_reconstruct\.", "output."),
        ),
    ),
    "cgnl_official": Official(
        "cgnl",
        ((r"^t\.", "theta."), (r"^p\.", "phi."), (r"^z\.", "output."), (r"^gn\.", "norm.")),
    ),
    "glore_official": Official(
        "glore",
        (
            (r"^conv_state\.", "state."),
            (r"^conv_proj\.", "project."),
            (r"^gcn\.conv1\.", "adjacency."),
            (r"^gcn\.conv2\.", "update."),
            (r"^conv_extend\.", "output."),
            (r"^blocker\.", "norm."),
        ),
    ),
    "psa_official": Official(
        "psa",
        (
            (r"^(reduce|attention)\.", r"directions.collect.\1."),
            (r"^(reduce|attention)_p\.", r"directions.distribute.\1."),
            (r"\breduce\.0\.", "reduce.conv."),
            (r"\breduce\.1\.", "reduce.norm."),
            (r"\battention\.0\.", "logits.0.conv."),
            (r"\battention\.1\.", "logits.0.norm."),
            (r"\battention\.3\.", "logits.1."),
            (r"^proj\.0\.", "output.conv."),
            (r"^proj\.1\.", "output.norm."),
        ),
    ),
}


def our_names(module: str, theirs: Iterable[str]) -> dict[str, str]:
    """Names in the state dict of the official `module`, to those of our head, where it has them.

    Raises UnknownNameError for an unknown module, HeadError for two names of one of ours.
    """
    if module not in OFFICIAL:
        raise UnknownNameError("official module", module, OFFICIAL)
    official, taken = OFFICIAL[module], {}
    for name in theirs:
        if official.is_beside(name):
            continue
        ours = official.our_name(name)
        if ours in taken:
            raise HeadError(f"{module}: both {taken[ours]} and {name} are {ours} of our head")
        taken[ours] = name
    return {name: ours for ours, name in taken.items()}


def check_names(module: str, names: Mapping[str, str], ours: Collection[str]) -> None:
    """Raises HeadError unless `names`, from theirs to ours, name each of `ours` and nothing else.

    What the module lacks may be missing, and so may the count of batches, that torch before 1.0
    did not store and no output depends on.
    """
    official = OFFICIAL[module]
    missing = [
        name
        for name in ours
        if name not in set(names.values())
        and not re.match(official.lacks, name)
        and not name.endswith("num_batches_tracked")
    ]
    unknown = [name for name, our in names.items() if our not in ours]
    if missing or unknown:
        raise HeadError(
            f"{module}: the state dict does not fit {official.head}: "
            f"unknown {_listed(unknown)}; missing what is in our head {_listed(missing)}"
        )


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
