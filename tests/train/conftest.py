import pytest


@pytest.fixture(autouse=True)
def _all_on_one_thread(one_thread):
    """Every test of this folder."""
