"""The answer in README.md, as the report of the reference machine has it.

python docs/make/answer.py README.md
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
RUN = ROOT / "results" / "reference" / "sweep-cpu"
BEGIN, END = "<!-- of results/reference/sweep-cpu -->\n", "<!-- end of the answer -->\n"
HEADS = ("fcn", "non_local", "non_local fused", "self_attention", "self_attention fused", "danet")
HEADS += ("ema", "ema fused", "a2", "ann", "isa", "ccnet", "gc", "se", "ppm")


def answer() -> str:
    """Its sentences, and of its first table the rows of HEADS."""
    with TemporaryDirectory() as folder:
        words = ("report", str(RUN), "--markdown", "--reports", folder)
        subprocess.run([sys.executable, "-m", "attnbench", *words], check=True, capture_output=True)
        text = next(Path(folder).glob("*.md")).read_text(encoding="utf-8")
    sentences, _, rest = text.partition("\n<strong>Every head")
    told = [p for p in sentences.split("\n\n")[2:] if p.strip()]
    title, _, table = f"<strong>Every head{rest}".partition("\n\n")
    lines = table.partition("\n\n")[0].splitlines()
    rows = [line for line in lines[2:] if line.split("|")[1].strip() in HEADS]
    return "\n\n".join([*told, title, "\n".join([*lines[:2], *rows])]) + "\n"


def page(text: str) -> str:
    """The README with that in it."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{answer()}\n{END}{after}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
