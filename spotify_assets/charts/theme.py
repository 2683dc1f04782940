"""The look that all pictures share: colours, sizes, number formats, and how a chart becomes JSON or PNG.

Charts carry no colours for text, axes and background: `dressed` adds those of light or dark, and on a page
Streamlit adds those of its own theme. What a chart colours itself it takes from here, and every colour here
stands out on white as well as on near-black.
"""

import base64
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import polars as pl

from spotify_assets.whole_files import replaced

if TYPE_CHECKING:
    import altair as alt

Scheme = Literal["light", "dark"]

BLUE, VERMILION, GREEN, PINK, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
"""Okabe & Ito's colours, which colour-blind people can tell apart, without black and the yellow that white
swallows (M. Okabe, K. Ito, "Color Universal Design", 2008)."""

LINES = (BLUE, VERMILION, GREEN, PINK, ORANGE, SKY)
"""Colours of groups, in the order in which they are taken."""

GREY = "#7F7F7F"
"""What is only there for comparison: the other period, the diagonal, an interval that says nothing."""

HEAT = ("#EEF2F6", "#9CCBE8", "#3C93C8", "#0072B2")
"""From nothing to most: nothing is the lightest on any paper, and even the most stands out on near-black."""

MOST_GROUPS = len(LINES)
"""Groups that one chart can tell apart."""

WIDTH, HEIGHT, ROW_HEIGHT = 460, 340, 28
"""Size of the plotting area in pixels, and its height per row where rows stand under each other."""

PNG_SCALE = 2.0
"""Pixels of the PNG per pixel of the chart, so that text stays sharp on dense screens."""

COUNT, PERCENT = ",.0f", ".1%"
"""Number formats in Vega's notation."""

_MOST_DAYS, _MOST_TICKS = 120, 10
"""Days that an axis names as such, more being named by their months, and how many names it has."""

_FONT = "'Source Sans', 'Source Sans 3', 'Helvetica Neue', Arial, sans-serif"
_INK: dict[Scheme, str] = {"light": "#222222", "dark": "#F2F2F2"}
_FAINT: dict[Scheme, str] = {"light": "#E4E4E4", "dark": "#3C4048"}
_PAPER: dict[Scheme, str] = {"light": "#FFFFFF", "dark": "#0E1117"}


def dates_as_text(rows: pl.DataFrame) -> pl.DataFrame:
    """Dates as ISO text with a time, which Vega takes for the same moment on every viewer's clock.

    Of a date alone it would make midnight UTC, which is the day before in America.
    """
    return rows.with_columns(pl.col(pl.Date).dt.strftime("%Y-%m-%dT00:00:00"))


def so_far(
    base: "alt.Chart", rows: pl.DataFrame, day: str, today: date | None, *, in_bars: bool = False
) -> list["alt.Chart"]:
    """The layer that says "so far" of what is not over yet; none where everything is over.

    It stands above a bar; of a line, at the foot of the day, where no line runs that begins at zero.

    Args:
        base: the chart's encodings.
        rows: what is drawn.
        day: column of its dates, which the chart has as text.
        today: first date that is not over; None where nobody asks.
        in_bars: whether the chart is of bars, each in a band of its own.
    """
    import altair as alt  # noqa: PLC0415

    if today is None or rows.filter(pl.col(day) >= today).is_empty():
        return []
    since = f"datetime({today.year}, {today.month - 1}, {today.day})"
    late = base.transform_filter(f"toDate(datum.{day}) >= {since}")
    if in_bars:
        return [late.mark_text(text="so far", dy=-8, color=GREY)]
    mark = late.mark_text(text="so far", align="right", baseline="bottom", dy=-4)
    return [mark.encode(y=alt.value("height"), color=alt.value(GREY))]


def colours(names: list[str], *, columns: int = 3, label_limit: int = 120, **more: Any) -> dict[str, Any]:
    """Arguments of an Altair colour that give each name its own colour, in the order given.

    Args:
        names: of the groups.
        columns: of the legend, which stands below the chart.
        label_limit: pixels of a name in the legend.
        more: further arguments, which win.
    """
    import altair as alt  # noqa: PLC0415

    scale = alt.Scale(domain=names, range=[LINES[number % len(LINES)] for number in range(len(names))])
    legend = alt.Legend(orient="bottom", columns=columns, labelLimit=label_limit, symbolOpacity=1)
    return {"title": None, "scale": scale, "sort": names, "legend": legend} | more


