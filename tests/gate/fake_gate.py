"""The command line as it is, with fake workers."""

from functools import partial

from attnbench.cli import main
from attnbench.gate import judge, self_test, versions

FAKE = "tests.gate.fake_worker"

if __name__ == "__main__":
    judge.Version = partial(versions.Version, module=FAKE)
    self_test.Version = lambda *words, **how: judge.Version(*words, **how | {"module": FAKE})
    main()
