"""Figures for a paper: their size, their fonts, and that they are read in grey and without help."""

import re
from dataclasses import replace
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from made_up import EVIL, made_up_run
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from pypdf import PdfReader

from attnbench.errors import StoreError
from attnbench.report.apart import apart
from attnbench.report.contents import contents, figures
from attnbench.report.drawing import drawing
from attnbench.report.figure_files import CAPTIONS, KINDS, write_figures
from attnbench.report.format import COLUMNS, INCH
from attnbench.report.looks import Look
from attnbench.report.plot import Line, Mark, Plot, Roof, Scatter
from attnbench.report.samples_figure import Samples

INCHES = {1: 3.3, 2: 6.9}
LEAST = 6  # points of a letter
PIXELS = (256, 1024, 4096, 16384, 262144)


def line(label, slot=0, scale=1.0, power=1.0, **fields):
    """All lines have one look but for their colour, as heads of users may have."""
    values = tuple(scale * n**power for n in PIXELS)
    base = {"pair": label, "variant": 0, "is_hollow": False, "low": values, "high": values}
    base |= {"look": Look(slot, "o"), "pixels": PIXELS, "values": values}
    return Line(label=label, **(base | fields))


def plot(*lines, name="p"):
    sizes = {n: f"{round(n**0.5)}²" for n in PIXELS}
    limits = (("24 GB", 1000.0), ("40 GB", 1200.0))
    title = "Latency, forward + backward (measured)"
    return Plot(name, title, "words", "s", lines, sizes, limits=limits)


def kernels(heads):
    """Lines of so many heads, each in two kernels that end near each other."""
    eager = [line(f"some_head_{i}", i, 1 + i / 9) for i in range(heads)]
    fused = [replace(v, label=f"{v.label} fused", is_hollow=True) for v in eager]
    return [v for pair in zip(eager, fused, strict=True) for v in pair]


def marks(count):
    return tuple(
        Mark(
            f"some_head_{i}",
            Look(i, "o"),
            10.0**i,
            i / count,
            (10.0**i,) * 2,
            (i / count,) * 2,
            i % 2 == 0,
        )
        for i in range(count)
    )


PLOTS = {
    "one": plot(line("ema")),
    "few": plot(*kernels(3)),
    "many": plot(*kernels(12)),
    "more heads than colours and markers": plot(*(line(f"h{i}", i) for i in range(24))),
    "long": plot(line("x" * 200), line("head with=options and=more", 1, 2.0)),
    "evil": plot(line(EVIL), line(r"$\frac{1}{2}$", 1, 3.0)),
    "three kernels": plot(
        line("a"),
        line("a fused", pair="a", is_hollow=True),
        line("a compiled", pair="a", is_hollow=True),
        line("b", variant=1),
    ),
    "samples": Samples("x", "t", "d", "s", 1, ((1.0, 1.1, 1.3), (1.05, 1.2, 1.2))),
    "scatter": Scatter("s", "t", "d", "MACs", "MACs of a pass", "mean IoU", marks(8)),
    "roofline": Scatter(
        "r",
        "t",
        "d",
        "FLOPs/byte",
        "intensity",
        "rate",
        tuple(replace(m, y=(m.y + 0.1) * 1e9, y_ends=((m.y + 0.1) * 1e9,) * 2) for m in marks(6)),
        y_unit="FLOPs/s",
        roofs=(Roof(1.2e11, 1.5e10),),
    ),
}
CASES = [(name, columns) for name in PLOTS for columns in COLUMNS]


@pytest.fixture(scope="module")
def shown():
    run = made_up_run()
    few = ("gc", "self_attention", "isa")
    return contents(replace(run, records=tuple(r for r in run.records if r.trial.head in few)))


