"""Official attention modules: which head and options give their function, and under what names.

Names of state-dict entries are turned into ours by patterns, one after another. Shapes are equal.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from attnbench.errors import HeadError, UnknownNameError
from attnbench.trial import Option

V = TypeVar("V")
NOTHING = r"(?!)"  # a pattern without a match


@dataclass(frozen=True)
class Official:
    """A published module. `options` are those of structure; widths are the caller's.

    `renames` are (pattern, replacement) for re.sub; `lacks` matches names of ours that it has not.
    """

    head: str
    renames: tuple[tuple[str, str], ...]
    options: dict[str, Option] = field(default_factory=dict)
    lacks: str = NOTHING

    def our_name(self, name: str) -> str:
        """Name in our head of the state-dict entry that the module calls `name`."""
        for pattern, replacement in self.renames:
            name = re.sub(pattern, replacement, name)
        return name


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
_BASE_OC = {"bias": "all", "output": "conv", "fusion": "concat"}

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
}


def renamed(module: str, state: Mapping[str, V], ours: Collection[str]) -> dict[str, V]:
    """The state dict of the official `module` under the names of our head, which are `ours`.

    Raises UnknownNameError for an unknown module, HeadError for a state dict that does not fit.
    """
    if module not in OFFICIAL:
        raise UnknownNameError("official module", module, OFFICIAL)
    official = OFFICIAL[module]
    found = {official.our_name(name): value for name, value in state.items()}
    missing = {name for name in set(ours) - set(found) if not re.match(official.lacks, name)}
    unknown = set(found) - set(ours)
    if missing or unknown:
        raise HeadError(
            f"state dict of {module} does not fit {official.head}: "
            f"missing {_listed(missing)}; unknown {_listed(unknown)}"
        )
    return found


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
