"""Which file of a run folder holds the weights that are meant."""

import pytest

from attnbench.errors import StoreError
from attnbench.head_choice import parse_head
from attnbench.kept_weights import file_name, kept_file
from attnbench.store import RunWriter
from tests.run_folders import record, trial, write

SMALL, LARGE = {"bases": 4}, {"bases": 8}


def accuracy(head="ema", **fields):
    return record(head, (0.5, 0.6), metric="accuracy", unit="share", **fields)


@pytest.fixture
def run(tmp_path):
    records = accuracy(options=SMALL) + accuracy(options=LARGE) + accuracy("gc")
    path = write(tmp_path, 0, records + record("isa"))
    (path / "weights").mkdir()
    for head, options, seed in (("ema", SMALL, 0), ("ema", LARGE, 1), ("gc", {}, 0)):
        (path / "weights" / file_name(trial(head, options=options), seed)).touch()
    return path


def test_a_head_is_meant_by_its_options(run):
    found = kept_file(run, parse_head("ema:bases=4"), 0)

    assert found == run / "weights" / f"{trial(options=SMALL).key}-0.pt"


def test_the_only_training_of_a_head_is_meant_without_them(tmp_path):
    path = write(tmp_path, 0, accuracy(options=SMALL))
    (path / "weights").mkdir()
    (path / "weights" / file_name(trial(options=SMALL), 0)).touch()

    assert kept_file(path, parse_head("ema"), 0).is_file()


@pytest.mark.parametrize(
    ("head", "seed", "message"),
    [
        ("ema", 0, "2 trainings of ema; say which, .*: ema bases=4, ema bases=8$"),
        ("ema:bases=5", 0, "no ema of these options in it; trained were ema bases=4, .*, gc$"),
        ("isa", 0, "no isa of these options in it"),
        ("ema:bases=8", 0, "no weights of seed 0; of ema bases=8 it has --seed 1$"),
        ("gc", 3, "it has --seed 0$"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(run, head, seed, message):
    with pytest.raises(StoreError, match=message):
        kept_file(run, parse_head(head), seed)


def test_a_run_that_kept_none_is_told_how_to(tmp_path):
    path = write(tmp_path, 0, accuracy())

    with pytest.raises(StoreError, match="no weights of ema; .* --keep-weights keeps them"):
        kept_file(path, parse_head("ema"), 0)


def test_trainings_of_two_sizes_are_told_apart_by_their_files(tmp_path):
    path = write(tmp_path, 0, accuracy(side=8) + accuracy(side=16))

    with pytest.raises(StoreError, match="name the file itself, one of ") as error:
        kept_file(path, parse_head("ema"), 0)

    assert file_name(trial(side=16), 0) in str(error.value)


def test_a_link_is_not_followed(run, tmp_path):
    (tmp_path / "elsewhere.pt").touch()
    path = kept_file(run, parse_head("gc"), 0)
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere.pt")

    with pytest.raises(StoreError, match="a link, which is not followed"):
        kept_file(run, parse_head("gc"), 0)


def test_a_folder_that_is_a_link_is_neither_read_nor_written_into(run, tmp_path):
    (run / "weights").rename(tmp_path / "weights")
    (run / "weights").symlink_to(tmp_path / "weights")

    with pytest.raises(StoreError, match="weights: a link, which is not followed"):
        kept_file(run, parse_head("gc"), 0)
    with pytest.raises(StoreError, match="weights: a link, which is not followed"):
        RunWriter(run)
