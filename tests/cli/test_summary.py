from attnbench.cli._summary import print_summary
from attnbench.record import Reading, Record
from attnbench.store import Run, RunInfo
from attnbench.trial import Shape, Trial

NOTE = "recipe abc: legend_map, 600 steps; seed 0"


def test_a_run_that_trained_shows_what_the_heads_buy_and_the_training(tmp_path, capsys):
    trial = Trial("gc", Shape(16, 64, 16, 16), device="cpu", mode="training")
    share = Reading((0.524,), "share", "higher", "measured", notes=(NOTE,))
    records = [Record(trial, trial.key, n, "ok", readings={"accuracy": share}) for n in range(2)]
    info = RunInfo("accuracy", "2026-01-01T00:00:00+00:00", "0", seed=1, device="cpu", threads=1)
    text = 'title = "t"\nquestion = "q"\nheads = ["gc"]\n[[sweep]]\nmetrics = ["params"]\n'

    print_summary(Run(tmp_path, info, text + "channels = 8\nsize = 8\n", tuple(records), {}))

    out = capsys.readouterr().out
    assert "52.4" in out
    assert "legend_map, 600 steps" in " ".join(out.split())
    assert "No head has a reading" not in out
