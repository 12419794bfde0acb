"""All of a gate as JSON, with its fields as they are in `result.py`."""

import json
import math
from typing import Any

import msgspec

from attnbench.gate.result import Gate


def plain_json(gate: Gate) -> str:
    """The fields of Gate, and `answer`. Base units; a number that is not known is null."""
    told = msgspec.to_builtins(gate) | {"answer": gate.answer}
    return json.dumps(_encodable(told), indent=1, allow_nan=False) + "\n"


def _encodable(value: Any) -> Any:
    """Half of a pair of surrogates, which a path may have and UTF-8 has not, is written out."""
    if isinstance(value, dict):
        return {_encodable(k): _encodable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
