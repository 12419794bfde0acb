"""The printed figures of the papers that a suite names."""

from dataclasses import replace

import pytest
from made_up import SUITE, made_up_run

from attnbench.errors import AttnbenchError
from attnbench.report.evidence import Evidence
from attnbench.report.sections import SECTIONS
from attnbench.report.tables import Table
from attnbench.suite_file import parse_suite

NAMES = 'papers = ["emanet"]'


def named(names):
    assert NAMES in SUITE
    return SUITE.replace(NAMES, names)


def section(names):
    run = replace(made_up_run(rounds=1), suite_text=named(names))
    return SECTIONS["papers"].body(Evidence(run))


def test_a_table_for_each_paper_that_has_figures_to_check():
    blocks = section('papers = ["fanet", "danet", "isa"]')

    tables = [b for b in blocks if isinstance(b, Table)]
    assert [t.caption for t in tables] == [
        "FANet (Hu et al., RA-L 2020)",
        "ISA (Huang et al., 2019)",
    ]
    row = next(r for r in tables[0].rows if r[0].text == "t1.sa.c512.gflops")
    assert [(c.text, *c.lines)[:2] for c in row[1:3]] == [("602 G", "macs"), ("602.37 G", "+0.1 %")]


def test_no_section_for_a_suite_that_names_no_paper():
    assert section("") is None
    assert section('papers = ["danet"]') is None  # which has no figure for arithmetic


def test_a_paper_that_is_not_there():
    with pytest.raises(AttnbenchError, match="s: unknown paper 'fanot'; did you mean 'fanet'"):
        parse_suite(named('papers = ["fanot"]'), "s", "s")
