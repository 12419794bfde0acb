"""Whatever a suite file or a run folder holds: it is read, or refused as a user can mend it.

ATTNBENCH_FUZZ=20000 gives the number of inputs for all of them together; by default a few hundred.
"""

import copy
import json
import os
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attnbench.errors import AttnbenchError
from attnbench.export import to_csv
from attnbench.frame import frame
from attnbench.merge import merge
from attnbench.record import SCHEMA
from attnbench.report.evidence import Evidence
from attnbench.report.sections import chapters
from attnbench.run_folders import INFO
from attnbench.store import CONDITIONS, ENVIRONMENTS, RECORDS, SUITE, read_run
from attnbench.suite_file import parse_suite, read_suite
from attnbench.verdicts import verdicts

INPUTS = int(os.environ.get("ATTNBENCH_FUZZ", "400"))
SUITES, LINES, FOLDERS = INPUTS * 45 // 100, INPUTS * 45 // 100, INPUTS // 10
NEWEST = next(Path(__file__).parent.glob(f"data/format-{SCHEMA}/*"))
GOOD = """
title = "t"
question = "q?"
heads = ["fcn", { name = "ema", bases = 32 }, { family = "compact" }]
plots = ["growth"]

[[sweep]]
device = "meta"
metrics = ["counted"]
channels = 16
size = [8, [6, 5], "7x3"]

[[sweep]]
metrics = ["latency", "memory"]
channels = [16, 32]
size = 8
batch = 2
mode = ["inference", "training"]
dtype = ["float32", "tf32"]
kernel = ["eager", "fused"]
part = "attention"

[[sweep]]
heads = [{ name = "isa", order = "short_only" }]
options = { window = [4, 8] }
device = "meta"
metrics = ["params"]
channels = 16
size = 8

[[sweep]]
metrics = ["accuracy"]
mode = "training"
part = "network"
backbone = "resnet18"
channels = 3
size = 64

[training]
dataset = "legend_map"
options = { keys = 2, noise = 3.0 }
steps = 5
lr = 0.01
optimiser = "sgd"
scale = [0.5, 2.0]
scales = [1.0, 1.5]
transfer = [{ size = 192 }]
evaluate_with = [{ iterations = 2 }]

[budget]
rounds = 2
max_seconds = 0.5
precision = 0.01

[limits]
memory = "1 GiB"
seconds = 12.5

[[skip]]
device = "cpu"
head = "ema"
above = 64
reason = "because"

[[claim]]
id = "c"
says = "s"
source = "p"
check = { kind = "exponent", metric = "macs.counted", head = "ema", within = [0.9, 1.1] }

[[claim]]
id = "d"
says = "s"
source = "p"
check = { kind = "ratio", metric = "latency", head = "ema", to = "fcn", within = [0.9, 1.1] }

[[claim]]
id = "e"
says = "s"
source = "p"
needs = "a GPU"
[claim.check]
kind = "value"
metric = "params"
head = "ema"
size = [6, 5]
device = "cuda"
within = [1, inf]

[[claim]]
id = "f"
says = "s"
source = "p"
[claim.check]
kind = "exponent"
metric = "params"
head = "ema"
over = "bases"
of = "last"
within = [0, 1]

[[claim]]
id = "g"
says = "s"
source = "p"
[claim.check]
kind = "order"
metric = "params"
heads = ["fcn", { head = "ema", options = { bases = 8 } }]

[[claim]]
id = "h"
says = "s"
source = "p"
[claim.check]
kind = "crossing"
metric = "latency"
head = "ema"
to = { kernel = "fused" }
within = [0, 9]

[[claim]]
id = "i"
says = "s"
source = "p"
check = { kind = "correlation", metric = "params", against = "latency", within = [-1, 1] }

[[claim]]
id = "j"
says = "s"
source = "p"
check = { kind = "printed", paper = "isa", table = "Table 13", within = [1, 1] }

[[claim]]
id = "k"
says = "s"
source = "p"
check = { kind = "difference", metric = "accuracy", head = "ema", to = "fcn", within = [0, 1] }

[[claim]]
id = "l"
says = "s"
source = "p"
check = { kind = "equal", metric = "identity.fused", head = "ema", part = "attention" }
"""


