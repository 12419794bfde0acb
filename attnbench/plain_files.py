"""Files read and written with care: plain ones only, lines of bounded length, and whole or not.

A link in a run folder could point anywhere: following it would show, or append to, a file that is
none of the run's. A pipe or a device would never end.
"""

import errno
import glob
import os
import shutil
import stat
from collections.abc import Container, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from attnbench.errors import StoreError

LONGEST_LINE = 16 * 2**20  # bytes; a record of a thousand readings has less than one
LARGEST_TEXT = 2**20  # bytes of run.json or suite.toml
BLOCK = 2**16  # bytes of whole lines: they and what is made of them fit a cache
BUFFER = 2**18  # bytes: a large run is then read in thousands of calls, not hundreds of thousands
ANOTHER_FILE = "choose another file"
ANOTHER_FOLDER = "choose another folder"


def lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Number and bytes of each line; None for one longer than LONGEST_LINE. None at all: no file.

    Raises StoreError for what is no plain file or cannot be read.
    """
    return enumerate((line for block in blocks(path) for line in lines_of(block)), 1)


def lines_of(block: bytes) -> Iterator[bytes | None]:
    """Each line of a block, as `lines` has it."""
    return (line if len(line) <= LONGEST_LINE else None for line in BytesIO(block))


def blocks(path: Path, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The same lines, as many at a time as fit BLOCK, of those that begin between these bytes.

    What is longer than LONGEST_LINE is cut there, and so has no end of a line.
    """
    try:
        with reading(path) as stream:
            at = stream.seek(begin)
            while block := stream.read(BLOCK if end is None else min(BLOCK, end - at)):
                if not block.endswith(b"\n"):
                    block += stream.readline(LONGEST_LINE)
                    while not block.endswith(b"\n") and (rest := stream.readline(BLOCK)):
                        if rest.endswith(b"\n"):
                            break
                at = stream.tell()
                yield block
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None


def content(path: Path, largest: int = LARGEST_TEXT) -> bytes:
    """All of a file. Raises OSError; StoreError for one that is not plain, or larger."""
    with reading(path) as stream:
        found = stream.read(largest + 1)
    if len(found) > largest:
        raise StoreError(f"{path}: larger than {largest} bytes; such a file is not ours")
    return found


def reading(path: Path) -> BinaryIO:
    return os.fdopen(_plain(path, os.O_RDONLY), "rb", BUFFER)


def appending(path: Path) -> int:
    """A file descriptor at the end of the file, which is made if it is not there."""
    return _plain(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)


def append(descriptor: int, data: bytes) -> None:
    """All of `data` or none of it. Raises OSError, also when the file was removed meanwhile."""
    before = os.fstat(descriptor).st_size
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        os.ftruncate(descriptor, before)
        raise
    if os.fstat(descriptor).st_nlink == 0:
        raise OSError(errno.ENOENT, "the folder was removed while it was written")


def end_torn_line(descriptor: int) -> None:
    """What is appended next starts on a line of its own."""
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        append(descriptor, b"\n")


def refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise StoreError(_a_link(path))


@contextmanager
def replacing(path: Path, mend: str = ANOTHER_FILE, *, sync: bool = False) -> Iterator[Path]:
    """A path beside `path` to write to; what was written there then takes its place, whole.

    Until then, and if anything is raised, what was there stays. A link is replaced, not followed.
    With `sync` it is on the disk before. Raises StoreError, with what `mend`s it, if it cannot be.
    """
    draft = _draft(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
            if sync:
                _sync(draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(_unwritable(path, error, mend)) from None


@contextmanager
def replacing_folder(
    path: Path, kinds: Container[str], mend: str = ANOTHER_FOLDER
) -> Iterator[Path]:
    """The same for a folder, of files that end in one of `kinds`: an empty one to write into.

    Raises StoreError for a folder at `path` that holds anything else: somebody put it there.
    """
    draft = _draft(path)
    try:
        _refuse_others(path, kinds)
        draft.mkdir(parents=True)
        try:
            yield draft
            _exchange(draft, path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise StoreError(_unwritable(path, error, mend)) from None


def leftovers(path: Path) -> list[Path]:
    """What was to replace `path`, of processes that were killed as they wrote it."""
    return list(path.parent.glob(f".{glob.escape(path.name)}.*"))


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


def _exchange(draft: Path, path: Path) -> None:
    """A folder with files in it is not replaced by any one call: the old one steps aside first."""
    aside = draft.with_name(f"{draft.name}.old")
    if path.is_dir():
        path.rename(aside)
    try:
        draft.rename(path)
    except OSError:
        if aside.is_dir():
            aside.rename(path)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _refuse_others(path: Path, kinds: Container[str]) -> None:
    if path.is_symlink():
        raise StoreError(f"{path}: a link, which is not followed; remove it")
    if not path.exists():
        return
    others = [p for p in sorted(path.iterdir()) if p.suffix not in kinds or not p.is_file()]
    if others:
        raise StoreError(
            f"{path}: holds {others[0].name!r}, which is not ours to remove; move it away"
        )


def _unwritable(path: Path, error: OSError, mend: str) -> str:
    return f"{path}: cannot write ({error.strerror or error}); {mend}"


def _plain(path: Path, flags: int) -> int:
    try:
        # Not blocking: opening a pipe would wait for somebody at its other end.
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise StoreError(_a_link(path)) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StoreError(f"{path}: not a plain file; a run folder holds nothing else")
    return descriptor


def _a_link(path: Path) -> str:
    return f"{path}: a link, which is not followed; put the file itself in its place"
