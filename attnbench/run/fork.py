"""What a function returns in a fork of this process, with all that is imported here."""

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import msgspec


def in_fork(work: Callable[[], Any]) -> tuple[bytes, int]:
    """The JSON of what `work` returns there, b"" where it did not; and the fork's wait status."""
    receiving, sending = os.pipe()
    child = os.fork()
    if not child:
        os.close(receiving)
        _answer(work, sending)
    os.close(sending)
    with os.fdopen(receiving, "rb") as told:
        answer = told.read()
    return answer, os.waitpid(child, 0)[1]


def _answer(work: Callable[[], Any], sending: int) -> None:
    """Ends this process, with status 1 and a traceback where `work` raised."""
    status = 1
    try:
        with os.fdopen(sending, "wb") as answer:
            answer.write(msgspec.json.encode(work()))
        status = 0
    except BaseException:  # noqa: BLE001 nothing may get from here into what the parent does next
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)
