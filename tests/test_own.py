"""A user's own code by reference: what it is called, what it may be, and what is wrong with it."""

import os
import sys
from pathlib import Path

import pytest

from attnbench import own
from attnbench.declaration import REQUIRED
from attnbench.errors import AttnbenchError, UnknownNameError
from attnbench.head_choice import head_choices, parse_head
from attnbench.heads import HEADS, describe, source
from attnbench.own import OwnError, absolute, found, is_reference, reference
from attnbench.own_signature import builder, declared
from attnbench.registry import Own, adopt, adopted, nothing_imported

HEAD = '''
from typing import Literal
from beside import FACTOR

class Mine:
    """Does nothing.

    At length.
    """
    def __init__(self, channels, width: int = 8, *, how: Literal["a", "b"] = "a", act=print):
        self.channels, self.width, self.how = channels, width, how

class Needs:
    def __init__(self, channels, out): ...

class Other:
    def __init__(self, width=3, in_channels=64, out_channels=64):
        self.got = width, in_channels, out_channels

class Square:
    def __init__(self, in_channels, out_channels, *, k: int = 3):
        self.got = in_channels, out_channels, k

class NoChannels:
    def __init__(self, size): ...

def build(channels, width=2):
    return Mine(channels, width)

number = 3
'''


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with `heads_of_mine.py` and a module beside it, where attnbench is started."""
    (tmp_path / "heads_of_mine.py").write_text(HEAD)
    (tmp_path / "beside.py").write_text("FACTOR = 2\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    own._imported.cache_clear()
    own._module.cache_clear()
    for name in set(sys.modules) - before:
        module = sys.modules[name]
        if str(tmp_path) in f"{getattr(module, '__file__', '')}{getattr(module, '__path__', '')}":
            del sys.modules[name]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("my_head.py:MyHead", True),
        ("a/b c/my_head.py:MyHead", True),
        ("/a/my_head.py:build", True),
        ("package.module:Class", True),
        ("/tmp/x.pickle", True),
        ("ema", False),
        ("ema:bases=32", False),
        ("my_head.py", False),
    ],
)
def test_a_reference_is_told_from_a_name_with_options(text, is_one):
    assert is_reference(text) == is_one


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("heads_of_mine.py:Mine", "Mine", {}),
        ("heads_of_mine.py:Mine:width=16,how=b", "Mine", {"width": 16, "how": "b"}),
        ("heads_of_mine:Mine:width=16", "Mine", {"width": 16}),
        ("heads_of_mine.py:build", "heads_of_mine", {}),
        ("heads_of_mine.py:Needs:out=3", "Needs", {"out": 3}),
        ("ema:bases=32", "ema", {"bases": 32}),
    ],
)
def test_a_head_as_typed(here, text, name, options):
    choice = parse_head(text)

    assert (choice.name, choice.options) == (name, options)


def test_options_are_the_parameters_that_can_be_typed(here):
    told = declared(found("heads_of_mine.py:Mine"))

    assert told.doc.startswith("Does nothing.")
    assert {n: (o.default, o.choices) for n, o in told.options.items()} == {
        "width": (8, ()),
        "how": ("a", ("a", "b")),
    }
    assert declared(found("heads_of_mine.py:Needs")).options["out"].default is REQUIRED


def test_a_head_without_facts_is_of_a_family_of_its_own(here):
    name = HEADS.adopt("heads_of_mine.py:Mine")

    assert describe(name).keywords["family"] == "own"
    assert describe(name).keywords["maps"] == ()


@pytest.mark.parametrize(
    ("name", "options", "got"),
    [
        ("Other", {}, (3, 16, 64)),
        ("Other", {"width": 4}, (4, 16, 64)),
        ("Square", {"k": 5}, (16, 16, 5)),
    ],
)
def test_channels_are_found_by_name_and_needed_outputs_are_as_many(here, name, options, got):
    assert builder(found(f"heads_of_mine.py:{name}"))(16, **options).got == got


def test_a_class_that_takes_channels_first_is_called_as_it_is(here):
    one = found("heads_of_mine.py:Mine")

    assert builder(one) is one.thing


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("none.py:Mine", "none.py: no such file in "),
        ("heads_of_mine.py:Mnie", "unknown class or function 'Mnie'; did you mean 'Mine'"),
        ("heads_of_mine.py:number", "unknown class or function 'number'"),
        ("heads_of_mine.py:Needs", "Needs needs out, as in out=..."),
        ("heads_of_mine.py:Mine:widht=3", "unknown option of Mine 'widht'; did you mean 'width'"),
        ("heads_of_mine.py:Mine:how=c", "choose one of 'a', 'b'"),
        ("no_such_module:Mine", "no module 'no_such_module' here, nor installed"),
        ("heads_of_mine.nothing:Mine", "no module 'heads_of_mine.nothing'"),
    ],
)
def test_what_is_wrong_with_a_reference_is_one_line(here, text, says):
    with pytest.raises(AttnbenchError) as error:
        parse_head(text)

    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_head_without_channels_says_what_to_write(here):
    with pytest.raises(OwnError, match=r"has size; a head is made by Name\(channels\)"):
        parse_head("heads_of_mine.py:NoChannels")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\nimport not_there_at_all\n", "failed at line 2: ModuleNotFoundError: No module"),
        ("def f(:\n", "failed at line 1: SyntaxError"),
        ("\n\nraise SystemExit('gone')\n", "failed at line 3: SystemExit: gone"),
    ],
)
def test_a_file_that_cannot_be_imported_says_where_and_why(here, text, says):
    (here / "broken.py").write_text(text)

    with pytest.raises(OwnError) as error:
        found("broken.py:Mine")

    assert says in str(error.value)


def test_a_name_that_is_taken_is_refused(here):
    (here / "second.py").write_text("class Mine:\n    def __init__(self, channels): ...\n")
    (here / "ema.py").write_text("def build(channels): ...\n")
    HEADS.adopt("heads_of_mine.py:Mine")
    HEADS.adopt(str(here / "heads_of_mine.py:Mine"))  # the very same

    with pytest.raises(AttnbenchError, match=r"there is a head 'Mine' of heads_of_mine.py:Mine"):
        HEADS.adopt("second.py:Mine")
    with pytest.raises(AttnbenchError, match=r"there is a head 'ema' that comes with attnbench"):
        HEADS.adopt("ema.py:build")


def test_the_source_changes_with_the_file_and_with_what_it_imports_beside_it(here):
    name = HEADS.adopt("heads_of_mine.py:Mine")
    first = source(name)

    (here / "unrelated.py").write_text("x = 1\n")
    assert source(name) == first
    (here / "beside.py").write_text("FACTOR = 3\n")
    second = source(name)
    (here / "heads_of_mine.py").write_text(HEAD + "\n")
    assert len({first, second, source(name)}) == 3


def test_another_process_learns_the_names_of_this_one(here):
    parse_head("heads_of_mine.py:Mine")
    told = adopted()
    HEADS._own.clear()

    adopt(told)

    assert told == (Own("head", "Mine", "heads_of_mine.py:Mine"),)
    assert HEADS["Mine"](4).channels == 4


@pytest.mark.parametrize(
    ("text", "from_anywhere"),
    [
        ("mine.py:Mine:width=3", "{here}/mine.py:Mine:width=3"),
        ("/a/mine.py:Mine", "/a/mine.py:Mine"),
        ("package.module:Mine", "package.module:Mine"),
        ("ema:bases=3", "ema:bases=3"),
        ("ema", "ema"),
    ],
)
def test_a_run_keeps_references_that_hold_from_any_folder(here, text, from_anywhere):
    assert absolute(text) == from_anywhere.format(here=here)


def test_a_class_is_named_by_its_file(here):
    thing = found("heads_of_mine.py:Mine").thing
    sys.modules["heads_of_mine_again"] = sys.modules[thing.__module__]

    assert reference(thing) == f"{here / 'heads_of_mine.py'}:Mine"
    assert reference("ema:bases=3") == "ema:bases=3"
    with pytest.raises(OwnError, match="expected a class, a function, or text"):
        reference(3)


def test_a_class_of_no_file_goes_to_another_process_by_value(here):
    made = type("Made", (), {"__module__": "__main__", "__init__": lambda self, channels: None})

    where = reference(made)
    again = found(where)

    assert is_reference(where)
    assert Path(where).is_file()
    assert again.name == "Made"
    assert again.source == found(where).source


def test_what_is_not_a_head_is_not_taken_for_one(here):
    (here / "other.py").write_text(
        "from attnbench.declaring import metric\n@metric\ndef spread(bench): return 1\n"
    )

    with pytest.raises(AttnbenchError, match="declared as a metric, not as a head"):
        parse_head("other.py:spread")


def test_an_entry_point_of_a_package_is_a_head_by_its_name(here, monkeypatch):
    package = here / "site" / "theirs"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "class Theirs:\n    def __init__(self, channels, *, k: int = 1): self.k = k\n"
    )
    info = here / "site" / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[attnbench.heads]\ntheir_head = theirs:Theirs\nbroken = not_there:Nothing\n"
    )
    monkeypatch.syspath_prepend(here / "site")
    monkeypatch.setattr(HEADS, "_installed", None)

    assert HEADS.installed == {"their_head": "theirs:Theirs", "broken": "not_there:Nothing"}
    assert parse_head("their_head:k=3").options == {"k": 3}
    assert HEADS["their_head"](4, k=2).k == 2
    assert "their_head" not in HEADS.published
    assert adopted() == (Own("head", "their_head", "theirs:Theirs"),)
    with pytest.raises(OwnError, match="no module 'not_there'"):
        parse_head("broken")


def test_a_name_that_is_not_there_is_answered_with_a_near_one(here):
    parse_head("heads_of_mine.py:Mine")

    with pytest.raises(UnknownNameError, match="did you mean 'Mine'"):
        parse_head("Mien")


def test_a_cell_that_was_run_again_takes_the_place_of_what_it_made_before(here):
    def made(width):
        return type(
            "Again",
            (),
            {"__module__": "__main__", "__init__": lambda self, channels: None, "w": width},
        )

    HEADS.adopt(reference(made(1)))
    HEADS.adopt(reference(made(2)))

    assert HEADS["Again"].w == 2


def test_a_file_that_was_changed_is_read_again(here):
    HEADS.adopt("heads_of_mine.py:Mine")
    (here / "heads_of_mine.py").write_text(HEAD.replace("width: int = 8", "width: int = 9"))
    os.utime(here / "heads_of_mine.py", ns=(1, 1))

    HEADS.adopt("heads_of_mine.py:Mine")

    assert describe("Mine").options["width"].default == 9


@pytest.mark.parametrize(
    ("place", "named", "folder"),
    [
        ("flat.py", "flat.py:Mine", ""),
        ("deep/inside/flat.py", "deep/inside/flat.py:Mine", "deep/inside"),
        ("pack/inner/flat.py", "pack.inner.flat:Mine", ""),
        ("pack/inner/__init__.py", "pack.inner:Mine", ""),
    ],
)
def test_the_folder_that_python_imports_it_from(here, place, named, folder):
    (here / place).parent.mkdir(parents=True, exist_ok=True)
    (here / place).write_text(HEAD.replace("from beside import FACTOR", ""))

    assert found(named).imported_from.resolve() == (here / folder).resolve()


def test_within_nothing_imported_a_reference_is_a_name_alone(here):
    (here / "evil.py").write_text("raise SystemExit('was run')\n")

    with nothing_imported():
        choices = head_choices(["evil.py:Head", {"name": "evil:build", "width": 3}, "ema"], "here")
    assert [(c.name, c.options) for c in choices] == [
        ("Head", {}),
        ("evil", {"width": 3}),
        ("ema", {}),
    ]
    assert adopted() == ()
    assert "Head" not in HEADS
