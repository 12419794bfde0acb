"""Running a suite: a session of tasks, done by worker processes, recorded as they end."""
