"""Pictures side by side, as values: each may lie over an image that several share."""

from dataclasses import dataclass

from attnbench.report.pictures import Picture

Mark = tuple[float, float]  # shares of width and height


@dataclass(frozen=True)
class Shared:
    """An image that the page holds once. `name` is its id, and unique on the page."""

    name: str
    picture: Picture


@dataclass(frozen=True)
class Cell:
    """A picture with its words. `caption` stands below it, `alt` is read aloud in its place.

    Over an image, `picture` is a map of weights: dark where they are low. Without a picture the
    image alone is shown; without both `fault` says why there is nothing to see.
    """

    caption: str
    alt: str
    picture: Picture | None = None
    over: Shared | None = None
    mark: Mark | None = None  # the query of a map
    fault: str = ""

    @property
    def size(self) -> tuple[int, int]:
        shown = self.over.picture if self.over else self.picture
        return (shown.width, shown.height) if shown else (1, 1)


@dataclass(frozen=True)
class Gallery:
    """Cells in a grid that wraps."""

    title: str
    cells: tuple[Cell, ...]
    block: str = "gallery"


@dataclass(frozen=True)
class Store:
    """The images that the cells of a section share; nothing of it is seen."""

    images: tuple[Shared, ...]
    block: str = "store"


@dataclass(frozen=True)
class Legend:
    """What colours mean: "#rrggbb" and a name."""

    items: tuple[tuple[str, str], ...]
    block: str = "legend"
