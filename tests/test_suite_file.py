import pytest

from attnbench.errors import AttnbenchError, SuiteError
from attnbench.head_choice import parse_head
from attnbench.suite_file import (
    override,
    parse_suite,
    question,
    read_suite,
    suite_names,
    suite_path,
)

GOOD = """
title    = "t"
question = "q?"
heads    = ["fcn", { name = "ema", bases = 32 }]

[[sweep]]
device   = "meta"
metrics  = ["counted"]
channels = 16
size     = [8, [6, 5]]

[[sweep]]
metrics  = ["latency"]
channels = 16
size     = 8
mode     = ["inference", "training"]

[budget]
rounds = 2

[limits]
memory = "1 GiB"

[[skip]]
device = "cpu"
head   = "ema"
mode   = "training"
reason = "because"

[[claim]]
id     = "c"
says   = "s"
source = "p"
check  = { kind = "exponent", metric = "macs.counted", head = "ema", within = [0.9, 1.1] }
"""


def suite(text=GOOD):
    return parse_suite(text, "made", "made.toml")


def test_a_suite_plans_the_product_of_its_axes():
    planned = suite().plan("cpu")

    assert len(planned) == 2 * 2 + 2 * 2  # heads x sizes on no device, heads x modes on the CPU
    assert {p.trial.device for p in planned} == {"meta", "cpu"}
    assert [p.skipped for p in planned if p.skipped] == ["because"]


def test_options_and_shapes_reach_the_trials():
    labels = {(p.trial.label, str(p.trial.shape)) for p in suite().plan("cpu")}

    assert ("ema bases=32", "1x16x6x5") in labels


def test_limits_are_read_with_their_unit():
    assert suite().limits.memory_bytes == 2**30


def test_a_kernel_that_a_head_does_not_have_is_skipped_with_the_reason():
    text = GOOD.replace('mode     = ["inference", "training"]', 'kernel = ["eager", "fused"]')

    reasons = {p.skipped for p in suite(text).plan("cpu")}

    assert "fcn has no fused kernel, only eager, compiled" in reasons


MISTAKES = [
    ('"fcn"', '"fcm"', "made.toml: unknown head 'fcm'; did you mean 'fcn'?"),
    ("bases = 32", "basis = 32", "unknown option of ema 'basis'; did you mean 'bases'?"),
    ("bases = 32", 'bases = "x"', "ema: bases = 'x': expected int, as in bases=64"),
    ('"latency"', '"latancy"', "sweep 2: unknown metric 'latancy'; did you mean 'latency'?"),
    ('"counted"', '"latency"', 'sweep 1: latency needs a device; set device = "auto"'),
    ("size     = 8\n", "sise = 8\n", "sweep 2: unknown axis 'sise'; did you mean 'size'?"),
    ("size     = 8\n", "", "sweep 2: axis 'size' is missing, as in size = [64]"),
    ("size     = 8\n", "size = 0\n", "size = 0: expected a whole side above zero"),
    ("size     = 8\n", "size = [-8]\n", "size = -8: expected a whole side above zero"),
    ("size     = 8\n", 'size = ["a"]\n', "size = 'a': expected a whole side above zero"),
    ("size     = 8\n", "size = [[1, 2, 3]]\n", "size = [1, 2, 3]: expected a whole side"),
    ("size     = 8\n", "size = []\n", "axis 'size' needs at least one value"),
    ("size     = 8\n", "size = 8.5\n", "size = 8.5: expected a whole side above zero"),
    (
        "channels = 16\nsize     = 8",
        "channels = true\nsize = 8",
        "channels = True: expected a whole",
    ),
    ('"training"]', '"trianing"]', "unknown mode 'trianing'; did you mean 'training'?"),
    ('title    = "t"', "", "title is missing or empty"),
    ('title    = "t"', 'titel = "t"', "unknown key 'titel'; did you mean 'title'?"),
    ('title    = "t"', "title = ", "not valid TOML: Invalid value (at line 2, column 9)"),
    ("rounds = 2", "rounds = 0", "budget: rounds = 0: expected a number above zero"),
    ("rounds = 2", "round = 2", "budget: unknown setting 'round'; did you mean 'rounds'?"),
    ('"1 GiB"', '"much"', "'much' is not a size in bytes"),
    ('kind = "exponent"', 'kind = "exponnt"', "claim 1: Invalid value 'exponnt'"),
    ('head = "ema", within', "within", "claim 1: Object missing required field `head`"),
    ("[[skip]]\n", "[skip]\n", "skip: write each as a table of its own, [[skip]]"),
    ('heads    = ["fcn", { name = "ema", bases = 32 }]', "heads = 3", "heads = 3: write a list"),
    ('{ name = "ema", bases = 32 }', '{ family = "dense" }', "unknown family 'dense'"),
    ('{ name = "ema", bases = 32 }', "7", "heads: 7 is neither a name nor a table"),
    ("bases = 32", 'kernel = "fused"', "kernel is an axis of the sweep, not an option of ema"),
    ("bases = 32", "bases = 0x" + "f" * 9999, "not valid TOML: an integer has 64 bits"),
    ("bases = 32", "bases = " + "9" * 9999, "not valid TOML: "),
    ("bases = 32", "bases = [[1]]", "ema: Expected `bool | int | float | str`, got `array`"),
    ("rounds = 2", "rounds = " + "[" * 9999, "not valid TOML: "),
    ("rounds = 2", "rounds = 10_000_000", "trials in 10000000 rounds; more than 1000000 records"),
    ("rounds = 2", "max_seconds = inf", "max_seconds = inf: expected a number above zero"),
    ("rounds = 2", "max_seconds = nan", "not valid TOML: an integer has 64 bits, and nan is no"),
    ('"1 GiB"', '"' + "9" * 400 + ' TB"', "is not a size in bytes"),
    ("[0.9, 1.1]", "[1.1, 0.9]", "claim 'c': within is [lowest, highest]"),
    ('"fcn"', '"' + "x" * 9999 + '"', "unknown head 'xxx"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), MISTAKES)
