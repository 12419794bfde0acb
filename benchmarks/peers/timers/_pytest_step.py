"""The test that pytest-benchmark times."""


def test_step(benchmark, step):
    benchmark(step)
