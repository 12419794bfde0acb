"""Text as TeX: what stands there is set, and nothing of it is a command."""

import pytest

from attnbench.report.tex import escaped, numeric
from tests.gate.found import HOSTILE


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("50 % & #1 $x_2$", r"50 \% \& \#1 \char36{}x\_2\char36{}"),
        ("a^b~c", r"a\^{}b\~{}c"),
        ("64² · 10⁻³", r"64\textsuperscript{2} $\cdot$ 10\textsuperscript{$-$}\textsuperscript{3}"),
        ("αλΩµ", r"$\alpha$$\lambda$$\Omega$$\mu$"),
        ("N → ∞", r"N $\rightarrow$ $\infty$"),
        ("1\u202f024\u00a0MiB", r"1\,024~MiB"),
        ("é ö ç ñ ß Å", r"\'{e} \"{o} \c{c} \~{n} \ss{} \AA{}"),
        ("--only", "-{}-only"),
        ("---", "-{}-{}-"),
        ("[2pt] *", "{[}2pt] {*}"),
        ("ﬁ", "fi"),
        ("🙂 漢", "U+1F642 U+6F22"),
        ("a\nb\x1b", r"a\textbackslash{}nb\textbackslash{}x1b"),
        ('"q" `c` <x> |', r"''q'' \`{}c\`{} $<$x$>$ $|$"),
    ],
)
def test_every_character_is_written_as_tex_sets_it(text, tex):
    assert escaped(text) == tex


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_written_is_ascii_on_one_line_with_its_braces_closed(text):
    for tex in (escaped(text), numeric(text), numeric(text, is_bold=True)):
        assert tex.isascii()
        assert "\n" not in tex
        plain = tex.replace(r"\{", "").replace(r"\}", "")
        assert plain.count("{") == plain.count("}")


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("4.12 ± 0.08", r"$4.12 \pm 0.08$"),
        ("1\u202f024\u00a0±\u00a03", r"$1\,024 \pm 3$"),
        ("−0.02 ± 0.1", r"$-0.02 \pm 0.1$"),
        ("≈1.9", r"$\approx 1.9$"),
        ("2.0× less at 32²", r"$2.0\times$ less at $32^{2}$"),
        ("1.2 ± 0.1\u00a0s", r"$1.2 \pm 0.1$~s"),
        ("1e-05 eps", r"$1 \times 10^{-5}$ eps"),
        ("at most 16x16", "at most 16x16"),
        ("float32", "float32"),
        ("out of memory", "out of memory"),
    ],
)
def test_numbers_are_in_math_mode_and_names_are_not(text, tex):
    assert numeric(text) == tex


def test_the_best_is_bold_in_math_and_out_of_it():
    assert numeric("4.1 ± 0.2 ms", is_bold=True) == r"$\mathbf{4.1 \pm 0.2}$\textbf{ ms}"
