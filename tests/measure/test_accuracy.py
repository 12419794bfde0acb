import hashlib
import json
from dataclasses import asdict, replace

import pytest
import torch

from attnbench import measure
from attnbench.errors import MissingDataError, SuiteError, UnknownNameError, UnmeasuredError
from attnbench.measure._bench import Bench
from attnbench.run.executors import inline
from attnbench.run.session import work
from attnbench.suite_file import override, parse_suite
from attnbench.train.batches import Batches, pictures
from attnbench.train.evaluate import evaluated
from attnbench.train.kept import kept, rebuilt
from attnbench.train.weights import read_weights
from attnbench.training import Training
from attnbench.trial import Shape, Trial

TRIAL = Trial("ema", Shape(2, 8, 8, 8), {"bases": 4}, mode="training", device="cpu")
RECIPE = Training(
    options={"size": 64, "slots": 2, "distance": 0, "keys": 2},
    subset=6,
    steps=3,
    checkpoint_every=1,
)
SUITE = """
title = "t"
question = "q"
heads = ["fcn", "gc"]
[training]
steps = 3
subset = 6
options = { size = 64, slots = 2, keys = 2, distance = 0 }
[[sweep]]
metrics = ["accuracy"]
mode = "training"
batch = 2
channels = 8
size = 8
[budget]
rounds = 2
"""


def readings(trial=TRIAL, recipe=RECIPE, number=0, folder=""):
    return measure.readings("accuracy", Bench(trial, round=number, training=recipe, folder=folder))


def suite(text=SUITE):
    return parse_suite(text, "made", "made.toml")


def test_what_a_training_gives():
    found = readings()

    accuracy, classes = found["accuracy"], found["accuracy"].terms
    assert accuracy.samples[0] == pytest.approx(sum(classes.values()) / len(classes))
    assert (accuracy.unit, accuracy.better, accuracy.origin) == ("share", "higher", "measured")
    assert 0 <= found["accuracy.pixel"].samples[0] <= 1
    assert len(found["accuracy.curve"].samples) == RECIPE.steps
    assert found["accuracy.loss"].samples == found["accuracy.curve"].samples[-1:]
    assert found["accuracy.loss"].better == "lower"


def test_a_round_is_a_seed_and_gives_the_same_again():
    one, again, other = readings(), readings(), readings(number=1)

    assert one["accuracy.curve"] == again["accuracy.curve"]
    assert one["accuracy"] == again["accuracy"]
    assert one["accuracy.curve"].samples != other["accuracy.curve"].samples


def test_a_reading_says_which_training_it_is_of():
    (note,) = readings(number=1)["accuracy"].notes

    assert note.startswith(f"recipe {RECIPE.key}: legend_map ")
    assert "3 steps" in note
    assert note.endswith("seed 1")


def test_a_place_is_no_part_of_a_recipe_and_a_setting_is():
    assert replace(RECIPE, root="/elsewhere", checkpoint_every=7).key == RECIPE.key
    assert replace(RECIPE, keep_weights=True).key == RECIPE.key
    assert replace(RECIPE, lr=1.0).key != RECIPE.key


def test_a_recipe_has_the_key_that_it_had_before_weights_could_be_kept():
    told = asdict(RECIPE) | {"root": "", "checkpoint_every": 0, "shown": 0}
    del told["keep_weights"]
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))

    assert RECIPE.key == hashlib.sha256(text.encode()).hexdigest()[:12]


def test_what_was_trained_is_kept_when_it_is_asked_for(tmp_path):
    recipe = replace(RECIPE, keep_weights=True, root="/somewhere", shown=0)
    folder = str(tmp_path / "trainings")

    found = readings(recipe=recipe, number=1, folder=folder)

    (path,) = (tmp_path / "weights").iterdir()
    of, weights = kept(read_weights(path), "it")
    assert path.name == f"{TRIAL.key}-1.pt"
    assert (of.trial, of.classes, of.seed) == (TRIAL, pictures(recipe, "val").classes, 1)
    assert of.recipe == replace(recipe, root="")
    made = rebuilt(of, weights, "it").eval()
    how = {"crop": (64, 64), "batch": 2, "device": torch.device("cpu")}
    scored = evaluated(made, pictures(recipe, "val"), recipe, **how)
    assert scored.mean_iou == found["accuracy"].samples[0]
    assert not (tmp_path / "trainings").exists()


