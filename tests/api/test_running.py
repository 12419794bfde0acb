"""A suite run from Python, with real workers: the folder is that of the command."""

import re

import pytest

import attnbench
from attnbench.errors import AttnbenchError, StoreError, SuiteError, UnknownNameError
from attnbench.own import OwnError
from attnbench.store import read_run
from tests.api.runs import TINY, records, run

QUIET = {"probe": False, "progress": False, "device": "cpu"}


class Seen:
    def __init__(self):
        self.begun, self.over = [], []

    def begins(self, task):
        self.begun.append(task.trial)

    def ended(self, record):
        self.over.append(record)


@pytest.mark.slow
def test_a_suite_is_run_with_heads_and_settings_and_can_be_taken_up(tmp_path, capfd):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    seen = Seen()

    found = attnbench.run(
        path, heads=["ema:bases=4"], only=["ema"], set={"size": [6, (4, 8)]}, seed=5,
        results=tmp_path / "results", **QUIET | {"progress": seen},
    )  # fmt: skip

    shapes = {(r.trial.label, str(r.trial.shape)) for r in found.records}
    sides = ("1x16x6x6", "1x16x4x8")
    assert shapes == {(label, side) for label in ("ema", "ema bases=4") for side in sides}
    assert [r.trial for r in seen.over] == seen.begun
    assert len(seen.over) == 4
    stored = read_run(found.path)
    assert stored.info.seed == 5
    assert stored.info.asked["head"] == ("ema:bases=4",)
    assert stored.info.asked["set"] == ("size=6,4x8",)
    assert found.path.name.endswith("-tiny")

    again = attnbench.run(resume=found, probe=False)  # progress on stderr

    assert again.records == found.records
    assert "4 of 4 done" in capfd.readouterr().err


@pytest.mark.slow
def test_text_of_several_lines_is_a_suite_and_nothing_is_printed_without_progress(tmp_path, capfd):
    found = attnbench.run(TINY, only=["fcn"], results=tmp_path, **QUIET)

    assert [v.word for v in found.verdicts] == ["holds"]
    assert (found.title, found.question) == ("tiny", "does it run?")
    assert capfd.readouterr() == ("", "")
    # 3x3 convolution of 16 channels at every pixel
    rows = found.frame()
    counted = rows[rows.metric == "macs.counted"]
    assert dict(zip(counted.pixels, counted.value, strict=True)) == {
        n: 9 * 16 * 16 * n for n in (16, 36, 64)
    }


@pytest.mark.slow
def test_a_note_says_how_to_go_on_after_ctrl_c(tmp_path, monkeypatch):
    from attnbench.run.start import Prepared

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Prepared, "run", interrupted)
    with pytest.raises(KeyboardInterrupt) as raised:
        attnbench.run(TINY, results=tmp_path, **QUIET)

    (path,) = tmp_path.iterdir()
    assert raised.value.__notes__ == [f"go on with: attnbench.run(resume={str(path)!r})"]


class Mine:
    pass


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({}, SuiteError, r"which suite\? as in attnbench.run\('resolution-sweep'\)"),
        ({"suite": "smok"}, UnknownNameError, "unknown suite 'smok'; did you mean 'smoke'"),
        ({"suite": "a = [\n"}, SuiteError, "the suite given: not valid TOML"),
        ({"suite": "smoke", "heads": [Mine]}, OwnError, r"has no parameter; a head is made by"),
        ({"suite": "smoke", "heads": 3}, OwnError, "expected a class, a function, or text"),
        ({"suite": "smoke", "heads": "emma"}, UnknownNameError, "unknown head 'emma'"),
        ({"suite": "smoke", "only": "emma"}, UnknownNameError, "unknown head of this suite 'emma'"),
        ({"suite": "smoke", "set": {"sizes": 8}}, UnknownNameError, "did you mean 'size'"),
        ({"suite": "smoke", "set": {"size": []}}, SuiteError, "write axis=value"),
        ({"suite": "smoke", "rounds": 0}, SuiteError, "expected a number above zero"),
        ({"suite": "smoke", "retry": True}, SuiteError, "retry goes with resume"),
        ({"suite": "smoke", "resume": "x", "rounds": 3}, SuiteError, "leave out suite, rounds"),
        ({"resume": "none"}, StoreError, "none: no such run folder"),
    ],
)
def test_what_cannot_be_is_one_line_before_anything_starts(given, error, message, tmp_path):
    with pytest.raises(error, match=message) as raised:
        attnbench.run(results=tmp_path, **given)

    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def sweep(factor=1.0):
    return [
        r
        for head in ("fcn", "ema")
        for side in (8, 16, 32)
        for r in records([factor * side**2 * v for v in (1e-6, 1.1e-6)], head=head, side=side)
    ]


def test_a_run_has_figures_by_name_which_a_notebook_shows(tmp_path):
    found = run(tmp_path, 0, sweep())
    figure = found.figure("latency")

    assert found.figures[0] == "latency-inference"
    assert found.figure("latency-inference").get_size_inches().tolist() == (
        figure.get_size_inches().tolist()
    )
    drawn = figure._repr_svg_()
    assert drawn.count("<svg") == 1
    assert ">ema<" in drawn
    figure.savefig(tmp_path / "x.pdf")
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(UnknownNameError, match="unknown figure 'memory'"):
        found.figure("memory")


def test_a_run_too_small_for_figures_says_so(tmp_path):
    with pytest.raises(AttnbenchError, match="this run has no figure"):
        run(
            tmp_path, 0, records((5,), metric="macs.counted", unit="MACs", origin="counted")
        ).figure("x")


def test_the_newest_run_is_found_and_one_by_its_name(tmp_path):
    old, new = run(tmp_path, 0, sweep()), run(tmp_path, 3, sweep())

    assert attnbench.Run.at(results=tmp_path).path == new.path
    assert attnbench.Run.at(old.name, results=tmp_path).path == old.path
    with pytest.raises(StoreError, match="no run yet"):
        attnbench.Run.at(results=tmp_path / "none")


def test_a_run_is_shown_as_the_command_prints_it_and_hostile_words_are_escaped(tmp_path):
    made = run(tmp_path, 0, sweep())
    (made.path / "suite.toml").write_text(
        'title = "<script>alert(1)</script>"\nquestion = "\\u202eWhy?"'
    )
    found = attnbench.Run.at(made.path)
    page, text = found._repr_html_(), str(found)

    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    for shown in (page, text):
        assert "\u202e" not in shown
        assert "Every head on a 32×32 map" in shown
        assert "the suite cannot be read" in shown
    assert not re.search(r"https?://|src=", page)
    assert repr(found) == f"<Run {str(found.path)!r}: 12 records of suite made-up on cpu>"
