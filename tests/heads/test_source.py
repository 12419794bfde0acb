from pathlib import Path

from attnbench import heads


def test_the_source_of_a_head_covers_the_heads_that_it_is_made_of(monkeypatch):
    before = heads.source("isa"), heads.source("ema")
    read = Path.read_bytes
    changed = heads.HEADS.path("self_attention")

    monkeypatch.setattr(Path, "read_bytes", lambda p: read(p) + b"#" if p == changed else read(p))

    assert heads.source("isa") != before[0]
    assert heads.source("ema") == before[1]
