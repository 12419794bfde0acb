"""One colour a head, the same in every figure and table, on light and on dark paper.

Chosen so that any two of the first six stay apart for readers with protanopia, deuteranopia and
tritanopia (at least 0.1 in Oklab, mostly by lightness), and so that each is readable as text:
contrast of 4.5 or more on its paper. Ten colours serve all heads: those that share one differ in
the style of their lines (`looks`).
"""

LIGHT = (
    "#66706a", "#d62c08", "#842460", "#0a36b8", "#08501f",
    "#a130f0", "#8a6200", "#00727a", "#3a2a10", "#b0206c",
)  # fmt: skip
DARK = (
    "#dfeae2", "#fc5f1c", "#c08ea8", "#3a9bfc", "#3ae070",
    "#f6a8fa", "#fce454", "#7fd6dc", "#d8b48a", "#ff7db4",
)  # fmt: skip
PAPER, INK, MUTED, RULE = "#ffffff", "#1b1f24", "#56606b", "#d7dce2"


def color(slot: int) -> str:
    return LIGHT[slot % len(LIGHT)]


def variables() -> dict[str, str]:
    """Colour of a figure made for paper -> the variable of the page's style that replaces it."""
    heads = {c: f"--head-{i}" for i, c in enumerate(LIGHT)}
    return heads | {PAPER: "--paper", INK: "--ink", MUTED: "--muted", RULE: "--rule"}
