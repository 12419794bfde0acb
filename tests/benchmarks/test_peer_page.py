"""docs/peers.md: made of the stored results, and each of its words of their numbers."""

from pathlib import Path

import pytest

from benchmarks.peers import PAGE, RESULTS, ROOT
from benchmarks.peers.install import requirements
from benchmarks.peers.page import page, races
from benchmarks.peers.results import Counted, Raced, Results, Sized, Swept, Timed, read, write


def rows_of(text, first):
    """Cells of the tables' rows whose first cell is `first`."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [row[1:] for row in rows if row[0] == first]


def test_the_page_is_what_is_made_of_the_stored_results():
    assert PAGE.read_text() == page(read(RESULTS))


def test_the_page_and_its_results_name_no_place_of_the_machine():
    for text in (PAGE.read_text(), RESULTS.read_text()):
        assert not [p for p in (str(ROOT), str(Path.home()), "/tmp/") if p in text]


def test_results_are_read_as_they_were_written(tmp_path):
    results = Results("2026-01-02", rows=(Counted("it", "row", 6, 5, ("aten::x",)),), seconds=7.0)

    write(results, tmp_path / "deep" / "it.json")

    assert read(tmp_path / "deep" / "it.json") == results


def test_a_count_is_right_or_shown_with_whether_it_was_told():
    found = (
        Counted("it", "right", 1000, 1000),
        Counted("it", "with gradients", 1000, 1000, grad=True),
        Counted("it", "silent", 1000, 0),
        Counted("it", "told", 1000, 1500, ("aten::x",)),
        Counted("it", "none", 1000, failed="IndexError"),
        Counted("it", "needless", 1000, 1000, ("aten::view",)),
    )
    text = page(Results("2026-01-02", rows=found))

    cells = {c.case: rows_of(text, c.case)[0] for c in found}
    assert cells == {
        "right": ["1,000", "✓"],
        "with gradients": ["1,000", "✓ g"],
        "silent": ["1,000", "0"],
        "told": ["1,000", "1,500*"],
        "none": ["1,000", "–"],
        "needless": ["1,000", "✓"],
    }
    assert rows_of(text, "it") == [["3 of 6", "1", "1", "1", "1"]]


def test_heads_are_told_by_their_difference():
    found = (Counted("it", "gc", 1000, 1001), Counted("it", "ema", 1000, 500))
    text = page(Results("2026-01-02", heads=found, rows=(Counted("it", "row", 6, 6),)))

    assert [rows_of(text, head) for head in ("gc", "ema")] == [
        [["1,000", "+0.10 %"]],
        [["1,000", "-50 %"]],
    ]


def test_what_has_no_multiply_add_is_given_as_each_counter_has_it():
    """Of 64 x 16 x 16 numbers: five FLOPs each."""
    free = (Counted("it", "softmax", 0, 7), Counted("other", "softmax", 0, failed="IndexError"))
    rows = tuple(Counted(name, "row", 6, 6) for name in ("it", "other"))
    text = page(Results("2026-01-02", rows=rows, free=free))

    assert rows_of(text, "softmax") == [["0", "7", "–"]]
    assert "81,920 for softmax" in text


def test_growth_has_what_a_count_took_or_why_there_is_none():
    found = (
        Sized("attnbench", "meta", "ema", 128, 0.01, 2**20, 7),
        Sized("it", "real", "ema", 128, 2.0, 2**30, 7),
        Sized("it", "meta", "ema", 128, failed="NotImplementedError: no data"),
    )
    text = page(Results("2026-01-02", sizes=found, count_bytes=2**34, count_seconds=20))

    assert rows_of(text, "it, real") == [["2.0 s, 1.0 GiB"]]
    assert "counters that run the head take 200 to 200 times as long as attnbench." in text
    assert "it gives no count on meta tensors: NotImplementedError: no data" in text


def test_latency_has_agreement_spread_and_what_was_reached():
    found = (
        Timed("attnbench", "gc", 64, 0, 0.100, 0.0995, 0.1005, 50, 1.0),
        Timed("it", "gc", 64, 0, 0.100, 0.0975, 0.1025, 50, 1.2),
        Timed("it", "gc", 64, 1, 0.120, 0.1194, 0.1206, 50, 1.4),
        Timed("one", "gc", 64, 0, 0.110, None, None, 1, 1.1),
        Timed("none", "gc", 64, 0, failed="needs a GPU"),
    )
    text = page(Results("2026-01-02", latency=found))

    assert rows_of(text, "it") == [["110 ms", "+10 %", "+20 %", "1.5 %", "1 of 2", "1.30 s"]]
    assert rows_of(text, "attnbench") == [["100 ms", "·", "·", "0.50 %", "1 of 1", "1.00 s"]]
    assert rows_of(text, "one") == [["110 ms", "+10 %", "·", "–", "–", "1.10 s"]]
    assert "none gives no time: needs a GPU" in text


def test_sweeps_are_seconds_a_trial():
    found = [Swept("one", r, 12, s) for r, s in enumerate((6.0, 6.0))]
    found += [Swept("each", r, 12, s) for r, s in enumerate((60.0, 84.0))]

    text = page(Results("2026-01-02", sweeps=tuple(found)))

    assert rows_of(text, "one") == [["0.500 s", "1.0"]]
    assert rows_of(text, "each") == [["6.00 s", "12"]]


@pytest.mark.parametrize(
    ("ours", "word"),
    [
        ((1.0, 1.001, 0.999), "faster 1 times, slower 0 times, no difference told 0"),
        ((3.0, 3.001, 2.999), "faster 0 times, slower 1 times, no difference told 0"),
        ((1.0, 2.0, 3.0), "faster 0 times, slower 0 times, no difference told 1"),
    ],
)
def test_races_claim_what_their_interval_does(ours, word):
    found = (
        Raced("gc", "lib", 64, "forward", (2.0, 2.001, 1.999), 0.0),
        Raced("gc", "attnbench eager", 64, "forward", ours, 2e-7),
    )
    text = page(Results("2026-01-02", races=found))

    assert f"attnbench eager: {word}." in text
    assert rows_of(text, "gc")[0][-1] == "2e-07"
    assert [ours.who for _, ours in races.pairs(found)] == ["attnbench eager"]


def test_what_is_not_there_is_named_with_its_reason():
    text = page(Results("2026-01-02", missing={"thop": "does not import: no distutils"}))

    assert "- thop does not import: no distutils" in text


def test_no_peer_is_a_dependency_of_the_package():
    """The package would otherwise be compared with itself."""
    here = ROOT / "attnbench"
    names = {"ptflops", "calflops", "torchinfo", "thop", "torchprofile", "mmcv", "mmseg"}

    imports = [
        (path.name, line)
        for path in here.rglob("*.py")
        for line in path.read_text().splitlines()
        if line.startswith(("import ", "from ")) and line.split()[1].split(".")[0] in names
    ]

    assert imports == []
    assert {"ptflops>=0.7", "mmsegmentation>=1.2.2"} <= set(requirements())
