"""The search for garbage is kept from what has none, and is afterwards as it was."""

import gc
import subprocess
import sys

import pytest

from attnbench.garbage import no_search


def test_the_search_for_garbage_is_as_before():
    for was_on in (True, False):
        (gc.enable if was_on else gc.disable)()
        try:
            with pytest.raises(KeyError), no_search():
                raise KeyError
            assert gc.isenabled() is was_on
            assert gc.get_freeze_count() == 0
        finally:
            gc.enable()


def test_what_another_has_set_aside_stays_so():
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        with no_search():
            pass
        assert gc.get_freeze_count() >= before * 0.9  # what is dropped meanwhile leaves it
    finally:
        gc.unfreeze()


@pytest.mark.parametrize(("kept", "said"), [(True, ""), (False, "taken apart")])
def test_what_is_left_to_the_end_is_not_taken_apart(kept, said):
    script = f"""
from attnbench.garbage import left_to_the_end

class Large:
    def __del__(self):
        print("taken apart")

large = Large()
if {kept}:
    left_to_the_end(large)
"""

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stdout.strip() == said
    assert done.returncode == 0
