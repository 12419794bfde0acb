"""The command line as it is, with fake workers."""

from functools import partial

from attnbench.cli import main
from attnbench.gate import judge, versions

if __name__ == "__main__":
    judge.Version = partial(versions.Version, module="tests.gate.fake_worker")
    main()
