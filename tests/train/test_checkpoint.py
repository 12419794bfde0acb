import torch

from attnbench.train.checkpoint import Checkpoint


def test_a_state_comes_back_as_it_was_stored(tmp_path):
    kept = Checkpoint(tmp_path / "states" / "a.pt", "a")
    kept.save({"x": torch.arange(3), "losses": [0.5]})

    state = kept.load()

    assert state["x"].tolist() == [0, 1, 2]
    assert state["losses"] == [0.5]


def test_the_state_of_another_training_is_none(tmp_path):
    Checkpoint(tmp_path / "a.pt", "recipe 1").save({"x": 1})

    assert Checkpoint(tmp_path / "a.pt", "recipe 2").load() is None


def test_a_file_that_cannot_be_read_is_none(tmp_path):
    kept = Checkpoint(tmp_path / "a.pt", "a")
    kept.save({"x": torch.zeros(100)})
    whole = kept.path.read_bytes()
    broken = [b"", b"no checkpoint", whole[: len(whole) // 2]]

    for content in broken:
        kept.path.write_bytes(content)
        assert kept.load() is None


def test_a_file_that_would_run_code_is_none(tmp_path):
    path = tmp_path / "a.pt"
    torch.save({"identity": "a", "x": print}, path)

    assert Checkpoint(path, "a").load() is None


def test_nothing_stays_after_success(tmp_path):
    kept = Checkpoint(tmp_path / "states" / "a.pt", "a")
    kept.remove()
    kept.save({"x": 1})
    killed = kept.path.with_name(".a.pt.4711")
    killed.write_bytes(b"of one that was killed as it stored its state")

    kept.remove()

    assert not kept.path.parent.exists()