def marks(names: list[str]) -> dict[str, Any]:
    """Arguments of an Altair shape that tell the same names apart without colour, in the same legend."""
    import altair as alt  # noqa: PLC0415

    return {"title": None, "sort": names, "scale": alt.Scale(domain=names)}


def steps_axis(steps: pl.Series) -> "alt.Axis":
    """The axis of weeks or months: a tick where there is a point, by its first day."""
    import altair as alt  # noqa: PLC0415

    days = steps.unique().sort().dt.strftime("%Y-%m-%dT00:00:00").to_list()
    return alt.Axis(values=days, format="%d %b %y", grid=False, labelOverlap="greedy")


def days_axis(days: pl.Series) -> "alt.Axis":
    """The axis of days: few ticks, even steps apart, each on a day or, where the days are many, on a first
    of a month; where even they are too many for the paper, every other one is left out.
    """
    import altair as alt  # noqa: PLC0415

    first, last = cast("tuple[date, date]", (days.min(), days.max()))
    in_months = (last - first).days > _MOST_DAYS
    ticks = pl.date_range(first, last, "1d", eager=True)
    if in_months:
        ticks = ticks.filter(ticks.dt.day() == 1)
    values = ticks.gather_every(-(-len(ticks) // _MOST_TICKS)).dt.strftime("%Y-%m-%dT00:00:00").to_list()
    form = "%b %y" if in_months else "%d %b"
    return alt.Axis(values=values, format=form, grid=False, labelOverlap="parity", labelSeparation=4)


def heat(**more: Any) -> "alt.Scale":
    """The scale of more and less, the darker the more; `more` are further arguments, such as `domainMin`."""
    import altair as alt  # noqa: PLC0415

    return alt.Scale(range=list(HEAT), **more)


def dressed(specification: dict[str, Any], scheme: Scheme = "light") -> dict[str, Any]:
    """A specification with the colours and fonts of light or dark paper; its own configuration stays."""
    ink, faint = _INK[scheme], _FAINT[scheme]
    config = {
        "background": _PAPER[scheme],
        "font": _FONT,
        "view": {"stroke": None},
        "axis": {
            "labelColor": ink,
            "titleColor": ink,
            "tickColor": faint,
            "domainColor": faint,
            "gridColor": faint,
            "labelFontSize": 12,
            "titleFontWeight": "normal",
        },
        "legend": {"labelColor": ink, "titleColor": ink, "titleFontWeight": "normal"},
        "title": {"color": ink, "subtitleColor": ink, "anchor": "start", "offset": 12},
        "header": {"labelColor": ink, "titleColor": ink},
        "text": {"color": ink, "fontSize": 12},
        "rule": {"color": ink},
    }
    own = specification.get("config", {})
    return specification | {"config": _merged(config, own)}


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(under[key], over[key])
        for key in under.keys() & over.keys()
        if isinstance(over[key], dict)
    }
    return under | over | both


def undressed(chart: "alt.TopLevelMixin") -> dict[str, Any]:
    """A chart's Vega-Lite specification, data included, without colours and sizes that it has not chosen."""
    # Checking a chart against Vega-Lite's schema takes ten times as long as writing it; tests draw them all.
    specification: dict[str, Any] = chart.to_dict(validate=False)
    specification.get("config", {}).pop("view", None)
    return specification


def to_vega_lite(chart: "alt.TopLevelMixin", scheme: Scheme = "light") -> str:
    """A chart's Vega-Lite specification as JSON, data included; the same chart gives the same text."""
    return json.dumps(dressed(undressed(chart), scheme), sort_keys=True)


def to_png(chart: "alt.TopLevelMixin", scheme: Scheme = "light") -> bytes:
    """A chart as a PNG image, drawn in this process without a browser or the network."""
    import vl_convert  # noqa: PLC0415

    return bytes(vl_convert.vegalite_to_png(to_vega_lite(chart, scheme), scale=PNG_SCALE))


def in_markdown(title: str, png: bytes) -> str:
    """An image as Markdown with the picture in it."""
    return f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})"


def save(chart: "alt.LayerChart", folder: Path, name: str, says: str) -> Path:
    """Write a plot as `<name>.vl.json`, with what it says in words as its description, and as `<name>.png`.

    Each file is replaced in one step. Returns the path of the image.
    """
    folder.mkdir(parents=True, exist_ok=True)
    described = chart.properties(description=says)
    image = folder / f"{name}.png"
    for path, content in (
        (folder / f"{name}.vl.json", to_vega_lite(described).encode()),
        (image, to_png(described)),
    ):
        with replaced(path) as new:
            new.write_bytes(content)
    return image