def fuzz(examples):
    """As many inputs, each run the same ones; no deadline, as the machine may be busy."""
    return settings(
        max_examples=max(examples, 10),
        deadline=None,
        derandomize="ATTNBENCH_FUZZ" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


WORDS = st.one_of(
    st.sampled_from(["", "ema", "meta", "auto", "latency", "8 GB", "../../x", "a\nb", "\x1b[2J"]),
    st.sampled_from(["\u202e", "9" * 400 + " TB", "x", "1x1", "nan", "=1+1", "<b>", "tf32", "all"]),
    st.text(max_size=20),
)
NUMBERS = st.one_of(
    st.integers(-3, 70),
    st.sampled_from([2**31, 2**63 - 1, 2**63, 2**64, 10**40, -(10**400), 0, -1]),
    st.floats(),
    st.sampled_from([1e308, 5e-324, -0.0, 1e-300]),
)
SCALARS = st.one_of(st.booleans(), NUMBERS, WORDS)
VALUES = st.recursive(
    SCALARS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
NAMES = ["head", "size", "kind", "to", "options", "kernel", "name", "family", "bases", "memory"]
NAMES += ["over", "within", "paper", "heads", "steps", "dataset", "backbone", "papers", "training"]


def places(value, at=()):
    """Where every part of a nested value is."""
    yield at
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in inner:
            yield from places(part, (*at, key))


def changed(draw, value):
    """The value with a few parts replaced, deleted, doubled, exchanged or added."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        known = [p for p in places(value) if p]
        if not known:
            break
        *path, last = draw(st.sampled_from(known))
        parent = value
        for key in path:
            parent = parent[key]
        deed = draw(st.integers(0, 5))
        if deed == 0:
            del parent[last]
        elif deed == 1 and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[last]))
        elif deed == 2 and isinstance(parent, dict):
            parent[draw(st.sampled_from(NAMES) | WORDS)] = draw(VALUES)
        elif deed == 3:
            parent[last] = copy.deepcopy(at(value, draw(st.sampled_from(known))))
        elif deed == 4 and isinstance(parent[last], int | float):
            parent[last] = draw(NUMBERS)
        else:
            parent[last] = draw(VALUES)
    return value


def at(value, place):
    for key in place:
        value = value[key]
    return value


def toml(value):
    """As TOML, inline below the top level; None, which it does not have, as an empty table."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return hex(value) if value > 2**63 else str(value)
    if isinstance(value, float):
        return repr(value)
    return key(value) if isinstance(value, str) else "{}"


def key(text):
    return json.dumps(text.encode("utf-8", "replace").decode())


@st.composite
def suite_texts(draw):
    if draw(st.integers(0, 9)) == 0:
        return garbled(draw, GOOD.encode()).decode("utf-8", "replace")
    table = changed(draw, tomllib.loads(GOOD))
    text = "".join(f"{key(k)} = {toml(v)}\n" for k, v in table.items())
    if draw(st.integers(0, 19)) == 0:  # more digits than Python would print
        text = text.replace(draw(st.sampled_from(["16", "8", "32", "2"])), "0x" + "f" * 9999, 1)
    return text


def garbled(draw, data):
    """Bytes cut, doubled, overwritten."""
    begin, end = sorted(draw(st.tuples(st.integers(0, len(data)), st.integers(0, len(data)))))
    middle = draw(
        st.one_of(
            st.just(b""),
            st.binary(max_size=20),
            st.just(data[begin:end] * 2),
            st.just(b"\0" * (end - begin)),
            st.just(b"[" * 5000),
            st.just(b'{"a":' * 5000),
        )
    )
    return data[:begin] + middle + data[end:]


@fuzz(SUITES)
@given(suite_texts())
def test_any_suite_text_is_a_suite_or_a_mistake_in_one_line(text):
    try:
        suite = parse_suite(text, "made", "made.toml")
    except AttnbenchError as error:
        assert "\n" not in str(error)  # noqa: PT017 the error may also not come
        return
    for planned in suite.plan("cpu"):
        assert planned.trial.key


@fuzz(min(SUITES // 20, 200))
@given(st.data())
def test_any_bytes_of_a_suite_file_are_a_suite_or_a_mistake(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(garbled(data.draw, GOOD.encode()))
    try:
        read_suite(path)
    except AttnbenchError as error:
        assert "\n" not in str(error)  # noqa: PT017


WHOLE = {
    name: (NEWEST / name).read_bytes() for name in (RECORDS, ENVIRONMENTS, CONDITIONS, INFO, SUITE)
}


@st.composite
def folders(draw):
    """The files of a run, some lines of which were changed."""
    files = dict(WHOLE)
    for name in draw(st.sets(st.sampled_from([*WHOLE, RECORDS]), min_size=1, max_size=2)):
        if name == SUITE:
            files[name] = draw(suite_texts()).encode()
            continue
        lines = [files[name]] if name == INFO else files[name].splitlines(keepends=True)
        for _ in range(draw(st.integers(1, 2))):
            i = draw(st.integers(0, len(lines) - 1))
            lines[i] = line(draw, lines[i])
        files[name] = b"".join(lines)
    return files


def line(draw, whole):
    if draw(st.integers(0, 3)) == 0:
        return garbled(draw, whole)
    try:
        value = json.loads(whole)
    except (ValueError, RecursionError):
        return garbled(draw, whole)
    value = changed(draw, value)
    if isinstance(value, dict) and draw(st.booleans()):
        own_key(value)
    return json.dumps(value).encode() + b"\n"


def own_key(value):
    """Gives a changed record the key that its trial has now, so that it is looked at further."""
    from attnbench.trial import Trial

    try:
        value["key"] = msgspec.convert(value["trial"], Trial).key
    except (KeyError, msgspec.ValidationError):
        return


def read(folder, files):
    """The run, or None where there is none that could be read."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    try:
        return read_run(folder)
    except AttnbenchError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@fuzz(LINES)
@given(folders())
def test_any_lines_of_a_run_are_read_or_left_out(folder, files):
    run = read(folder, files)
    if run is None:
        return
    rows = frame(run)
    assert len(rows) <= sum(len(r.readings) for r in run.records)
    assert rows["value"].map(abs).max() <= 1e30 or rows.empty
    assert {r.key for r in run.records} <= {r.trial.key for r in run.records}
    for warning in run.warnings:
        assert "\n" not in warning


@fuzz(FOLDERS)
@given(folders())
def test_any_run_that_can_be_read_is_reported_merged_and_exported(folder, files):
    run = read(folder, files)
    if run is None:
        return
    evidence = Evidence(run)
    try:
        chapters(evidence)
        if evidence.suite:
            verdicts(evidence.suite.claims, run.records)
        merge([run, run], folder / "merged")
        to_csv([run], folder / "rows.csv")
    except AttnbenchError as error:
        assert "\n" not in str(error)  # noqa: PT017
