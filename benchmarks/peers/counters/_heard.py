"""What a counter says while it counts: printed, written to stderr, or warned of."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout


class Heard:
    """All that was said, as text."""

    text = ""

    def names(self, pattern: str) -> tuple[str, ...]:
        """What the group of `pattern` matched, each once, in order."""
        return tuple(dict.fromkeys(re.findall(pattern, self.text)))


@contextmanager
def heard() -> Iterator[Heard]:
    """Every warning, however often it was given before."""
    found, out = Heard(), io.StringIO()
    with warnings.catch_warnings(record=True) as warned, redirect_stdout(out), redirect_stderr(out):
        warnings.simplefilter("always")
        yield found
    found.text = "\n".join([out.getvalue(), *(str(w.message) for w in warned)])
