"""A name that is not there is answered with the nearest that is, in one line, with exit code 2."""

import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from attnbench.cli import attnbench
from attnbench.errors import AttnbenchError
from tests.cli.commands import ALONE, EVERY

RUN = Path(__file__).parents[1] / "data" / "format-1" / "20260101-000000-tiny"
CHOICES = [
    (words, param)
    for words, command in ALONE.items()
    for param in command.params
    if isinstance(param.type, click.Choice)
]


def _called(value):
    return " ".join(value) if isinstance(value, tuple) else value.name


def refused(*words):
    """What `main` would print behind "error: "."""
    done = CliRunner().invoke(attnbench, words)
    assert isinstance(done.exception, AttnbenchError), done.output
    assert done.exception.exit_code == 2
    assert len(str(done.exception).splitlines()) == 1
    return str(done.exception)


@pytest.mark.parametrize(
    ("line", "near"),
    [
        ("runn", "unknown command 'runn'; did you mean 'run'?"),
        ("data chek x", "unknown command 'chek'; did you mean 'check'?"),
        ("run --suite smoek", "unknown suite 'smoek'; did you mean 'smoke'?"),
        ("run --suite smoke --head emma", "unknown head 'emma'; did you mean 'ema'?"),
        ("run --suite smoke --head ema:basis=3", "option of ema 'basis'; did you mean 'bases'?"),
        ("run --suite smoke --only em", "unknown head of this suite 'em'; did you mean 'ema'?"),
        ("run --suite smoke --set sise=3", "unknown axis 'sise'; did you mean 'size'?"),
        ("run --suite smoke --set dtype=float3", "unknown dtype 'float3'; did you mean 'float32'?"),
        ("run --suite accuracy --set optimiser=adam", "'adam'; did you mean 'adamw'?"),
        ("run --suite accuracy --set dataset=legend", "'legend'; did you mean 'legend_map'?"),
        ("run --resume {run}x", "no such run folder; did you mean '{run}'?"),
        ("gate --baseline {run}x", "no such run folder; did you mean '{run}'?"),
        ("gate --base HEAD --suite gat", "unknown suite 'gat'; did you mean 'gate'?"),
        ("report {run}x", "{run}x: no such run folder; did you mean '{run}'?"),
        ("report results/{run}x", "no such run folder; did you mean '{run}'?"),
        ("claims {run}x", "no such run folder; did you mean '{run}'?"),
        ("claims --paper isaa", "unknown paper 'isaa'; did you mean 'isa'?"),
        ("merge {run}x --into both", "no such run folder; did you mean '{run}'?"),
        ("export {run}x --csv x", "no such run folder; did you mean '{run}'?"),
        ("history --metric macs.countd", "'macs.countd'; did you mean 'macs.counted'?"),
        ("history --metric macs.counted --head emma", "unknown head 'emma'; did you mean 'ema'?"),
        ("predict --head emma --size 8", "unknown head 'emma'; did you mean 'ema'?"),
        ("show emma", "'emma'; did you mean 'ema'?"),
        ("show latencyy", "'latencyy'; did you mean 'latency'?"),
        ("show resolution-swep", "did you mean 'resolution-sweep'?"),
        ("show isa --set windw=3", "unknown option of isa 'windw'; did you mean 'window'?"),
        ("data check . --dataset camvd", "unknown data set 'camvd'; did you mean 'camvid'?"),
        ("data check . --dataset voc --set agu=true", "'agu'; did you mean 'aug'?"),
    ],
)
def test_the_nearest_name_is_told(line, near, tmp_path, monkeypatch):
    shutil.copytree(RUN, tmp_path / "results" / RUN.name)
    monkeypatch.chdir(tmp_path)

    told = refused(*line.format(run=RUN.name).split())

    assert near.format(run=RUN.name) in told


@pytest.mark.parametrize("words", [(), *EVERY], ids=" ".join)
def test_an_option_that_is_misspelt_is_told_the_right_one(words):
    command = EVERY.get(words, attnbench)
    for param in command.params:
        if isinstance(param, click.Option) and not param.hidden:
            name = max(param.opts, key=len)
            if len(name) > 6:  # of "--set" half the letters would be others
                wrong = name[:-2] + name[-1] + name[-2] + "x"
                assert f"unknown option '{wrong}'; did you mean '--" in refused(*words, wrong)


@pytest.mark.parametrize(("words", "param"), CHOICES, ids=_called)
def test_a_choice_that_is_misspelt_is_told_the_right_one(words, param):
    longest = max(param.type.choices, key=len)
    name = max(param.opts, key=len)
    is_option = isinstance(param, click.Option)

    told = refused(*words, *([name] if is_option else []), longest + "s")

    assert told == (
        f"{name}: unknown value '{longest}s'; did you mean '{longest}'?"
        if is_option
        else f"unknown {param.name} '{longest}s'; did you mean '{longest}'?"
    )


def test_where_nothing_is_near_what_is_known_is_listed():
    assert refused("list", "xyz") == "unknown kind 'xyz'; known: datasets, heads, metrics, suites"


def test_a_choice_that_is_missing_is_one_line():
    done = CliRunner().invoke(attnbench, ["completion"], standalone_mode=False)

    assert done.exception.exit_code == 2
    assert done.exception.format_message().endswith("Choose one of bash, zsh, fish")
    assert "\n" not in done.exception.format_message()
