"""A run in brief, as it is told when it ends: the answer, what heads buy, MACs three ways."""

from itertools import pairwise

from attnbench.report import answer
from attnbench.report.document import Fold, Text
from attnbench.report.evidence import Evidence
from attnbench.report.rivals import dense
from attnbench.report.sections.accuracy import accuracy
from attnbench.report.sections.flops import flops
from attnbench.report.sections.summary import headline
from attnbench.report.slices import reference, slices
from attnbench.report.tables import Table

Blocks = list[Text | Table]


def headlines(evidence: Evidence) -> Blocks:
    """Every head in one table, and the answer in sentences; nothing where none of it was asked."""
    at = reference(slices(evidence), [t.label for t in dense(evidence)])
    if at is None:
        return []
    table = headline(evidence, at)
    tables = [table] if len(table.columns) > 1 else []
    if not tables and at.first("accuracy"):
        return []
    return [*tables, *answer.sentences(evidence, at)]


def details(evidence: Evidence) -> Blocks:
    """What heads buy, and their work by each way of counting it."""
    return [*_bought(evidence), *(b for b in flops(evidence) or () if not isinstance(b, Fold))]


def _bought(evidence: Evidence) -> Blocks:
    """The tables of accuracy, each with the text above it, which tells the training."""
    blocks = accuracy(evidence) or []
    above = {id(text) for text, below in pairwise(blocks) if isinstance(below, Table)}
    return [b for b in blocks if isinstance(b, Table) or id(b) in above]
