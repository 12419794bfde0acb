"""Python's search for cycles of garbage, kept from millions of records, in which there are none.

It looks at all of them again whenever their number grew by a quarter, a second each time.
"""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_MMAP_THRESHOLD, _LARGE = -3, 2**17  # M_MMAP_THRESHOLD of malloc.h, and its first value


@contextmanager
def no_search() -> Iterator[None]:
    """Within, nothing is searched; after it all is as before, and what was made there is old.

    For what makes much and drops few cycles.
    """
    was_on, frozen = gc.isenabled(), gc.get_freeze_count()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not frozen:  # else somebody's own, which unfreezing would let go of
                _make_old()
            gc.enable()


def large_blocks_go_back() -> None:
    """From now on what is freed of arrays and long texts goes back to the system at once.

    glibc else keeps blocks of up to 32 MB, once one so large was freed: 25 MB of a large report.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # of glibc alone
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)


def left_to_the_end(value: Any) -> None:
    """Of a process that is about to end: the system takes its memory at once.

    To take a million records apart, one by one, takes five seconds.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
    gc.freeze()


def _make_old() -> None:
    """What is new is else searched at once, all of it."""
    gc.freeze()
    gc.unfreeze()
