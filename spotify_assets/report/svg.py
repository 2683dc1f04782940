"""Charts as SVG that stands in a page: its ink is that of the text around it, in light and dark alike.

A drawing instead of Vega's scripts: a page of a dozen charts stays below a megabyte, prints as it looks, and
needs no JavaScript. What a pointer would show on a mark is its `<title>`, which browsers show and read out.
"""

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from spotify_assets.charts.theme import dressed
from spotify_assets.report.language import ENGLISH, spoken
from spotify_assets.report.parts import Picture

if TYPE_CHECKING:
    import altair as alt

_INK = "currentColor"
_SVG = "http://www.w3.org/2000/svg"
_OF_THE_PAGE: dict[str, Any] = {
    "background": "transparent",
    "font": "Arial, Helvetica, sans-serif",
    "axis": {
        "labelColor": _INK,
        "titleColor": _INK,
        "tickColor": _INK,
        "tickOpacity": 0.3,
        "domainColor": _INK,
        "domainOpacity": 0.3,
        "gridColor": _INK,
        "gridOpacity": 0.15,
        "labelFontSize": 12,
        "labelSeparation": 10,
    },
    "legend": {"labelColor": _INK, "titleColor": _INK, "labelFontSize": 12},
    "title": {"color": _INK},
}
_IN_WORDS = ("title", "who", "ending", "mood", "weekday", "direction")
_EXPRESSIONS = ("filter", "labelExpr")
_LOCALES = {"de": "de-DE"}
"""Of numbers and days in drawings, by the code of the language."""
_HOVER = "hover"
_NAMED = re.compile(r'(?P<before>\bid="|url\(#|href="#)(?P<id>[^")]+)')


def picture_svg(picture: Picture, width: int) -> str:
    """A picture as an SVG element of a width in pixels, the same text for the same rows."""
    if picture.sketch:
        return picture.sketch(picture.rows, width, picture.says)
    return inline_svg(picture.draw(picture.rows), width, f"{picture.name}-{width}", picture.says)


def inline_svg(chart: "alt.TopLevelMixin", width: int, name: str, says: str) -> str:
    """A chart as an SVG element.

    Args:
        chart: what is drawn, a single or layered one.
        width: in pixels, of all of it.
        name: of the ids in it, so that those of two drawings on a page never meet. Vega counts them through
            its process, here they are counted anew: the same chart gives the same text.
        says: what it shows, for those who do not see it.
    """
    import vl_convert  # noqa: PLC0415

    specification = _with_hover(in_language(chart.to_dict(validate=False)))
    specification |= {
        "config": _OF_THE_PAGE,
        "width": width,
        "autosize": {"type": "fit-x", "contains": "padding"},
    }
    code = spoken().code
    locale: dict[str, Any] = (
        {} if code == ENGLISH else dict.fromkeys(("format_locale", "time_format_locale"), _LOCALES[code])
    )
    drawn = vl_convert.vegalite_to_svg(json.dumps(dressed(specification)), **locale)
    numbers: dict[str, int] = {}

    def renamed(found: re.Match[str]) -> str:
        return f"{found['before']}{name}-{numbers.setdefault(found['id'], len(numbers))}"

    return _NAMED.sub(renamed, _readable(drawn, says))


def in_language(node: Any, key: str = "") -> Any:
    """A specification with its titles, and the marks that have no names of people in them, in the language.

    A list is put into other words as a whole or not at all: a domain of artists may have one called Rank.
    """
    words = spoken().charts
    if not words:
        return node
    if isinstance(node, dict):
        return {name: in_language(value, name) for name, value in node.items()}
    if isinstance(node, list):
        if node and all(isinstance(one, str) for one in node):
            return [words[one] for one in node] if all(one in words for one in node) else node
        return [in_language(one, key) for one in node]
    return _in_words(node, key) if isinstance(node, str) else node


def _in_words(text: str, key: str) -> str:
    words = spoken().charts
    if key in _EXPRESSIONS:
        return re.sub(r"'([^']+)'", lambda found: f"'{words.get(found[1], found[1])}'", text)
    return words.get(text, text) if key in _IN_WORDS else text


def drawn_at(drawing: str, scale: float, tallest: float) -> tuple[str, float]:
    """A drawing made smaller, to stand in another SVG, and its height then, at most the tallest."""
    root = ElementTree.fromstring(drawing)  # noqa: S314 - drawn by this process
    height = float(root.get("height", "0")) * scale
    if height > tallest:
        scale, height = scale * tallest / height, tallest
    return f'<g transform="scale({scale:.4f})">{drawing}</g>', height


def _with_hover(specification: dict[str, Any]) -> dict[str, Any]:
    """The tooltip of every mark as its description too: a drawing has no tooltips."""
    for part in ("layer", "vconcat", "hconcat"):
        if part in specification:
            specification = specification | {part: [_with_hover(one) for one in specification[part]]}
    tooltip = specification.get("encoding", {}).get("tooltip")
    if not tooltip:
        return specification
    text = " + '; ' + ".join(_said(one) for one in tooltip)
    transforms = [*specification.get("transform", []), {"calculate": text, "as": _HOVER}]
    encoding = specification["encoding"] | {"description": {"field": _HOVER, "type": "nominal"}}
    return specification | {"transform": transforms, "encoding": encoding}


def _said(field: dict[str, Any]) -> str:
    """One line of a tooltip as an expression of Vega."""
    value = f"datum[{json.dumps(field['field'])}]"
    written = {
        "temporal": f"timeFormat(toDate({value}), {json.dumps(field.get('format', '%Y-%m-%d'))})",
        "quantitative": f"format({value}, {json.dumps(field.get('format', ''))})",
    }.get(field["type"], value)
    label = json.dumps(f"{field.get('title', field['field'])}: ")
    return f"{label} + (isValid({value}) ? {written} : 'unknown')"


def _readable(drawn: str, says: str) -> str:
    """The drawing as one picture with a name; a mark's description becomes its `<title>`."""
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(drawn)  # noqa: S314 - drawn a line ago, by this process
    for element in root.iter():
        label = element.attrib.pop("aria-label", None)
        is_mark = element.attrib.pop("role", None) == "graphics-symbol"
        element.attrib.pop("aria-roledescription", None)
        element.attrib.pop("aria-hidden", None)
        if label and is_mark and element.tag != f"{{{_SVG}}}g":
            ElementTree.SubElement(element, f"{{{_SVG}}}title").text = label
    root.attrib |= {"role": "img", "aria-label": says}
    return ElementTree.tostring(root, encoding="unicode")
