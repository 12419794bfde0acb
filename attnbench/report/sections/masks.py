"""What trained heads make of a few images: their masks beside image and truth."""

from attnbench.report.document import text
from attnbench.report.evidence import Evidence
from attnbench.report.gallery import Cell as Shown
from attnbench.report.gallery import Gallery, Legend, Shared, Store
from attnbench.report.numbers import number
from attnbench.report.sections import section
from attnbench.report.seen import NO_PICTURE, Group, Seen, cell, groups
from attnbench.report.shown import ROWS, first


@section("Masks of the trained heads", order=13)
def masks(evidence: Evidence) -> list | None:
    seen = first(groups(evidence), ROWS, lambda _: 0, lambda group: len(group.heads))
    found = [_group(group, i) for i, group in enumerate(seen.items)]
    told = seen.told(evidence, "sets of images", "of the first heads")
    return told + [block for blocks in found for block in blocks] or None


def _group(group: Group, place: int) -> list:
    intro = (
        "Images of the validation set, the same for every head: the middle of each, as large as a "
        "training crop. Masks are of the first seed; below each is the share of its labelled "
        "pixels that is right. Grey in the truth is void: not scored, whatever a head says there."
    )
    images = group.shared("masks", place)
    galleries = [_gallery(group, i, images) for i in group.images]
    return [text(intro), Legend(group.legend), Store(tuple(images.values())), *galleries]


def _gallery(group: Group, i: int, images: dict[int, Shared]) -> Gallery:
    name = f"Image {i + 1}"
    whole = (
        Shown("image", f"{name} of the validation set", over=images[i])
        if i in images
        else Shown("image", f"{name}: {NO_PICTURE}", fault=NO_PICTURE)
    )
    truth = cell("truth", f"True classes of {name}", group.heads[0].pictures.get(f"truth/{i}", ""))
    return Gallery(name, (whole, truth, *(_mask(seen, i) for seen in group.heads)))


def _mask(seen: Seen, i: int) -> Shown:
    right = seen.reading.terms.get(f"image {i + 1}")
    told = f", {number(100 * right)}\u00a0%" if right is not None else ""
    label = seen.trial.label
    alt = f"Classes that {label} predicts for image {i + 1}"
    return cell(label + told, alt, seen.pictures.get(f"mask/{i}", ""))
