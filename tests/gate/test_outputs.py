"""What holds for every format, and the files they are written to."""

import os
import threading

import pytest

from attnbench.errors import StoreError
from attnbench.gate.outputs import FORMATS, STDOUT, write
from attnbench.gate.outputs.wording import findings, names, sentence
from tests.gate.found import EMPTY, EVERY, GATES, HOSTILE, NAMED, change, gate, timing, trial


@pytest.mark.parametrize("which", list(GATES))
@pytest.mark.parametrize("name", list(FORMATS))
def test_a_format_is_text_that_a_file_can_hold_and_a_terminal_can_show(name, which):
    text = FORMATS[name](GATES[which])

    assert text.encode().decode() == text
    assert text.endswith("\n")
    assert not set(text) & set("\x00\x07\x1b\x85\u202e\r")


def test_findings_come_worst_first():
    order = [(f.answer, f.trial.head) for f in findings(EVERY)]

    assert order[:4] == [
        ("worse", "ccnet"),  # 2 times
        ("worse", "danet"),  # 1.2 times the time
        ("worse", "danet"),  # 1.001 times the work
        ("unclear", "ema"),
    ]
    assert [a for a, _ in order[4:]] == [
        "unclear", "gone", "new", "better", "better", "same", "same",
    ]  # fmt: skip


def test_worse_is_what_falls_where_higher_is_better():
    fell = change("a", "worse", 100, 50, better="higher")
    rose = change("b", "worse", 100, 101, better="lower")

    assert [f.trial.head for f in findings(gate(rose, fell))] == ["a", "b"]


def test_the_answer_is_a_sentence_with_its_counts():
    assert sentence(EVERY) == "Worse: 3 worse, 2 unclear, 1 gone, 1 new, 2 better, 2 same."
    assert sentence(gate(change(answer="same"))) == "Same: 1 same."
    assert sentence(EMPTY) == "Nothing was compared."


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (change(base=1000, after=1100), "1.00 kMAC -> 1.10 kMAC (+10 %)"),
        (change(base=10**9, after=10**9 + 1), "1000000000 MACs -> 1000000001 MACs (+0.00000010 %)"),
        (change(base=0, after=5), "0 MAC -> 5.00 MAC"),
        (change(base=5, after=5, answer="same"), "5.00 MAC, unchanged"),
        (change(base=5, after=None, answer="gone"), "only base has it"),
        (change(base=None, after=5, answer="new"), "only head has it"),
        (change(term="affinity"), "1.00 kMAC -> 1.10 kMAC (+10 %), most of it in affinity"),
        (change(message="more\nwork"), r"more\nwork"),
        (
            timing(),
            "4.10 ms -> 4.92 ms (+18 % to +22 %, allowed 5.0 %, 12 pairs, p = 0.00024)",
        ),
        (
            timing(confirmed=False, ratio=1.0),
            (
                "4.10 ms -> 4.10 ms (-2.0 % to +2.0 %, allowed 5.0 %, 12 pairs, p = 0.00024, "
                "not confirmed)"
            ),
        ),
    ],
)
def test_a_finding_says_what_changed_and_by_how_much(found, message):
    assert findings(gate(found))[0].message == message


def test_trials_that_would_be_called_alike_are_told_apart():
    one, other = trial(options={"a": "1 b=2"}), trial(options={"a": "1", "b": "2"})

    told = names([one, other, trial()])

    assert len(set(told.values())) == 3
    assert told[trial().key] == "ema, 1x512x64x64, attention, float32, meta, inference"
    assert told[one.key].endswith(one.key)


def test_a_name_has_a_length_that_services_take():
    long = [trial("x" * 5000), trial("x" * 5000, side=32)]

    told = names(long).values()

    assert len(set(told)) == 2
    assert max(map(len, told)) <= 1024


def test_each_format_goes_to_its_file(tmp_path):
    targets = {name: tmp_path / "made" / name for name in FORMATS}

    write(EVERY, targets)

    assert {p.name: p.read_text("utf-8") for p in (tmp_path / "made").iterdir()} == {
        name: made(EVERY) for name, made in FORMATS.items()
    }


def test_a_dash_is_stdout(capsysbinary):
    write(NAMED, {"json": STDOUT})

    assert capsysbinary.readouterr().out.decode() == FORMATS["json"](NAMED)


def test_what_was_there_is_replaced_whole_and_a_link_stays_one(tmp_path):
    (tmp_path / "real").write_text("before " * 10_000)
    (tmp_path / "link").symlink_to("real")

    write(EMPTY, {"markdown": tmp_path / "link"})

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text("utf-8") == FORMATS["markdown"](EMPTY)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "real"]


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    told = []
    reader = threading.Thread(target=lambda: told.append((tmp_path / "pipe").read_text("utf-8")))
    reader.start()

    write(EMPTY, {"json": tmp_path / "pipe"})
    reader.join()

    assert told == [FORMATS["json"](EMPTY)]
    assert (tmp_path / "pipe").is_fifo()


def test_a_file_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path):
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(StoreError, match=r"below: cannot write .*; choose another file"):
        write(EMPTY, {"json": tmp_path / "file" / "below"})
    with pytest.raises(StoreError, match="Is a directory"):
        write(EMPTY, {"json": tmp_path})

    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_hostile_names_are_told_apart_from_one_another():
    assert len(set(names(trial(head) for head in HOSTILE).values())) == len(HOSTILE)
