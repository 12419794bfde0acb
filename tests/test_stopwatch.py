"""Where the time goes: parts that add up to the whole."""

from attnbench.stopwatch import Stopwatch


class Clock:
    def __init__(self):
        self.time = 100.0

    def __call__(self):
        return self.time

    def passes(self, seconds):
        self.time += seconds


def test_what_is_begun_within_another_is_not_in_that_one():
    clock = Clock()
    watch = Stopwatch(clock)

    with watch.on("metrics"):
        clock.passes(1)
        with watch.on("samples"):
            clock.passes(2)
        clock.passes(4)
        with watch.on("samples"):
            clock.passes(8)

    assert watch.seconds == {"metrics": 1 + 4, "samples": 2 + 8}


def test_time_of_nothing_is_not_counted():
    clock = Clock()
    watch = Stopwatch(clock)

    clock.passes(1)
    watch.begin("suite")
    clock.passes(2)
    watch.begin("")
    clock.passes(4)
    with watch.on("end"):
        clock.passes(8)
    clock.passes(16)

    assert watch.seconds == {"suite": 2, "end": 8}


def test_what_fails_is_counted_as_well():
    clock = Clock()
    watch = Stopwatch(clock)

    with watch.on("whole"):
        try:
            with watch.on("head"):
                clock.passes(3)
                int("no number")
        except ValueError:
            clock.passes(1)

    assert watch.seconds == {"whole": 1, "head": 3}


def test_a_part_that_somebody_else_tells_leaves_the_sum_as_it_is():
    clock = Clock()
    watch = Stopwatch(clock)
    with watch.on("waiting"):
        clock.passes(10)

    watch.split("waiting", {"samples": 6.0, "warm-up": 1.0})
    watch.split("waiting", {"samples": 2.0})

    assert watch.seconds == {"waiting": 1, "samples": 8, "warm-up": 1}
