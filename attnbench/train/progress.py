"""A line on stderr every few seconds: step, loss, time left."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

EVERY = 5.0  # seconds


class Progress:
    """Told of each step; `clock` and `stream` may be a test's own."""

    def __init__(
        self,
        name: str,
        steps: int,
        first: int = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
        stream: TextIO | None = None,
    ):
        self._name, self._steps, self._first = name, steps, first
        self._clock, self._stream = clock, stream or sys.stderr
        self._begun = self._told = clock()

    def step(self, done: int, loss: float) -> None:
        """After step number `done`, counted from 1."""
        now = self._clock()
        if now - self._told < EVERY:
            return
        self._told = now
        left = (now - self._begun) / (done - self._first) * (self._steps - done)
        line = f"{self._name}: step {done} of {self._steps}, loss {loss:.4g}, {left:.0f} s left"
        self._stream.write(line + "\n")
        self._stream.flush()
