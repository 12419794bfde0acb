import pytest

from attnbench.declaration import declaration
from attnbench.errors import SuiteError, UnknownNameError

HEAD = '''"""A head. Source: nobody."""
import a_module_that_does_not_exist

@head(family="pairwise", year=2020)
class Made:
    def __init__(self, channels: int, *, bases: int = 64, scale: float = 1.0,
                 update: Literal["none", "gradient"] = "none"):
        ...
'''


@pytest.fixture
def declared(tmp_path):
    path = tmp_path / "made.py"
    path.write_text(HEAD)
    return declaration(path, "head")


def test_a_declaration_is_read_without_importing_the_file(declared):
    assert declared.keywords == {"family": "pairwise", "year": 2020}
    assert {n: o.default for n, o in declared.options.items()} == {
        "bases": 64,
        "scale": 1.0,
        "update": "none",
    }
    assert declared.options["update"].choices == ("none", "gradient")


def test_options_equal_to_their_defaults_are_dropped(declared):
    assert declared.check({"bases": 64, "scale": 2}) == {"scale": 2}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"basis": 3}, UnknownNameError, "unknown option of made 'basis'; did you mean 'bases'?"),
        ({"bases": "many"}, SuiteError, "made: bases = 'many': expected int, as in bases=64"),
        ({"bases": True}, SuiteError, "made: bases = True: expected int"),
        ({"update": "sometimes"}, SuiteError, "choose one of 'none', 'gradient'"),
    ],
)
def test_a_wrong_option_is_named(declared, options, error, message):
    with pytest.raises(error, match=message.replace("?", r"\?")):
        declared.check(options)