def test_nothing_is_kept_unasked(tmp_path):
    readings(folder=str(tmp_path / "trainings"))

    assert not list(tmp_path.iterdir())


class Killed(BaseException):
    pass


def test_a_training_that_was_killed_goes_on_to_the_same_result(tmp_path, monkeypatch):
    undisturbed, drawn = readings(), Batches.of
    steps = []

    def of(self, step):
        steps.append(step)
        if steps.count(2) == 1 and step == 2:
            raise Killed
        return drawn(self, step)

    monkeypatch.setattr(Batches, "of", of)
    with pytest.raises(Killed):
        readings(folder=str(tmp_path / "trainings"))
    resumed = readings(folder=str(tmp_path / "trainings"))

    assert steps == [0, 1, 2, 2]
    assert resumed["accuracy"] == undisturbed["accuracy"]
    assert resumed["accuracy.curve"] == undisturbed["accuracy.curve"]
    assert not (tmp_path / "trainings").exists()


def test_the_state_of_another_recipe_is_not_gone_on_with(tmp_path, monkeypatch):
    drawn, steps = Batches.of, []

    def of(self, step):
        steps.append(step)
        if len(steps) == 3:
            raise Killed
        return drawn(self, step)

    monkeypatch.setattr(Batches, "of", of)
    with pytest.raises(Killed):
        readings(folder=str(tmp_path))
    readings(recipe=replace(RECIPE, lr=0.5), folder=str(tmp_path))

    assert steps == [0, 1, 2, 0, 1, 2]


def test_other_pictures_and_other_options_are_scored_with_the_same_weights():
    recipe = replace(
        RECIPE,
        transfer=({"size": 96}, {"noise": 40.0}),
        evaluate_with=({"iterations": 3}, {"iterations": 1}),
    )

    found = readings(recipe=recipe)

    elsewhere, other = found["accuracy.transfer"], found["accuracy.with"]
    assert set(elsewhere.terms) == {"size=96", "noise=40.0"}
    assert elsewhere.samples[0] == min(elsewhere.terms.values())
    assert other.terms["iterations=3"] == found["accuracy"].samples[0]  # 3 is the default
    assert set(other.terms) == {"iterations=1", "iterations=3"}


def test_a_whole_network_is_trained_on_crops_of_the_size_of_the_trial(monkeypatch):
    trial = replace(TRIAL, shape=Shape(2, 3, 32, 40), part="network", backbone="resnet18")
    drawn, seen = Batches.of, []

    def of(self, step):
        images, labels = drawn(self, step)
        seen.append(tuple(images.shape))
        return images, labels

    monkeypatch.setattr(Batches, "of", of)
    found = readings(trial, replace(RECIPE, steps=1, subset=2))

    assert seen == [(2, 3, 32, 40)]
    assert 0 <= found["accuracy"].samples[0] <= 1


def test_without_a_recipe_there_is_no_accuracy():
    with pytest.raises(UnmeasuredError, match="no \\[training\\]"):
        measure.readings("accuracy", Bench(TRIAL))


def test_data_that_are_not_there_are_a_skip_with_the_reason():
    recipe = replace(RECIPE, dataset="camvid", options={}, root="/nowhere", subset=0)
    (task,) = work(replace(suite().only(["gc"]), training=recipe), "cpu", 0).trained[:1]

    (record,) = inline([task])

    with pytest.raises(MissingDataError) as reason:
        readings(recipe=recipe)
    assert (record.status, record.message) == ("skipped", str(reason.value))


