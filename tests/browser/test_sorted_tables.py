"""Tables sort by value, not by print; long ones are filtered by words."""

import pytest

LATENCY = "latency, forward"


@pytest.fixture
def table(opened):
    """The first table of the page: every head at one size, one of them with no time."""
    return opened("full-small").page.locator("#summary table").first


def titles(table):
    """Without the units below them."""
    return table.locator("thead th button").evaluate_all(
        "(buttons) => buttons.map((b) => b.firstChild.textContent)"
    )


def column(table, title):
    """Title, and the values of its cells in base units, None where there is none."""
    place = titles(table).index(title)
    cells = table.locator(f"tbody tr > :nth-child({place + 1})")
    told = [c.get_attribute("data-sort") for c in cells.all()]
    return table.locator("thead th").nth(place), [None if v is None else float(v) for v in told]


def named(table):
    return table.locator("tbody th").all_inner_texts()


def test_a_click_sorts_by_value_a_second_turns_and_a_third_restores(table):
    before = named(table)
    head, values = column(table, LATENCY)
    known = [v for v in values if v is not None]
    assert known not in (sorted(known), sorted(known, reverse=True))

    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert [v for v in column(table, LATENCY)[1] if v is not None] == sorted(known)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column(table, LATENCY)[1][: len(known)] == sorted(known, reverse=True)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "none"
    assert named(table) == before


def test_names_sort_as_words(table):
    table.locator("thead th").first.get_by_role("button").click()

    assert named(table) == sorted(named(table))


def test_the_keyboard_sorts_too(table):
    head, _ = column(table, LATENCY)
    head.get_by_role("button").focus()
    table.page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    table.page.keyboard.press(" ")

    assert head.get_attribute("aria-sort") == "descending"


MADE = """
<div class="scroll"><table><caption>made</caption>
<thead><tr><th>name</th><th class="n">size</th></tr></thead><tbody>{}</tbody></table></div>
"""


@pytest.fixture(scope="module")
def page(opened):
    return opened("full-small").page


def made(page, cells):
    """Puts a table of those cells, in the second column, first on the page; sorts it by them."""
    rows = "".join(f"<tr><th>row {i}</th>{cell}</tr>" for i, cell in enumerate(cells))
    page.evaluate(
        "(html) => { document.querySelector('main').insertAdjacentHTML('afterbegin', html);"
        " tables.sortable(document.querySelector('main table')); }",
        MADE.format(rows),
    )
    page.locator("main table").first.get_by_role("button", name="size").click()


def order(page):
    return [
        int(t.removeprefix("row "))
        for t in page.locator("main table").first.locator("tbody th").all_inner_texts()
    ]


def cell(text, value=None, name=""):
    told = "" if value is None else f' data-sort="{value}"'
    return f'<td class="n {name}"{told}>{text}</td>'


# 900 KiB is less than 2 MiB, whatever the digits say.
UNITS = [cell("2 MiB", 2097152), cell("900 KiB", 921600), cell("–", name="missing")]
# What is missing stays last, in its order; so does a failure.
GAPS = [cell("–", name="missing"), cell("time-out", name="failed"), cell("3"), cell("1")]
# Thin spaces, a true minus, intervals.
PRINTED = [cell("1\u202f024 ± 9"), cell("−2.5"), cell("≈3.0")]
CROSSINGS = [cell("not up to 32²", "inf"), cell("16²", 256), cell("32²", 1024)]
# What stands below a number is not part of it.
LINES = [cell("12<small>off by up to 5 %</small>"), cell("9<small>x</small>"), cell("10")]
# Several units and no value: words, of which 2 comes before 10.
WORDS = [cell("b 1"), cell("2 s"), cell("10 ms")]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (UNITS, [1, 0, 2]),
        (GAPS, [3, 2, 0, 1]),
        (PRINTED, [1, 2, 0]),
        (CROSSINGS, [1, 2, 0]),
        (LINES, [1, 2, 0]),
        (WORDS, [1, 2, 0]),
    ],
)
def test_cells_sort_by_what_they_mean(page, cells, expected):
    made(page, cells)

    assert order(page) == expected


def test_a_table_of_two_rows_is_left_as_it_is(page):
    short = page.locator("table:not(:has(tbody tr:nth-child(3)))")

    assert short.count() > 0
    assert short.locator("button").count() == 0


def test_a_long_table_is_filtered_by_words(page):
    made(page, [cell("1")] * 15 + [cell("2 rare")])
    box = page.locator(".filter-rows").first

    box.get_by_role("searchbox").fill("RARE row")

    assert order_shown(page) == ["row 15"]
    assert box.get_by_role("status").inner_text() == "1 of 16 rows"
    box.get_by_role("searchbox").fill("")
    assert len(order_shown(page)) == 16


def order_shown(page):
    rows = page.locator("main table").first.locator("tbody tr:not([hidden]) th")
    return rows.all_inner_texts()
