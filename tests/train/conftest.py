import pytest


@pytest.fixture(autouse=True)
def one_thread():
    """As workers have it: tiny layers on several threads mostly wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
