"""Changes planted into a copy of the package, and the real command run on them."""

import json
import re

import pytest

from attnbench.store import read_run
from tests.gate.planted_repository import Repository


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return Repository(tmp_path_factory.mktemp("planted"))


def heads(name):
    return f"heads/{name}.py"


FORWARD = "def forward(self, x: Tensor) -> Tensor:\n"
FAULTS = {
    "non_local": [('"kernel": self.kernel, "aff', '"kernel": "eager", "aff')],
    "fcn": [
        ("self.block = ", "self.extra = nn.Conv2d(channels, channels, 1)\n        self.block = "),
        ("return self.block(x)", "return self.extra(self.block(x))"),
    ],
    "gc": [("        return x\n\n    def _con", "        return x.double()\n\n    def _con")],
    "eca": [
        ("x * gate.transpose(1, 2).unsqueeze(3)", "x[..., 1:] * gate.transpose(1, 2).unsqueeze(3)")
    ],
    "se": [("return x * self.gate(", "return 1.001 * x * self.gate(")],
    "ppm": [("self.fusion(y)", "self.fusion(y.clone())")],
    "cbam": [(FORWARD, f"{FORWARD}        raise ValueError('no such luck')\n")],
}


@pytest.fixture(scope="module")
def planted(repository):
    """One commit with a fault in each of several heads, and what the command says of it."""
    for name, changes in FAULTS.items():
        repository.plant(heads(name), *changes)
    package = repository.folder / "attnbench"
    text = (package / heads("ccnet")).read_text()
    (package / heads("ccnet")).write_text(text.replace("self.query", "self.asks"))
    (package / heads("bam")).rename(package / heads("bottleneck"))
    repository.commit()
    return repository.gate("--base", "HEAD~1", "--tier", "exact")


def test_a_change_for_the_worse_ends_with_code_1(planted):
    assert planted.returncode == 1, planted.stderr


TOLD = [
    # query, key, value, scaled query and context of 32 channels, 264 of 1056 rows of logits: 1.708 MiB
    ("a materialised map", "worse +non_local fused .* memory_predicted 1.71 MiB -> 9.02 MiB "),
    ("its operators", r"worse +non_local fused .*attend_in_blocks -1, .*, bmm \+2"),
    # 64 x 64 weights and 64 biases more than 9 x 64 x 64 and 2 x 64; 64 x 64 MACs more a pixel
    ("an extra convolution", r"worse +fcn .* params 37.0 k -> 41.2 k \(\+11.2 %\)"),
    ("its work", r"worse +fcn .* macs.counted 38.9 MMAC -> 43.3 MMAC \(\+11.1 %\), most in conv"),
    ("its launch", r"worse +fcn .* launches.counted 3 -> 4 \(\+33.3 %\): convolution \+1"),
    ("its weights", "worse +fcn .* parameters added: extra.bias 16 float32, extra.weight 16x"),
    ("another type", "worse +gc .* output dtype float32 -> float64"),
    ("another shape", "worse +eca .* output 2x16x7x6 -> 2x16x7x5"),
    ("other values", r"worse +se .* output differs by .*e-0\d of its size, allowed .*e-06"),
    ("another gradient", "worse +se .* output.gradient differs by"),
    ("a copy", "worse +ppm .* memory_predicted 1.29 MiB -> "),
    ("other names", "worse +ccnet .* parameters renamed: query.bias -> asks.bias, query"),
    ("a head that fails", "worse +cbam .* no longer runs: error: ValueError: no such luck"),
    ("a head that is gone", "gone +bam .* head has no head bam"),
    ("a head that is new", "new +bottleneck .* base has no head bottleneck"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "line"), TOLD)
def test_each_fault_is_a_line_that_names_term_and_amount(planted, what, line):
    assert re.search(f"^{line}", planted.stdout, re.MULTILINE), f"{what}: {planted.stdout}"


def test_the_rest_is_a_count(planted):
    told = planted.stdout.splitlines()
    named = {line.split()[1] for line in told if line.startswith(("worse", "gone", "new"))}

    assert named == {*FAULTS, "ccnet", "bam", "bottleneck"}
    assert re.search(
        r"^\d+ worse, 1 gone, 2 new, (\d better, )?\d+ same$", planted.stdout, re.MULTILINE
    )


def test_what_was_found_is_stored_with_the_records_of_both_sides(repository, planted):
    (folder,) = (repository.folder / "results").iterdir()
    gate = json.loads((folder / "gate.json").read_text())

    assert gate["base"]["commit"] == repository.git("rev-parse", "HEAD~1")
    assert gate["head"]["commit"] == repository.git("rev-parse", "HEAD")
    (map_,) = [
        c
        for c in gate["exact"]
        if c["quantity"] == "memory_predicted" and c["trial"]["kernel"] == "fused"
        and c["trial"]["head"] == "non_local"
    ]  # fmt: skip
    # The maps of 32 x 33 pixels, and as much for their softmax, in float32: as much is added, but
    # for what was alive beside them.
    assert map_["head"] - map_["base"] > 4 * (32 * 33) ** 2
    for role in ("base", "head"):
        run = read_run(folder / role)
        assert not run.warnings
        assert len({r.key for r in run.records}) == len(run.records) > 40


def test_nothing_is_left_of_the_base(repository, planted):
    assert repository.worktrees == 1


def test_a_head_side_of_a_gate_is_a_baseline_to_which_nothing_changed(repository, planted):
    (folder,) = (repository.folder / "results").iterdir()

    again = repository.gate("--baseline", str(folder), "--tier", "exact", "--only", "fcn,gc")

    assert again.returncode == 0, again.stdout + again.stderr
    assert re.search(r"^\d+ same$", again.stdout, re.MULTILINE)
