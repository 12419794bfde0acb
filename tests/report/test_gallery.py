"""Masks and maps in the report: what is shown, once, with words; and what is no picture is not."""

import io
import re
from base64 import b64encode

import pytest
from inline_scripts import markup
from made_up import made_up_run, reading, record
from PIL import Image
from test_page import Outline

from attnbench.frame import frame
from attnbench.report.evidence import Evidence
from attnbench.report.gallery import Gallery, Legend, Store
from attnbench.report.page import render
from attnbench.report.pictures import LARGEST_SIDE, picture
from attnbench.report.sections.attention import attention
from attnbench.report.sections.masks import masks
from attnbench.report.tables import Table
from attnbench.trial import Shape, Trial
from tests.replacing import replace

COLOURS = ("recipe abc: made up", "class 10, #e69f00: sky & sea", "class 2, #0072b2: road")
HEADS = ("fcn", "dnl", "ema")


def uri(shade, size=(4, 2), kind="png"):
    stream = io.BytesIO()
    Image.new("L", size, shade).save(stream, kind)
    return f"data:image/{kind};base64,{b64encode(stream.getvalue()).decode()}"


def pictures(head):
    shown = {}
    for i in range(2):
        shown |= {f"image/{i}": uri(10 + i, kind="jpeg"), f"truth/{i}": uri(20 + i)}
        shown[f"mask/{i}"] = uri(30 + HEADS.index(head))
    if head == "dnl":
        shown |= {"query/pairwise/1/1,3": uri(40), "shared/unary/1": uri(41)}
    if head == "ema":
        shown["base/bases/0/6"] = uri(42)
    return shown


def trained(head, seed, shown, **readings):
    told = reading(0.25, "share", "measured", terms={"image 1": 0.125, "image 2": 0.375})
    given = {name: reading(value, "", "measured") for name, value in readings.items()}
    if shown is not None:
        given["accuracy.shown"] = replace(told, notes=COLOURS, pictures=shown)
    trial = Trial(head, Shape(16, 64, 16, 16), device="cpu", mode="training")
    return record(trial, given, round=seed)


def run_of(change=lambda _head, shown: shown):
    records = [trained(head, 0, change(head, pictures(head))) for head in HEADS]
    lifts = [
        {"attention.region": 1 + seed / 2, "attention.shared.region": 0.5} for seed in range(3)
    ]
    records[1] = trained("dnl", 0, change("dnl", pictures("dnl")), **lifts[0])
    records += [trained("dnl", seed, None, **lifts[seed]) for seed in (1, 2)]
    return replace(made_up_run(), records=tuple(records))


@pytest.fixture
def run():
    return run_of()


def kind(blocks, which):
    return [b for b in blocks or [] if isinstance(b, which)]


def test_a_row_of_masks_is_image_truth_and_each_head_with_its_share(run):
    one, two = kind(masks(Evidence(run)), Gallery)

    words = ["image", "truth", "fcn, 12.5\u00a0%", "ema, 12.5\u00a0%", "dnl, 12.5\u00a0%"]
    assert sorted(c.caption for c in one.cells) == sorted(words)
    assert [c.caption for c in one.cells[:2]] == ["image", "truth"]
    assert [c.caption.partition(",")[2] for c in two.cells[2:]] == [" 37.5\u00a0%"] * 3
    assert [c.picture.uri for c in one.cells if c.caption.startswith("dnl")] == [uri(31)]
    assert one.cells[1].picture.uri == uri(20)


def test_classes_are_named_beside_their_colours(run):
    (legend,) = kind(masks(Evidence(run)), Legend)

    assert legend.items == (("#0072b2", "road"), ("#e69f00", "sky & sea"))
    assert '<span style="background: #e69f00"></span>sky &amp; sea' in render(run)


def test_a_map_lies_over_its_image_with_a_ring_at_its_query(run):
    blocks = attention(Evidence(run))
    (store,) = kind(blocks, Store)
    galleries = {g.title: g.cells for g in kind(blocks, Gallery)}

    query, shared = galleries["dnl"]
    assert (query.caption, shared.caption) == ("image 2, pairwise", "image 2, unary")
    assert query.over.picture.uri == uri(11, kind="jpeg")
    assert query.mark == (3.5 / 4, 1.5 / 2)
    assert shared.mark is None
    assert [c.caption for c in galleries["ema"]] == ["image 1, base 7"]
    assert "fcn" not in galleries
    assert [i.picture.uri for i in store.images] == [uri(10, kind="jpeg"), uri(11, kind="jpeg")]


