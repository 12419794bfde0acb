"""The XML is valid by a schema, and is read back."""

from pathlib import Path

import pytest
from lxml import etree

from attnbench.gate.outputs.junit import junit
from attnbench.gate.outputs.wording import findings, names
from attnbench.printable import one_line
from tests.gate.found import EMPTY, EVERY, GATES, HOSTILE, NAMED, change, gate, timing, trial

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parents[1] / "data" / "junit.xsd"))


def parsed(found):
    root = etree.fromstring(junit(found).encode())
    SCHEMA.assertValid(root)
    return root


@pytest.mark.parametrize("which", list(GATES))
def test_it_is_valid_and_its_counts_are_those_of_its_cases(which):
    root = parsed(GATES[which])

    cases = root.findall("testsuite/testcase")
    assert len(cases) == int(root.get("tests")) == len(findings(GATES[which]))
    assert len(root.findall(".//failure")) == int(root.get("failures"))
    for suite in root:
        assert len(suite.findall("testcase")) == int(suite.get("tests"))
        assert len(suite.findall("testcase/failure")) == int(suite.get("failures"))
        assert len(suite.findall("testcase/skipped")) == int(suite.get("skipped"))


def test_a_schema_of_ours_refuses_what_is_no_junit():
    with pytest.raises(etree.DocumentInvalid):
        SCHEMA.assertValid(etree.fromstring("<testsuites><testcase/></testsuites>"))


def test_each_tier_is_a_suite_and_each_answer_has_its_outcome():
    root = parsed(EVERY)

    assert [s.get("name") for s in root] == ["attnbench.smoke.exact", "attnbench.smoke.timed"]
    outcome = {
        case.get("name").split(",")[0] + " " + case.get("classname").rpartition(".")[2]: case[0].tag
        for case in root.iter("testcase")
    }
    assert outcome == {
        "isa exact": "system-out",  # same
        "gc exact": "system-out",  # better
        "danet exact": "failure",
        "ccnet exact": "failure",
        "old exact": "skipped",  # gone
        "young exact": "skipped",  # new
        "fcn exact": "skipped",  # unclear
        "danet timed": "failure",
        "ema timed": "skipped",  # unclear
        "gc timed": "system-out",
        "isa timed": "system-out",
    }


def test_a_failure_tells_both_sides():
    (failure,) = parsed(gate(timing("danet"))).iter("failure")

    assert failure.get("message").startswith("4.10 ms -> 4.92 ms (+18 % to +22 %")
    assert failure.text.splitlines()[:3] == [
        "base: 4.10 ms", "head: 4.92 ms", "difference: +18 % to +22 %",
    ]  # fmt: skip


def test_a_suite_tells_what_was_compared_and_when():
    exact, timed = parsed(EVERY)

    told = {p.get("name"): p.get("value") for p in timed.find("properties")}
    assert told["base"] == "origin/main (0123456789ab)"
    assert told["detectable"] == "0.031"
    assert (timed.get("timestamp"), timed.getparent().get("time")) == (
        "2026-11-21T15:00:00",
        "75.250",
    )
    assert "detectable" not in {p.get("name") for p in exact.find("properties")}


def test_names_and_messages_come_back_with_control_characters_written_out():
    root = parsed(NAMED)

    told = {f"{name}: macs.counted" for name in names(trial(h) for h in HOSTILE).values()}
    assert {case.get("name") for case in root.iter("testcase")} == told
    messages = {f.get("message") for f in root.iter("failure")}
    assert {one_line(name) for name in HOSTILE if name} <= messages


def test_nothing_compared_is_no_suite():
    assert len(parsed(EMPTY)) == 0


def test_a_failure_of_a_quantity_without_a_ratio_says_so():
    (failure,) = parsed(gate(change(base=0, after=3))).iter("failure")

    assert "difference: no ratio" in failure.text
