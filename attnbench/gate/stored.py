"""What a gate or a self-test left in its folder, read back; the folder may be of anybody."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from attnbench import plain_files
from attnbench.errors import StoreError
from attnbench.gate.result import Gate
from attnbench.gate.self_test_result import SelfTest
from attnbench.run_folders import SELF_TEST

GATE = "gate.json"
LARGEST = 64 * 2**20  # bytes; ten thousand findings have a tenth
_ESTIMATE = {"value", "low", "high", "level"}
_UNKNOWN = float("nan")  # what JSON has no word for and was written as null
T = TypeVar("T", Gate, SelfTest)


def stored_gate(folder: Path) -> Gate | None:
    """None where the folder is of no gate. Raises StoreError for a file that cannot be read."""
    return _read(folder / GATE, Gate)


def stored_self_test(folder: Path) -> SelfTest | None:
    """As `stored_gate`."""
    return _read(folder / SELF_TEST, SelfTest)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        found = msgspec.json.decode(plain_files.content(path, LARGEST))
        return msgspec.convert(_known(found), kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise StoreError(f"{path}: cannot be read ({error}); run the gate again") from None


def _known(value: Any) -> Any:
    """With what is not known as the number that it was."""
    if isinstance(value, list):
        return [_known(v) for v in value]
    if not isinstance(value, dict):
        return value
    unknown = value.keys() if value.keys() == _ESTIMATE else {"detectable", "p"}
    return {
        k: _UNKNOWN if v is None and k in unknown else _known(v) for k, v in value.items()
    }  # fmt: skip
