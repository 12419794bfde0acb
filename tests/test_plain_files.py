"""Files and folders that are written whole, or not at all."""

from pathlib import Path

import pytest

from attnbench.errors import StoreError
from attnbench.plain_files import leftovers, replacing, replacing_folder

KINDS = (".csv", ".txt")


def names(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("sync", [False, True])
def test_what_was_written_takes_the_place_of_what_was_there(tmp_path, sync):
    path = tmp_path / "deep" / "a.txt"
    path.parent.mkdir()
    path.write_text("old")

    with replacing(path, sync=sync) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"

    assert path.read_text() == "new"
    assert names(path.parent) == ["a.txt"]


def test_the_folder_of_a_file_is_made(tmp_path):
    with replacing(tmp_path / "a" / "b" / "c.txt") as draft:
        draft.write_text("")

    assert names(tmp_path / "a" / "b") == ["c.txt"]


def fails(replacing, error):
    """Writes half of a file, or of a folder, and then raises the error, if there is one."""
    with replacing as draft:
        (draft / "half.csv" if draft.is_dir() else draft).write_text("half")
        if error:
            raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_was_there_stays_where_writing_ends_early(tmp_path, error):
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "old.csv").touch()

    for made in (replacing(tmp_path / "a"), replacing_folder(tmp_path / "b", KINDS)):
        with pytest.raises(error):
            fails(made, error)

    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a", "b"]
    assert names(tmp_path / "b") == ["old.csv"]


def test_a_full_disk_is_one_line_with_what_mends_it(tmp_path):
    with pytest.raises(StoreError) as told:
        fails(replacing(tmp_path / "a", "make room"), OSError(28, "No space left on device"))

    assert str(told.value) == f"{tmp_path / 'a'}: cannot write (No space left on device); make room"


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "real").write_text("of somebody")
    (tmp_path / "link").symlink_to("real")

    with replacing(tmp_path / "link") as draft:
        draft.write_text("ours")

    assert (tmp_path / "real").read_text() == "of somebody"
    assert not (tmp_path / "link").is_symlink()


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "old.csv").touch()

    with replacing_folder(tmp_path / "made", KINDS) as draft:
        (draft / "new.csv").touch()

    assert names(tmp_path) == ["made"]
    assert names(tmp_path / "made") == ["new.csv"]


def test_a_folder_that_cannot_be_put_in_its_place_leaves_the_old_one(tmp_path, monkeypatch):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "old.csv").touch()
    rename = Path.rename

    def once(self, target):
        if self.name.startswith(".") and not self.name.endswith(".old"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(StoreError, match="No space left"):
        fails(replacing_folder(tmp_path / "made", KINDS), None)

    assert names(tmp_path) == ["made"]
    assert names(tmp_path / "made") == ["old.csv"]


@pytest.mark.parametrize("other", ["notes.md", "sub.csv/"])
def test_a_folder_with_a_file_of_somebody_is_not_replaced(tmp_path, other):
    place = tmp_path / "made" / other
    place.parent.mkdir()
    place.mkdir() if other.endswith("/") else place.touch()

    with pytest.raises(StoreError, match=rf"made: holds '{place.name}', which is not ours"):
        replacing_folder(tmp_path / "made", KINDS).__enter__()

    assert names(tmp_path) == ["made"]


def test_a_folder_that_is_a_link_or_a_file_is_not_replaced(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match="a link, which is not followed"):
        replacing_folder(tmp_path / "link", KINDS).__enter__()
    with pytest.raises(StoreError, match="cannot write"):
        replacing_folder(tmp_path / "file", KINDS).__enter__()

    assert names(tmp_path) == ["file", "link", "real"]


def test_drafts_of_killed_processes_are_found(tmp_path):
    (tmp_path / ".a.pt.17").touch()
    (tmp_path / ".b.pt.17").touch()

    assert [p.name for p in leftovers(tmp_path / "a.pt")] == [".a.pt.17"]
