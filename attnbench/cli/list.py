"""attnbench list: what there is to measure, by what, and in which suite."""

import json

import click

KINDS = ("heads", "suites", "metrics")


@click.command(epilog="Example: attnbench list heads")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for a program to read.")
def command(kind: str | None, *, as_json: bool) -> None:
    """Lists heads, suites and metrics (all of them without KIND)."""
    found = {k: _entries(k) for k in ([kind] if kind else KINDS)}
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for i, (name, entries) in enumerate(found.items()):
        click.echo(f"{chr(10) if i else ''}{name}")
        widths = [max(len(str(e[c])) for e in entries) for c in list(entries[0])[:-1]]
        for entry in entries:
            *cells, last = (str(v) for v in entry.values())
            left = "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True))
            click.echo(f"  {left}  {last}")


def _entries(kind: str) -> list[dict[str, str]]:
    from attnbench import heads, measure, suite_file

    if kind == "suites":
        read = (
            suite_file.read_suite(suite_file.suite_path(n))[0] for n in suite_file.suite_names()
        )
        return [{"name": s.name, "question": s.question} for s in read]
    if kind == "metrics":
        told = {n: measure.describe(n) for n in measure.METRICS}
        return [
            {"name": n, "origin": d.keywords["origin"], "about": d.summary} for n, d in told.items()
        ]
    told = {n: heads.describe(n) for n in heads.HEADS}
    return [
        {
            "name": n,
            "family": d.keywords["family"],
            "complexity": d.keywords["complexity"],
            "year": str(d.keywords["year"]),
            "about": d.summary,
        }
        for n, d in told.items()
    ]
