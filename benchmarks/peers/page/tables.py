"""Tables of Markdown, and numbers as cells of them."""

from collections.abc import Iterable, Iterator, Sequence

from attnbench.stats import Estimate
from attnbench.units import digits

RIGHT, NOTHING = "✓", "·"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of a table whose first column is text and whose others are numbers."""
    yield _row(head)
    yield _row(["---", *["--:"] * (len(head) - 1)])
    yield from map(_row, rows)
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def percent(part: float) -> str:
    """A relative difference with its sign: +0.1 %, -50 %; NOTHING below a thousandth of one."""
    if abs(part) < 1e-5:
        return NOTHING
    sign = "+" if part > 0 else "-"
    return f"{sign}{digits(100 * abs(part), 2)} %"


def times(ratio: Estimate) -> str:
    """A ratio with its interval, where it has one: 1.31 (1.27 to 1.35)."""
    value = digits(ratio.value)
    return f"{value} ({digits(ratio.low)} to {digits(ratio.high)})" if ratio.known else value
