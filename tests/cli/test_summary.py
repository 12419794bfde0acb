from attnbench.cli._summary import print_summary
from attnbench.record import Reading, Record
from attnbench.store import Run, RunInfo
from attnbench.trial import Shape, Trial

NOTE = "recipe abc: legend_map, 600 steps; seed 0"


SUITE = 'title = "t"\nquestion = "q"\nheads = ["gc"]\n[[sweep]]\nmetrics = ["params"]\n'


def printed(folder, trial, readings, capsys):
    records = [Record(trial, trial.key, n, "ok", readings=readings) for n in range(2)]
    info = RunInfo("tiny", "2026-01-01T00:00:00+00:00", "0", seed=1, device="cpu", threads=1)
    print_summary(Run(folder, info, SUITE + "channels = 8\nsize = 8\n", tuple(records), {}))
    return capsys.readouterr().out


def test_a_run_that_trained_shows_what_the_heads_buy_and_the_training(tmp_path, capsys):
    trial = Trial("gc", Shape(16, 64, 16, 16), device="cpu", mode="training")
    share = Reading((0.524,), "share", "higher", "measured", notes=(NOTE,))

    out = printed(tmp_path, trial, {"accuracy": share}, capsys)

    assert "52.4" in out
    assert "legend_map, 600 steps" in " ".join(out.split())
    assert "No head has a reading" not in out


def test_a_run_that_trained_nothing_says_nothing_of_it(tmp_path, capsys):
    trial = Trial("gc", Shape(1, 64, 16, 16))
    count = Reading((2048,), "MACs", "lower", "counted")

    out = printed(tmp_path, trial, {"macs.counted": count}, capsys)

    assert "Trained" not in out
    assert "MACs" in out
