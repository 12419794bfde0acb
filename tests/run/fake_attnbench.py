"""The command line as it is, with fake workers: for faults by the hundred."""

from functools import partial

from attnbench.cli import main
from attnbench.run import isolate, places, start

if __name__ == "__main__":
    isolate.START_SECONDS = 3.0  # one that is stopped as it comes up is not worth two minutes
    start.Worker = places.Worker = partial(isolate.Worker, module="tests.run.fake_worker")
    main()
