"""A matplotlib figure as SVG that lives inside a page: follows its colours, clashes with no id."""

import io
import re
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.figure import Figure

from attnbench.report.figures import STYLE
from attnbench.report.palette import variables

_NO_DATE = {"Date": None, "Creator": None, "Format": None, "Type": None}
_COLOR = re.compile(r"#[0-9a-f]{6}")
_PLACES = {"d", "x", "y", "transform"}
_DIGITS = re.compile(r"-?\d+\.\d+")
_SPACES = re.compile(r"\s*([A-Za-z])\s*")
_AS_PAGE = re.compile(r"(font-family|stroke-line(?:cap|join)): [^;]*(?:; )?")  # the page says them


def inline(figure: Figure, name: str, title: str, description: str) -> str:
    """`<svg>` without namespaces, fonts and metadata; `name` begins each of its ids."""
    written = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(written, format="svg", metadata=_NO_DATE, facecolor="none")
    root = ET.fromstring(written.getvalue())  # noqa: S314 written on the line above
    _drop_namespaces(root)
    _drop(root, {"metadata", "style"})
    _name_ids(root, name)
    for element in root.iter():
        if "style" in element.attrib:
            element.set("style", _styled(element.get("style", "")))
    _make_small(root)
    _describe(root, name, title, description)
    return ET.tostring(root, encoding="unicode")


def _make_small(root: ET.Element) -> None:
    """Half of what matplotlib writes is spaces, groups of nothing and digits that none can see."""
    for element in root.iter():
        if element.tag != "text":
            element.text = None
        element.tail = None
        for key in _PLACES & element.attrib.keys():
            element.set(key, _DIGITS.sub(_rounded, element.get(key, "")))
        if "d" in element.attrib:
            element.set("d", _SPACES.sub(r"\1", element.get("d", "").strip()))
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]
    _unwrap(root)


def _unwrap(parent: ET.Element) -> None:
    """Groups that say nothing are left out, with what is in them kept."""
    kept: list[ET.Element] = []
    for child in parent:
        _unwrap(child)
        kept += list(child) if child.tag == "g" and not child.attrib else [child]
    parent[:] = kept


def _rounded(number: re.Match[str]) -> str:
    """To a hundredth of a point."""
    value = round(float(number[0]), 2) + 0.0  # no "-0"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _drop_namespaces(root: ET.Element) -> None:
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key in list(element.attrib):
            if "}" in key:
                element.set(key.rpartition("}")[2], element.attrib.pop(key))


def _drop(root: ET.Element, tags: set[str]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in tags:
                parent.remove(child)


def _name_ids(root: ET.Element, name: str) -> None:
    """Ids of a page are unique: those that are used begin with the figure's name, others go."""
    text = ET.tostring(root, encoding="unicode")
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    for element in root.iter():
        if element.get("id") in used:
            element.set("id", f"{name}-{element.get('id')}")
        else:
            element.attrib.pop("id", None)
        for key, value in element.attrib.items():
            if key != "id":
                element.set(key, re.sub(r"(^|url\()#", rf"\1#{name}-", value))


def _styled(style: str) -> str:
    """Colours by the page's variables, and the page's own font."""
    style = _AS_PAGE.sub("", style).replace(": ", ":").replace("; ", ";").rstrip(";")
    return _COLOR.sub(lambda m: f"var({variables().get(m[0], '--ink')})", style)


def _describe(root: ET.Element, name: str, title: str, description: str) -> None:
    for tag, words in (("desc", description), ("title", title)):
        element = ET.Element(tag, {"id": f"{name}-{tag}"})
        element.text = words
        root.insert(0, element)
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