def test_a_mistake_is_one_line_that_says_what_and_where(right, wrong, message):
    assert right in GOOD
    with pytest.raises(AttnbenchError) as error:
        suite(GOOD.replace(right, wrong, 1))

    assert str(error.value).startswith("made.toml: ") or "size in bytes" in str(error.value)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_axis_is_overridden_in_every_sweep():
    changed = override(suite(), ["size=4,6x5", "rounds=7"])

    assert [s.axes["size"] for s in changed.sweeps] == [[(4, 4), (6, 5)]] * 2
    assert changed.budget.rounds == 7


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("sise=4", "--set: unknown axis 'sise'; did you mean 'size'?"),
        ("size", "--set size: write axis=value, as in size=64,128"),
        ("size=0", "size = 0: expected a whole side above zero"),
        ("size=big", "size = 'big': expected a whole side above zero"),
        ("rounds=many", "--set rounds=many: Expected `int`, got `str`"),
        ("mode=sleep", "unknown mode 'sleep'"),
    ],
)
def test_a_wrong_setting_is_one_line(setting, message):
    with pytest.raises(AttnbenchError) as error:
        override(suite(), [setting])

    assert message in str(error.value)


def test_a_head_is_typed_with_its_options():
    choice = parse_head("ema:bases=32,gradient=through")

    assert (choice.name, choice.options) == ("ema", {"bases": 32, "gradient": "through"})


def test_an_option_without_a_value_is_told():
    with pytest.raises(SuiteError, match="'bases' is no option; write option=value"):
        parse_head("ema:bases")


def test_an_unknown_suite_offers_the_near_one():
    with pytest.raises(
        AttnbenchError, match="unknown suite 'resoluton-sweep'; did you mean 'resol"
    ):
        suite_path("resoluton-sweep")


def test_a_suite_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SuiteError, match=r"none.toml: cannot read the suite \(No such file"):
        read_suite(tmp_path / "none.toml")


@pytest.mark.parametrize("name", suite_names())
def test_every_suite_that_comes_with_attnbench_can_be_read(name):
    read, _ = read_suite(suite_path(name))

    assert read.question == question(name)
    assert read.plan("cpu")
    assert read.plan("cuda")
    named = {s.head for claim in read.claims if claim.check for s in claim.check.subjects}
    assert named <= {choice.name for choice in read.choices}


OWN_HEADS = """
title    = "t"
question = "q?"

[[sweep]]
heads    = ["ema"]
options  = { bases = [16, 32], iterations = [1, 3] }
device   = "meta"
metrics  = ["counted"]
channels = 16
size     = 8

[[sweep]]
heads    = ["ccnet", "gc"]
device   = "meta"
metrics  = ["counted"]
channels = 16
size     = 8
"""