def test_an_image_is_in_the_page_once_a_section_and_a_truth_once(run):
    page = render(run)

    assert page.count(uri(10, kind="jpeg")) == 2  # masks, attention
    assert page.count(uri(20)) == 1


def test_every_picture_has_words_in_its_place(run):
    page = render(run)
    drawn = re.findall(r'<svg viewBox="0 0 \d+ \d+" ([^>]*)>', page)

    assert len(drawn) == 2 * (2 + 3) + 2 + 1
    assert all(re.fullmatch(r'role="img" aria-label="[^"]{10,}"', told) for told in drawn)


def test_tags_are_closed_ids_unique_and_references_have_their_target(run):
    page = render(run)
    ids = Outline(page).ids

    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<use href="#([^"]+)"', page)) <= set(ids)


def test_the_numbers_of_attention_are_means_over_the_seeds(run):
    (table,) = kind(attention(Evidence(run)), Table)

    assert [c.title for c in table.columns] == [
        "head", "region lift, map of a query", "region lift, shared map",
    ]  # fmt: skip
    # Student's 95 % for 1, 1.5, 2: 4.303 * 0.5 / sqrt(3) = 1.242.
    assert [c.text for c in table.rows[0]] == ["dnl", "1.5\u00a0±\u00a01.2", "0.500"]


def test_heads_that_saw_other_images_stand_apart():
    other = {"image/0": uri(99)}

    found = run_of(lambda head, shown: shown | other if head == "ema" else shown)

    assert [len(g.cells) for g in kind(masks(Evidence(found)), Gallery)] == [4, 4, 3, 3]


def test_a_run_without_pictures_has_no_such_section():
    assert masks(Evidence(made_up_run())) is None
    assert attention(Evidence(made_up_run())) is None
    bare = run_of(lambda _head, _shown: {})
    assert masks(Evidence(bare)) is None
    assert kind(attention(Evidence(bare)), Gallery) == []


def test_pictures_are_left_out_of_the_data_frame(run):
    found = frame(run)

    assert "accuracy.shown" in set(found.metric)
    assert "base64" not in found.to_csv()


GOOD = uri(1)
BAD = {
    "a foreign address": "https://evil.example/x.png",
    "a script": "javascript:alert(1)",
    "markup": 'data:image/png;base64,AAAA"><script>alert(1)</script>',
    "an svg": "data:image/svg+xml;base64," + b64encode(b"<svg onload='alert(1)'/>").decode(),
    "no base64": "data:image/png;base64,!!!!",
    "cut": GOOD[:40],
    "text": "data:image/png;base64," + b64encode(b"hello, world").decode(),
    "a line more": GOOD + "\n",
    "another kind": GOOD.replace("image/png", "image/jpeg"),
    "nothing": "",
    "too large": uri(1, (LARGEST_SIDE + 1, 1)),
    "too long": GOOD + "A" * 2**20,
}


def test_a_picture_is_known_with_its_size():
    assert (picture(GOOD).width, picture(GOOD).height) == (4, 2)
    assert picture(uri(1, (5, 3), "jpeg")).height == 3


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_picture_is_told_and_not_shown(what):
    assert picture(BAD[what]) is None

    page = render(run_of(lambda _head, shown: dict.fromkeys(shown, BAD[what])))

    assert page.count("what the record holds here is no picture</p>") == 2 * (2 + 3) + 2 + 1
    assert "evil.example" not in page
    assert "<script" not in markup(page)
    assert "<image" not in page


def test_hostile_names_of_pictures_and_classes_show_nothing():
    names = {
        "query/pairwise/0/99,99": uri(1),  # beyond the map
        'query/"><script>/0/1,1': uri(2),
        "shared/unary/99": uri(3),
        "query/pairwise/0": uri(4),
        "base/bases/0/1,x": uri(5),
    }
    found = run_of(lambda _head, shown: shown | names)
    notes = ("class 1, #0072b2: <script>", "class 2, red;background:url(//evil): road")
    records = [
        replace(r, readings={n: replace(v, notes=notes) for n, v in r.readings.items()})
        for r in found.records
    ]
    found = replace(found, records=tuple(records))

    page = render(found)
    (legend,) = kind(masks(Evidence(found)), Legend)
    cells = [c for g in kind(attention(Evidence(found)), Gallery) for c in g.cells]

    assert "<script" not in markup(page)
    assert legend.items == (("#0072b2", "<script>"),)
    assert "background:url" not in page
    assert [c.mark for c in cells if c.picture.uri == uri(1)] == [None] * 3
    assert not any(c.picture.uri in (uri(3), uri(4), uri(5)) for c in cells)
