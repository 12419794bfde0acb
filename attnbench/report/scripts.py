"""The scripts of the page, all inline, and the policy that lets these run and no other."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from markupsafe import Markup

from attnbench.printable import printable

ALWAYS = ("quantities.js", "tables.js", "samples.js")
EXPLORER = ("points.js", "view.js", "layout.js", "chart.js", "explorer.js")
_TEMPLATES = files("attnbench.report") / "templates"


@dataclass(frozen=True)
class Script:
    """The text between the tags, exactly: its hash is what the browser checks."""

    text: str

    @property
    def markup(self) -> Markup:
        """Safe: our own files and the bundle of a package, nothing of a run."""
        return Markup(self.text)  # noqa: S704

    @cached_property
    def digest(self) -> str:
        return base64.b64encode(hashlib.sha256(self.text.encode()).digest()).decode()


def scripts(*, explorer: bool) -> tuple[Script, ...]:
    """Those of a page with or without the explorer, in the order in which they run."""
    own = [_own(name) for name in ALWAYS]
    return (*own, _plotly(), *(_own(name) for name in EXPLORER)) if explorer else tuple(own)


def policy(allowed: tuple[Script, ...]) -> Markup:
    """The Content-Security-Policy: nothing is loaded, and only the `allowed` scripts run.

    Safe within double quotes, as there is none in it.
    """
    hashes = " ".join(f"'sha256-{s.digest}'" for s in allowed)
    return Markup(  # noqa: S704
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _own(name: str) -> Script:
    return Script(printable((_TEMPLATES / name).read_text(encoding="utf-8")))


@cache
def _plotly() -> Script:
    """Read as a file: none of the package's figures are imported for it.

    The page writes out characters that steer; in strings and patterns they mean the same so, but
    the hash must be that of what stands in the page.
    """
    bundle = files("plotly") / "package_data" / "plotly.min.js"
    return Script(printable(bundle.read_text(encoding="utf-8")))