def test_a_sweep_may_have_its_own_heads_with_a_grid_of_options():
    labels = {p.trial.label for p in suite(OWN_HEADS).plan("cpu")}

    assert labels == {
        "ema bases=16 iterations=1",
        "ema bases=16",  # three iterations are the default
        "ema bases=32 iterations=1",
        "ema bases=32",
        "ccnet",
        "gc",
    }


def test_only_leaves_a_sweep_out_that_has_none_of_the_heads():
    (planned,) = suite(OWN_HEADS).only({"gc"}).plan("cpu")

    assert planned.trial.head == "gc"


CLAIM_MISTAKES = [
    ('head = "ema"', 'head = "emma"', "claim 'c': unknown head 'emma'; did you mean 'ema'?"),
    ("macs.counted", "macs.count", "claim 'c': unknown metric 'macs.count'; did you mean"),
    ('head = "ema"', 'head = "ema", options = { base = 3 }', "unknown option of ema 'base'"),
    ('head = "ema"', 'head = "ema", over = "basis"', "unknown axis 'basis'; did you mean 'bases'"),
    ("[0.9, 1.1]", "[1.1, 0.9]", "claim 'c': within is [lowest, highest]"),
    ("[0.9, 1.1]", "[0.9, nan]", "nan is no number"),
    ("check  =", "needs  =", "claim 1: Expected `str`, got `object` - at `$.needs`"),
    ('"exponent"', '"exponents"', "Invalid value 'exponents' - at `$.check.kind`"),
]


@pytest.mark.parametrize(("good", "bad", "message"), CLAIM_MISTAKES)
def test_a_mistake_in_a_claim_is_one_line(good, bad, message):
    before, claim = GOOD.split("[[claim]]")

    with pytest.raises(AttnbenchError) as error:
        suite(f"{before}[[claim]]{claim.replace(good, bad)}")

    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_claim_is_held_against_trials_whatever_defaults_it_names():
    text = GOOD.replace('head = "ema", within', 'head = "ema", options = { bases = 64 }, within')

    assert suite(text).claims[0].check.options == {}


def test_a_claim_has_a_check_or_what_it_needs():
    before, _ = GOOD.split("check  =")

    with pytest.raises(SuiteError, match="write a check, or what it needs"):
        suite(before)
    assert suite(before + 'needs = "a data set"').claims[0].check is None


def test_a_head_that_is_added_joins_every_sweep_but_a_grid_of_options():
    joined = suite(OWN_HEADS).joined_by((parse_head("se"),))

    assert [[c.name for c in sweep.heads] for sweep in joined.sweeps] == [
        ["ema"] * 4,
        ["ccnet", "gc", "se"],
    ]


RULES = """
title    = "t"
question = "q?"
heads    = ["ema"]

[[sweep]]
metrics  = ["latency"]
channels = 16
size     = 8

[gate]
"""


def test_a_suite_may_hold_the_rules_of_its_gate():
    text = RULES + 'margin = 0.05\nunclear = "pass"\ntolerate = { memory_predicted = 0.01 }'

    gate = parse_suite(text, "s", "s.toml").gate

    assert (gate.margin, gate.unclear, gate.tolerate) == (0.05, "pass", {"memory_predicted": 0.01})
    assert (gate.level, gate.pairs) == (0.01, 0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("margins = 0.1", "unknown rule 'margins'; did you mean 'margin'?"),
        ("margin = 1.5", "margin = 1.5: expected a relative change"),
        ("level = 0.9", "level = 0.9: expected a chance"),
        ("pairs = -1", "pairs = -1: expected a whole number above zero"),
        ('unclear = "maybe"', "gate: "),
        ("tolerate = { memory = -1 }", "memory = -1.0: expected a relative change"),
        ("tolerate = { memori = 1 }", "unknown quantity 'memori'; did you mean 'memory'?"),
    ],
)
def test_a_rule_that_cannot_be_is_told(line, message):
    with pytest.raises(AttnbenchError) as error:
        parse_suite(RULES + line, "s", "s.toml")

    assert message in str(error.value)
    assert "s.toml: gate" in str(error.value)
