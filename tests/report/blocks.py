"""What sections return, for tests to look into."""

from dataclasses import replace

from made_up import made_up_run

from attnbench.report.document import Figure, Fold, Inline, Row
from attnbench.report.evidence import Evidence
from attnbench.report.tables import Table


def evidence(*records):
    return Evidence(replace(made_up_run(rounds=1), records=records, warnings=()))


def plain(text):
    return "".join(p.text if isinstance(p, Inline) else p for p in text.parts)


def tables(blocks):
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Fold):
            yield from tables(block.blocks)
        elif isinstance(block, Row):
            yield from tables(b for column in block.columns for b in column)
        elif isinstance(block, Figure):
            yield block.table


def row(table, name):
    return next([(c.text, *c.lines) for c in r[1:]] for r in table.rows if r[0].text == name)
