import pytest

from attnbench.errors import UnknownNameError
from attnbench.registry import Registry


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A package `made` with an entry, a private file, and an entry that cannot be imported."""
    package = tmp_path / "made"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "good.py").write_text("import made\nmade.registry.add(__name__, 42)\n")
    (package / "broken.py").write_text("raise RuntimeError('no')\n")
    (package / "silent.py").write_text("")
    (package / "_private.py").write_text("raise RuntimeError('no')\n")
    monkeypatch.syspath_prepend(tmp_path)
    import made

    made.registry = Registry("thing", "made", package)
    yield made.registry
    import sys

    for name in [n for n in sys.modules if n.partition(".")[0] == "made"]:
        del sys.modules[name]


def test_names_are_the_files_and_nothing_is_imported_to_list_them(folder):
    assert list(folder) == ["broken", "good", "silent"]


def test_an_entry_is_imported_when_asked_for(folder):
    assert folder["good"] == 42


def test_a_broken_entry_breaks_only_itself(folder):
    with pytest.raises(RuntimeError):
        folder["broken"]

    assert folder["good"] == 42


def test_a_near_name_is_offered(folder):
    with pytest.raises(UnknownNameError, match="unknown thing .goood.; did you mean .good."):
        folder["goood"]


def test_a_file_that_declares_nothing_is_our_bug(folder):
    with pytest.raises(TypeError, match="declares no thing"):
        folder["silent"]
