r"""Text as TeX reads it: nothing in it is a command, and pdflatex knows every character.

Only what the kernel of LaTeX has in its default encoding is written, so no package is needed and no
font is made anew. What it does not have is written as its number, as in "U+1F642".
Source: Lamport, LaTeX: A Document Preparation System, 2nd edition, ch. 2 and app. C.
"""

import re
import unicodedata

from attnbench.printable import one_line

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\char36{}", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\^{}", "~": r"\~{}", "<": "$<$", ">": "$>$", "|": "$|$",
    '"': "''", "`": r"\`{}",
    # Behind the end of a row these two would be read as an argument of it.
    "[": "{[}", "*": "{*}",
}  # fmt: skip
_SYMBOLS = {
    "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "·": r"$\cdot$", "≤": r"$\leq$", "≥": r"$\geq$",
    "≈": r"$\approx$", "≠": r"$\neq$", "∝": r"$\propto$", "∞": r"$\infty$", "√": r"$\surd$",
    "→": r"$\rightarrow$", "←": r"$\leftarrow$", "↔": r"$\leftrightarrow$", "⇒": r"$\Rightarrow$",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "∈": r"$\in$", "∑": r"$\sum$", "∏": r"$\prod$",
    "✓": r"$\surd$", "✗": r"$\times$", "°": r"$^\circ$", "•": r"$\bullet$", "…": r"\dots{}",
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''",
    "§": r"$\mathsection$", "©": "(c)",
    "\u00a0": "~", "\u202f": r"\,", "\u2009": r"\,", "\u00ad": r"\-", "µ": r"$\mu$",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "å": r"\aa{}",
    "Å": r"\AA{}", "ł": r"\l{}", "Ł": r"\L{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ı": r"\i{}",
}  # fmt: skip
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
_LETTERS = {
    unicodedata.lookup(
        f"GREEK {'CAPITAL' if n[0].isupper() else 'SMALL'} LETTER "
        f"{n.upper().replace('LAMBDA', 'LAMDA')}"
    ): rf"$\{n}$"
    for n in _GREEK.split()
}
_RAISED = {c: rf"\textsuperscript{{{n}}}" for n, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_RAISED |= {c: rf"\textsubscript{{{n}}}" for n, c in enumerate("₀₁₂₃₄₅₆₇₈₉")}
_RAISED |= {"⁻": r"\textsuperscript{$-$}", "⁺": r"\textsuperscript{+}"}
_KNOWN = _LETTERS | _SYMBOLS | _RAISED | _SPECIAL
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u",
    "\u0307": ".", "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip
_DIGITS = r"\d[\d\u202f]*(?:\.\d+)?(?:e[+-]?\d+)?"
_NUMBER = re.compile(
    rf"(?<![\w.])[≈≤≥]?[ \u00a0]?[−+]?{_DIGITS}[²³]?(?:[ \u00a0]?±[ \u00a0]?{_DIGITS})?×?(?!\w)"
)
_IN_MATHS = {
    "−": "-", "±": r" \pm ", "×": r"\times", "≈": r"\approx ", "≤": r"\leq ", "≥": r"\geq ",
    "\u202f": r"\,", "²": "^{2}", "³": "^{3}", " ": "", "\u00a0": "",
}  # fmt: skip
_POWER_OF_TEN = re.compile(r"e\+?(-?)0*(\d+)")


def escaped(text: str) -> str:
    """`text` such that what is set is `text`, on one line."""
    shown = "".join(map(_character, one_line(text)))
    return re.sub(r"-(?=-)", "-{}", shown)  # two of them would become one longer dash


def numeric(text: str, *, is_bold: bool = False) -> str:
    r"""The same, with the numbers in it in math mode: "1.2 ± 0.1" gives `$1.2 \pm 0.1$`."""
    found, end = [], 0
    for number in _NUMBER.finditer(text):
        words = escaped(text[end : number.start()])
        found += [_bold(words) if is_bold else words, _maths(number[0], is_bold=is_bold)]
        end = number.end()
    rest = escaped(text[end:])
    return "".join([*found, _bold(rest) if is_bold else rest])


def _bold(words: str) -> str:
    return rf"\textbf{{{words}}}" if words.strip() else words


def _maths(number: str, *, is_bold: bool) -> str:
    lead = " " if number[0] in " \u00a0" else ""
    number = "".join(_IN_MATHS.get(c, c) for c in number)
    number = _POWER_OF_TEN.sub(r" \\times 10^{\1\2}", number)
    return rf"{lead}$\mathbf{{{number}}}$" if is_bold else f"{lead}${number}$"


def _character(c: str) -> str:
    if c in _KNOWN:
        return _KNOWN[c]
    if c.isascii():
        return c
    plain = unicodedata.normalize("NFKD", c)
    if plain.isascii():
        return "".join(_KNOWN.get(p, p) for p in plain)
    base, *marks = plain
    if len(marks) == 1 and marks[0] in _ACCENTS and base.isascii() and base.isalpha():
        return rf"\{_ACCENTS[marks[0]]}{{{base}}}"
    return f"U+{ord(c):04X}"
