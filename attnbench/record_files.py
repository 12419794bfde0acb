"""A file of records as columns; a large one is read in parts, by a process a core."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec

from attnbench.column_parts import Part, add, part
from attnbench.columns import Columns
from attnbench.errors import StoreError
from attnbench.garbage import no_search
from attnbench.plain_files import LONGEST_LINE, blocks, lines_of, reading
from attnbench.record_lines import RecordLines, lines_in
from attnbench.records import Records
from attnbench.run_lines import LeftOut

SMALLEST_PART = 2**25  # bytes: read in half a second, and a process takes a quarter to begin
MOST_PARTS = 8
Tell = Callable[[str, int, int], None]  # what is read, how many bytes, of how many
_ANOTHER = """
import json, sys
path, *rest = sys.argv[1:]
sys.path = json.loads(path)
from attnbench.record_files import send
send(*rest)
"""


class Range(msgspec.Struct):
    """Bytes of a file; to its end where that is None: what is written meanwhile is read too."""

    begin: int
    end: int | None


class _Sent(msgspec.Struct):
    """What a part of a file was read as."""

    columns: Part
    left_out: LeftOut
    lines: int


def records(path: Path, warnings: list[str], tell: Tell | None = None) -> Records:
    """What the lines of a file of records hold. Others are left out, each with a warning."""
    first, *others = _ranges(path)
    size, parts = _size(path), 1 + len(others)

    def told(done: int) -> None:
        if tell:
            tell(f"reading {path.parent.name}", done * parts, max(size, done * parts))

    with _others(path, others) as sent:
        columns, left_out, count = _read(path, first, told)
        for there, answer in zip(others, sent, strict=True):
            found = _decoded(answer.read()) or _part(path, there)
            add(columns, found.columns)
            left_out.add(found.left_out, behind=count)
            count += found.lines
    warnings += left_out.told(path)
    return Records.all(columns)


def send(path: str, of: str) -> None:
    """Writes to stdout what the lines of a range are: the other end of `records`."""
    with no_search():
        found = _part(Path(path), msgspec.json.decode(of, type=Range))
    sys.stdout.buffer.write(msgspec.msgpack.encode(found))


def _read(path: Path, of: Range, told: Callable[[int], None]) -> tuple[Columns, LeftOut, int]:
    read, left_out, count, done = RecordLines(), LeftOut(), 0, 0
    for block in blocks(path, of.begin, of.end):
        if not read.many(block):
            for number, line in enumerate(lines_of(block), count + 1):
                left_out.unless_read(number, line, read)
        count += lines_in(block)
        done += len(block)
        told(done)
    return read.columns, left_out, count


def _part(path: Path, of: Range) -> _Sent:
    columns, left_out, count = _read(path, of, lambda _: None)
    return _Sent(part(columns), left_out, count)


@contextmanager
def _others(path: Path, ranges: Sequence[Range]) -> Iterator[list[IO[bytes]]]:
    """For each range where another process will write what it read; nothing, if it cannot."""
    with ExitStack() as ended:
        answers: list[IO[bytes]] = []
        for process in [_begun(path, of) for of in ranges]:
            if process is None or process.stdout is None:
                answers.append(BytesIO())
                continue
            ended.enter_context(process)
            ended.callback(process.kill)  # before it is waited for
            answers.append(process.stdout)
        yield answers


def _begun(path: Path, of: Range) -> subprocess.Popen[bytes] | None:
    """It imports what this process would. None where no Python can be begun."""
    told = msgspec.json.encode(sys.path), path, msgspec.json.encode(of)
    if not sys.executable:  # within another program
        return None
    try:
        return subprocess.Popen(
            (sys.executable, "-I", "-c", _ANOTHER, *told),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return None


def _decoded(answer: bytes) -> _Sent | None:
    try:
        return msgspec.msgpack.decode(answer, type=_Sent)
    except msgspec.DecodeError:  # it did not live to its end: this process reads the part itself
        return None


def _ranges(path: Path) -> list[Range]:
    """Of whole lines, a process each."""
    size = _size(path)
    parts = max(1, min(_cores(), MOST_PARTS, size // SMALLEST_PART))
    cuts = [0]
    try:
        if parts > 1:
            with reading(path) as stream:
                for i in range(1, parts):
                    stream.seek(max(size * i // parts, cuts[-1]))
                    while (line := stream.readline(LONGEST_LINE)) and not line.endswith(b"\n"):
                        pass
                    cuts.append(stream.tell())
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
    return [Range(begin, end) for begin, end in zip(cuts, [*cuts[1:], None], strict=True)]


def _cores() -> int:
    """That this process may use, where the system tells."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # told where it is read
        return 0
