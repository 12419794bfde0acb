"""How far a training is, which may take hours: what its worker wrote last in the log."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from rich.console import Console
from rich.text import Text

EVERY = 30.0  # s between lines where there is no terminal
TAIL = 4096  # bytes looked at
_STEP = re.compile(r"^.{1,80}: step \d+ of \d+, .*left$")  # see train.progress


class TrainingLog:
    """The lines about steps in the log of a run's workers, from now on."""

    def __init__(self, path: Path):
        self._path, self._begin = path, path.stat().st_size if path.exists() else 0

    def last(self) -> str:
        """The newest, or nothing."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(max(self._begin, stream.seek(0, 2) - TAIL))
                lines = stream.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        return next((line for line in reversed(lines) if _STEP.match(line)), "")

    @contextmanager
    def told(self, console: Console, every: float = EVERY) -> Iterator[None]:
        """Within, what is new is printed now and then, by a thread of its own."""
        over = Event()

        def tell() -> None:
            before = ""
            while not over.wait(every):
                if (line := self.last()) != before:
                    console.print(Text(line), soft_wrap=True)
                    before = line

        thread = Thread(target=tell, name="training log", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
