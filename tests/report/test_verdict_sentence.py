"""The sentence of the answer that says how many claims hold, for one and for many."""

from types import SimpleNamespace

import pytest

from attnbench.report.answer import _verdicts


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["holds"], "Of 1 claim checked here 1 holds"),
        (["fails", "not measured here"], "Of 1 claim checked here 0 hold; 1 fails: a"),
        (["holds", "fails", "unclear"], "Of 3 claims checked here 1 holds; 1 fails: b"),
        (["holds", "holds"], "Of 2 claims checked here 2 hold"),
    ],
)
def test_one_and_many(words, told):
    verdicts = [
        SimpleNamespace(word=word, claim=SimpleNamespace(id=name))
        for word, name in zip(words, "abc", strict=False)
    ]

    parts = _verdicts(SimpleNamespace(verdicts=verdicts))

    assert "".join(getattr(p, "text", p) for p in parts).startswith(told)
