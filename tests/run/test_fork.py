"""What a fork answers, and what is left of one that does not."""

import os
import signal

from attnbench.run.fork import in_fork


def test_it_answers_from_another_process_with_status_0():
    answer, status = in_fork(os.getpid)

    assert int(answer) != os.getpid()
    assert status == 0


def test_what_it_raises_is_told_on_stderr_and_by_its_status(capfd):
    answer, status = in_fork(lambda: int("no number"))

    assert answer == b""
    assert os.waitstatus_to_exitcode(status) == 1
    assert "invalid literal" in capfd.readouterr().err


def test_a_signal_that_ends_it_is_in_its_status():
    answer, status = in_fork(lambda: os.kill(os.getpid(), signal.SIGKILL))

    assert answer == b""
    assert os.WTERMSIG(status) == signal.SIGKILL
