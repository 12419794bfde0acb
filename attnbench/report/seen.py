"""The pictures of trained heads in a run, those together that were taken of the same images.

Their names are "image/0", "truth/0", "mask/0", and of maps "query/NAME/0/ROW,COLUMN",
"shared/NAME/0", "base/NAME/0/K": what follows the number of the image says whose map it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from attnbench.record import Reading
from attnbench.report.evidence import Evidence
from attnbench.report.gallery import Cell, Mark, Shared
from attnbench.report.pictures import Picture, picture
from attnbench.training import MOST_SHOWN
from attnbench.trial import Trial

SHOWN = "accuracy.shown"
NO_PICTURE = "what the record holds here is no picture"
_CLASS = re.compile(r"class (\d{1,5}), (#[0-9a-f]{6}): (.+)")
_MAP = re.compile(r"(query|shared|base)/([^/]+)/(\d{1,2})(?:/(\d{1,5})(?:,(\d{1,5}))?)?")


@dataclass(frozen=True)
class MapName:
    """Which map a picture is of. `at` is the query, row and column, or the number of a base."""

    kind: str
    name: str
    image: int
    at: tuple[int, ...]


@dataclass(frozen=True)
class Seen:
    """A trained head with its pictures, as its first seed made them."""

    trial: Trial
    reading: Reading

    @property
    def pictures(self) -> dict[str, str]:
        return self.reading.pictures

    def maps(self) -> Iterator[tuple[MapName, str]]:
        for name, uri in self.pictures.items():
            if told := _MAP.fullmatch(name):
                kind, of, image, *at = told.groups()
                if int(image) < MOST_SHOWN and (kind == "shared") == (not any(at)):
                    yield MapName(kind, of, int(image), tuple(int(a) for a in at if a)), uri


@dataclass(frozen=True)
class Group:
    """Heads that were looked at on the same images."""

    heads: tuple[Seen, ...]

    @property
    def images(self) -> range:
        first = self.heads[0].pictures
        return range(next((i for i in range(MOST_SHOWN) if f"image/{i}" not in first), MOST_SHOWN))

    def shared(self, section: str, number: int) -> dict[int, Shared]:
        """The images that can be shown, by number; their ids begin with the section's."""
        found = {i: self.picture(f"image/{i}") for i in self.images}
        return {i: Shared(f"{section}-{number}-image-{i}", p) for i, p in found.items() if p}

    def picture(self, name: str) -> Picture | None:
        return picture(self.heads[0].pictures.get(name, ""))

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """Colour and name of the classes that occur in a truth or a mask."""
        notes = dict.fromkeys(note for seen in self.heads for note in seen.reading.notes)
        told = [m.groups() for note in notes if (m := _CLASS.fullmatch(note))]
        return tuple((shade, name) for _, shade, name in sorted(told, key=lambda t: int(t[0])))


def groups(evidence: Evidence) -> list[Group]:
    """In the order of the heads; a head has the pictures of its first round that has some."""
    first: dict[str, Seen] = {}
    for key in evidence.by_trial.having.get(SHOWN, ()):
        for record in sorted(evidence.by_trial.records[key], key=lambda r: r.round):
            reading = record.readings.get(SHOWN)
            if reading is not None and "image/0" in reading.pictures:
                first.setdefault(key, Seen(record.trial, reading))
    found: dict[tuple, list[Seen]] = {}
    for seen in sorted(first.values(), key=lambda s: evidence.rank(s.trial)):
        same = tuple(u for n, u in seen.pictures.items() if n.startswith(("image/", "truth/")))
        found.setdefault(same, []).append(seen)
    return [Group(tuple(heads)) for heads in found.values()]


def cell(
    caption: str, alt: str, uri: str, over: Shared | None = None, mark: Mark | None = None
) -> Cell:
    """A picture of a record, or the words that it is none."""
    shown = picture(uri)
    if shown is None:
        return Cell(caption, f"{alt}: {NO_PICTURE}", fault=NO_PICTURE)
    return Cell(caption, alt, shown, over, mark)
