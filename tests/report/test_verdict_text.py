import msgspec
import pytest

from attnbench.claims import Claim
from attnbench.report import verdict_text
from attnbench.stats import Estimate, exactly
from attnbench.verdicts import Verdict

ONE = {"metric": "params", "head": "ema"}
TWO = {"metric": "latency", "head": "ema", "to": "fcn"}


def verdict(found, unit="", **check):
    told = {"id": "c", "says": "s", "source": "p", "check": check}
    return Verdict(msgspec.convert(told, Claim), "holds", found, detail="at 8x8", unit=unit)


@pytest.mark.parametrize(
    ("made", "found", "bounds"),
    [
        (
            verdict(exactly(19440), kind="value", within=[19440, 19440], **ONE),
            "19 440",
            "exactly 19 440",
        ),
        (
            verdict(exactly(104), "px", kind="value", within=[0, 255], **ONE),
            "104 px",
            "at most 255 px",
        ),
        (
            verdict(exactly(2**31), "bytes", kind="value", within=[2**30, float("inf")], **ONE),
            "2.00\u00a0GiB",
            "at least 1.00\u00a0GiB",
        ),
        (
            verdict(exactly(3.2), "eps", kind="equal", **ONE),
            "3.20\u00a0eps",
            "at most 1\u202f000 eps",
        ),
        (
            verdict(Estimate(0.5, 0.4, 0.6), kind="ratio", within=[0.3, 0.7], **TWO),
            "0.50\u00a0±\u00a00.10",
            "0.3 to 0.7",
        ),
        (
            verdict(
                Estimate(-0.0312, -0.05, -0.0124),
                "share",
                kind="difference",
                within=[-0.02, float("inf")],
                metric="accuracy",
                head="ema",
                to="fcn",
            ),
            "−3.1\u00a0±\u00a01.9 points",
            "at least -2 points",
        ),
        (
            verdict(exactly(0.001), "s", kind="difference", within=[0, 0.002], **TWO),
            "1.00\u00a0ms",
            "0\u00a0ns to 2.00\u00a0ms",
        ),
        (
            verdict(exactly(4096.0), kind="crossing", within=[0, 1024], **TWO),
            "from 64² on",
            "at most 32²",
        ),
        (
            verdict(
                Estimate(4096.0, 1024.0, float("inf")), kind="crossing", within=[0, 1024], **TWO
            ),
            "from 64² on (32² to beyond)",
            "at most 32²",
        ),
        (
            verdict(exactly(float("inf")), kind="crossing", within=[0, 1024], **TWO),
            "never",
            "at most 32²",
        ),
        (
            verdict(exactly(-2.0), kind="exponent", within=[-2.1, -1.9], **ONE),
            "−2.00",
            "-2.1 to -1.9",
        ),
    ],
)
def test_what_was_found_and_in_which_bounds(made, found, bounds):
    thin = str.maketrans({"\u202f": " "})

    assert verdict_text.found(made).translate(thin) == found.translate(thin)
    assert verdict_text.bounds(made).translate(thin) == bounds.translate(thin)


def test_what_it_is_of():
    ratio = verdict(None, kind="ratio", within=[0, 1], kernel="fused", terms="contraction", **TWO)
    order = verdict(None, kind="order", metric="params", heads=["eca", "gc"])

    assert verdict_text.subject(ratio) == "latency (contraction) of ema fused / fcn"
    assert verdict_text.subject(order) == "params of eca < gc"
    minus = verdict(None, kind="difference", within=[0, 1], **TWO)
    assert verdict_text.subject(minus) == "latency of ema − fcn"
    assert verdict_text.condition(minus.claim).startswith("difference of latency of ema − fcn")