@pytest.fixture(scope="module", params=list(COLUMNS))
def written(request, shown, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    return request.param, write_figures(shown, folder, KINDS, request.param, "elsewhere")


def shown_texts(figure):
    """Each text that is seen, with its box in points."""
    FigureCanvasAgg(figure).draw()
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    return [(t, t.get_window_extent()) for t in found]


@pytest.mark.parametrize(("name", "columns"), CASES)
def test_no_two_texts_overlap_and_all_are_on_the_paper(name, columns):
    figure = drawing(PLOTS[name], COLUMNS[columns])
    width, height = figure.get_size_inches() * figure.dpi

    texts = shown_texts(figure)

    assert width == pytest.approx(INCHES[columns] * INCH)
    for text, box in texts:
        assert box.x0 >= -0.5, text
        assert box.x1 <= width + 0.5, text
        assert box.y0 >= -0.5, text
        assert box.y1 <= height + 0.5, text
    for (one, a), (other, b) in combinations(texts, 2):
        # Letters fill two thirds of the height of their box at most, so lines may be that close.
        lap = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert lap[0] < 0.5 or lap[1] < min(a.height, b.height) / 3, (one, other)


@pytest.mark.parametrize(("name", "columns"), CASES)
def test_letters_are_large_enough(name, columns):
    texts = shown_texts(drawing(PLOTS[name], COLUMNS[columns]))

    assert min(t.get_fontsize() for t, _ in texts) >= LEAST


def sample(artist):
    """What a line looks like in grey: pixels of a stretch of it with a marker, at 300 dpi."""
    figure = Figure(figsize=(0.5, 0.2), dpi=300, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    face = "white" if mpl.colors.same_color(artist.get_markerfacecolor(), "#ffffff") else "black"
    (line,) = axes.plot([0, 1, 2], [0, 0, 0])
    line.update_from(artist)
    line.set(transform=axes.transData, clip_on=False)
    line.set(color="black", markeredgecolor="black", markerfacecolor=face, markevery=[1])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., 0] / 255


def data_lines(figure):
    (axes,) = figure.axes
    return [v for v in axes.lines if v.get_marker() not in ("None", None, "")]


@pytest.mark.parametrize(
    ("name", "columns"), [case for case in CASES if isinstance(PLOTS[case[0]], Plot)]
)
def test_any_two_lines_differ_in_grey(name, columns):
    drawn = data_lines(drawing(PLOTS[name], COLUMNS[columns]))
    assert len(drawn) == len(PLOTS[name].lines)

    samples = [sample(artist) for artist in drawn]

    ink = min((1 - s).sum() for s in samples)
    for a, b in combinations(samples, 2):
        assert np.abs(a - b).sum() > 0.05 * ink


def test_a_head_looks_as_on_the_page_where_no_other_line_looks_so():
    looks = [Look(1, "o"), Look(2, "s", (4, 2)), Look(3, "o")]

    found = apart([line(f"h{i}", look=look) for i, look in enumerate(looks)])

    assert [v.look for v in found[:2]] == looks[:2]
    assert found[2].look.slot == 3
    assert found[2].look.marker != "o"


def test_kernels_of_a_head_share_its_marker():
    found = apart(kernels(9))

    assert all(a.look == b.look for a, b in zip(found[::2], found[1::2], strict=True))


def test_every_figure_of_the_page_is_a_file_of_each_kind(shown, written):
    _, folder = written
    wanted = [f for chapter in shown.chapters for f in figures(chapter.blocks)]

    names = {p.name for p in folder.iterdir()} - {CAPTIONS}

    assert len(names) == len(KINDS) * len(wanted) > 3 * 8
    assert {n.rpartition(".")[2] for n in names} == set(KINDS)


def test_a_pdf_is_as_wide_as_its_columns_and_has_its_fonts(written):
    columns, folder = written
    for path in folder.glob("*.pdf"):
        (page,) = PdfReader(path).pages
        assert float(page.mediabox.width) == pytest.approx(INCHES[columns] * 72, abs=0.5)
        fonts = [f.get_object() for f in page["/Resources"]["/Font"].values()]
        assert fonts
        for font in fonts:
            assert font["/Subtype"] != "/Type3"
            inner = font.get("/DescendantFonts", [font])[0].get_object()
            assert "/FontFile2" in inner["/FontDescriptor"].get_object()


def test_letters_of_a_pdf_are_large_enough(written):
    _, folder = written
    sizes = []

    def seen(text, _cm, tm, _font, size):
        if text.strip():
            sizes.append(size * abs(tm[3] or tm[1]))

    for path in folder.glob("*.pdf"):
        PdfReader(path).pages[0].extract_text(visitor_text=seen)

    assert len(sizes) > 20
    assert min(sizes) >= LEAST


def test_a_png_is_sharp_on_white_paper(written):
    columns, folder = written
    for path in folder.glob("*.png"):
        with Image.open(path) as image:
            assert image.width == pytest.approx(INCHES[columns] * 300, abs=1)
            assert image.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)


def test_text_of_an_svg_is_text(written):
    _, folder = written

    text = (folder / "latency-inference.svg").read_text(encoding="utf-8")

    assert re.search(r"<text[^>]*>gc</text>", text)


def test_captions_tell_each_figure_and_where_its_numbers_are_from(shown, written):
    _, folder = written

    text = (folder / CAPTIONS).read_text(encoding="utf-8")

    assert f"Figures of run {shown.run.name}" in text
    assert "Made-up CPU @ 2.4 GHz; torch 2.13.0+cpu, attnbench 0.1.0, commit 0123456789ab" in text
    for path in folder.glob("*.pdf"):
        assert f"\n{path.stem}\n" in text
    assert "Latency, forward (measured)" in text


def test_the_same_run_gives_the_same_bytes(shown, written, tmp_path):
    columns, folder = written

    again = write_figures(shown, tmp_path, KINDS, columns, "elsewhere")

    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path


def test_a_kind_that_is_not_asked_for_is_gone_from_the_folder(shown, tmp_path):
    first = write_figures(shown, tmp_path, ["svg"], 1, "elsewhere")
    write_figures(shown, tmp_path, ["pdf"], 1, "elsewhere")

    assert {p.suffix for p in first.iterdir()} == {".pdf", ".txt"}


def test_a_run_without_records_has_captions_alone(tmp_path):
    empty = contents(replace(made_up_run(), records=(), environments={}))

    assert [p.name for p in write_figures(empty, tmp_path, ["pdf"], 1, "x").iterdir()] == [CAPTIONS]


def test_a_folder_that_cannot_be_made_is_one_line(shown, tmp_path):
    (tmp_path / "reports").touch()

    with pytest.raises(StoreError, match=r"cannot write .*; elsewhere"):
        write_figures(shown, tmp_path / "reports", ["svg"], 1, "elsewhere")