def test_a_suite_trains_each_head_in_every_round_with_its_recipe():
    found = work(suite(), "cpu", seed=5, folder="/kept")

    assert (len(found.trained), len(found.timed), len(found)) == (4, 0, 4)
    assert {task.round for task in found.trained} == {0, 1}
    assert all(task.training == suite().training for task in found.trained)
    assert all(task.folder == "/kept" for task in found.trained)


def test_what_is_timed_beside_it_is_done_alone_and_a_count_has_no_recipe():
    text = SUITE.replace('["accuracy"]', '["accuracy", "latency"]')
    text += '[[sweep]]\ndevice = "meta"\nmetrics = ["params"]\nchannels = 8\nsize = 8\n'

    found = work(suite(text), "cpu", seed=5)

    assert (len(found.trained), len(found.timed)) == (0, 4)
    assert all(task.training for task in found.timed)
    assert not any(task.training for task in found.counted)


def test_a_setting_of_the_training_is_typed():
    changed = override(suite(), ["steps=150", "scales=1,1.5", "flip=true", "root=/my,data"])

    assert changed.training == replace(
        suite().training, steps=150, scales=(1, 1.5), flip=True, root="/my,data"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps = 3", "step = 3", "training: unknown setting 'step'; did you mean 'steps'"),
        ("steps = 3", "steps = 0", "steps = 0: expected a number above zero"),
        ("steps = 3", "lr = inf", "lr = inf"),
        ("steps = 3", "warmup = 1.0", "warmup = 1.0: a share of the steps"),
        ("steps = 3", "shown = 9", "shown = 9: expected 0 to 8 images"),
        ("steps = 3", "shown = -1", "shown = -1: expected a number not below zero"),
        ("steps = 3", 'gates = "ajar"', "unknown gates 'ajar'"),
        ("steps = 3", 'schedule = "cosin"', "unknown schedule 'cosin'; did you mean 'cosine'"),
        ("steps = 3", 'dataset = "camvit"', "unknown data set 'camvit'; did you mean 'camvid'"),
        ("steps = 3", "scale = [2.0, 1.0]", "scale = (2.0, 1.0): [lowest, highest]"),
        ("steps = 3", "scales = []", "scales = ()"),
        ("keys = 2", "key = 2", "unknown option of legend_map 'key'"),
        ("steps = 3", "transfer = [{ sise = 9 }]", "unknown option of legend_map 'sise'"),
        ("steps = 3", "evaluate_with = [{ rate = 9 }]", "no head of this suite has {'rate': 9}"),
        ("steps = 3", 'evaluate_with = [{ pool = "x" }]', "gc: pool = 'x': choose one of"),
        ('mode = "training"', "", 'write mode = "training"'),
        ('mode = "training"', 'mode = "training"\ndtype = "float64"', "float64 is not trained"),
        ('mode = "training"', 'mode = "training"\npart = "head"', "part attention or network"),
    ],
)
def test_a_mistake_in_a_training_is_one_line(old, new, message):
    assert old in SUITE

    with pytest.raises((SuiteError, UnknownNameError)) as told:
        suite(SUITE.replace(old, new, 1))

    assert message in str(told.value)
    assert "\n" not in str(told.value)


def test_accuracy_without_a_training_is_told():
    text = SUITE.replace("[training]", "[budget]").partition("[budget]\nrounds")[0]
    text = text.replace("[budget]\nsteps = 3\nsubset = 6\n", "").replace("options = {", "#")

    with pytest.raises(SuiteError, match="accuracy needs the training it is of"):
        suite(text)


def test_a_setting_of_a_suite_that_trains_nothing_is_told():
    text = 'title = "t"\nquestion = "q"\nheads = ["gc"]\n[[sweep]]\nmetrics = ["params"]\n'

    with pytest.raises(SuiteError, match="this suite trains nothing"):
        override(suite(text + "channels = 8\nsize = 8\n"), ["steps=5"])
