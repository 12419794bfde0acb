"""Running a suite: a session of tasks, done by worker processes, recorded as they end.

Called, it is `attnbench.run(suite, ...)`, which measures a suite: see `attnbench.api.running`.
"""

from attnbench.callable_package import make_callable

make_callable(__name__, "attnbench.api.running:run")
