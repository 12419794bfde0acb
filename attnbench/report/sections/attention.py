"""What trained heads attend to: numbers over validation images, and maps over a few of them."""

from attnbench.report.document import Bullets, Fold, Heading, bullets, strong, text
from attnbench.report.evidence import Evidence
from attnbench.report.gallery import Cell as Shown
from attnbench.report.gallery import Gallery, Mark, Shared, Store
from attnbench.report.numbers import interval
from attnbench.report.pictures import picture
from attnbench.report.sections import section
from attnbench.report.seen import Group, MapName, Seen, cell, groups
from attnbench.report.settings import Setting
from attnbench.report.shown import ROWS, distance, first
from attnbench.report.tables import Cell, Column, Table, estimated, names, nothing
from attnbench.trial import Trial

READINGS = (
    ("attention.cosine_distance", "cosine distance of queries", ""),
    ("attention.jsd", "divergence of queries", "nats"),
    ("attention.region", "region lift, map of a query", ""),
    ("attention.boundary", "boundary lift, map of a query", ""),
    ("attention.shared.region", "region lift, shared map", ""),
    ("attention.shared.boundary", "boundary lift, shared map", ""),
    ("attention.bases.given_base", "entropy of the class given the base", "nats"),
    ("attention.bases.shuffled", "same, labels shuffled", "nats"),
    ("attention.bases", "one over the other", ""),
    ("attention.bases.within", "same, within an image", ""),
)
DEFINITIONS = (
    (
        ("attention.cosine_distance",),
        text(
            strong("Cosine distance and divergence "),
            "(Jensen-Shannon) are between the maps of two queries, over all pairs: 0 where every "
            "query has the same map, at most 0.5 for maps that share nothing, and ln 2.",
        ),
    ),
    (
        ("attention.region", "attention.shared.region"),
        text(
            strong("Lift "),
            "is the share of a map's weight on pixels of the query's own class, or on class "
            "boundaries, over the share of pixels that are such: 1 is chance. A map that keeps to "
            "the neighbourhood of its query has a region lift above 1 by that alone.",
        ),
    ),
    (
        ("attention.bases",),
        text(
            strong("Entropy "),
            "of the class, given the base that a pixel belongs to, against the same with the "
            "labels shuffled within each image: a ratio of 1 is a base that says nothing of "
            "classes, 0 one that is of a single class. A base is taken to mean the same in all "
            "images, and in the last column within each alone.",
        ),
    ),
)
OPEN = 6  # heads whose maps are shown without being asked for


@section("What the trained heads attend to", order=14)
def attention(evidence: Evidence) -> list | None:
    having = evidence.by_trial.having
    keys = {key for metric, _, _ in READINGS for key in having.get(metric, ())}
    trials = sorted((t for t in evidence.trials.values() if t.key in keys), key=evidence.rank)
    measured = first(trials, ROWS, lambda t: distance(evidence, Setting.of(t)))
    table = [_definitions(evidence), _table(evidence, measured.items)] if trials else []
    seen = first(groups(evidence), ROWS, lambda _: 0, lambda group: len(group.heads))
    told = measured.told(evidence, "rows") + seen.told(
        evidence, "sets of images", "of the first heads"
    )
    maps = [b for i, group in enumerate(seen.items) for b in _maps(group, i)]
    return told + table + maps or None


def _definitions(evidence: Evidence) -> Bullets:
    """Of the readings that the run has."""
    present = {metric for _, metric in evidence.values}
    return bullets([t for metrics, t in DEFINITIONS if present.intersection(metrics)])


def _table(evidence: Evidence, trials: list[Trial]) -> Table:
    columns = [names(trials)]
    for metric, title, unit in READINGS:
        cells = tuple(_number(evidence, t, metric) for t in trials)
        columns.append(Column(title, cells, unit, "measured"))
    caption = "Attention of the trained heads, means over seeds with intervals of 95 %"
    return Table(caption, tuple(columns)).without_empty_columns()


def _number(evidence: Evidence, trial: Trial, metric: str) -> Cell:
    value = evidence.values.get((trial.key, metric))
    if value is None:
        return nothing()
    return estimated(interval(value.estimate), value.estimate, value.unit)


def _maps(group: Group, place: int) -> list:
    heads = [seen for seen in group.heads if any(seen.maps())]
    if not heads:
        return []
    intro = (
        "Maps of the first seed over the images. The image is seen where the map is high, and is "
        "black where it is low: brightness is the root of the weight over the map's largest. A "
        "ring is the query that a map is of; a map without one is that of all queries, or of a "
        "base: of these the ones with the most pixels are shown."
    )
    images = group.shared("attention", place)
    galleries = [_gallery(seen, images) for seen in heads]
    few = len(heads) <= OPEN
    blocks = galleries if few else [Fold(g.title, (g,)) for g in galleries]
    return [Heading("Maps"), text(intro), Store(tuple(images.values())), *blocks]


def _gallery(seen: Seen, images: dict[int, Shared]) -> Gallery:
    found = sorted(seen.maps(), key=lambda m: (m[0].image, m[0].kind, m[0].name))
    return Gallery(seen.trial.label, tuple(_shown(seen, m, uri, images) for m, uri in found))


def _shown(seen: Seen, of: MapName, uri: str, images: dict[int, Shared]) -> Shown:
    where = f"image {of.image + 1}"
    name = f"base {of.at[0] + 1}" if of.kind == "base" else of.name
    alt = f"{name} map of {seen.trial.label} over {where}"
    return cell(f"{where}, {name}", alt, uri, images.get(of.image), _mark(of, uri))


def _mark(of: MapName, uri: str) -> Mark | None:
    grid = picture(uri)
    if of.kind != "query" or grid is None or len(of.at) < 2:
        return None
    row, column = of.at
    if row >= grid.height or column >= grid.width:
        return None
    return (column + 0.5) / grid.width, (row + 0.5) / grid.height
