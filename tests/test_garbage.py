"""The search for garbage is kept from what has none, and is afterwards as it was."""

import gc
import platform
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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_large_blocks_go_back_to_the_system():
    code = """
from attnbench.garbage import large_blocks_go_back
import sys
if sys.argv[1] == "back": large_blocks_go_back()
def pages(): return int(open("/proc/self/statm").read().split()[1])
first = b"x" * (20 * 2**20)
del first  # from now on glibc keeps blocks of this size
before = pages()
several = [b"x" * (10 * 2**20) for _ in range(3)]
above = b"y" * 2**18
del several
print((pages() - before) * 4096)
"""
    left = {
        how: int(subprocess.check_output([sys.executable, "-c", code, how], text=True))
        for how in ("back", "kept")
    }

    assert left["back"] < 2**21
    if platform.libc_ver()[0] == "glibc":  # else there was nothing to mend
        assert left["kept"] > 2**24
