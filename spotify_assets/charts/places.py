"""Where and when: the map, the week as a heat map, devices by region.

`world.json` is made from Natural Earth's countries at 1:110 million (naturalearthdata.com, public domain)
with ISO 3166-1 alpha-2 codes, coordinates rounded to a tenth of a degree, without Antarctica. Countries that
are too small for it are points, where the IANA time zone database has them (`zone.tab`, public domain).
"""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from spotify_assets.charts.theme import COUNT, GREY, PERCENT, ROW_HEIGHT, colours, heat

if TYPE_CHECKING:
    import altair as alt

WORLD = Path(__file__).with_name("world.json")
_MAP_HEIGHT = 290
"""In pixels: what the map needs on a wide screen, without too much margin on a phone."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""By ISO number, Monday first."""


@cache
def _shapes() -> list[dict[str, Any]]:
    shapes: list[dict[str, Any]] = json.loads(WORLD.read_text(encoding="utf-8"))["features"]
    return [
        shape | {"geometry": shape["geometry"] | {"coordinates": _fixed(shape["geometry"]["coordinates"])}}
        for shape in shapes
    ]


def _fixed(coordinates: Any) -> Any:
    """Coordinates as tuples: Altair copies every list of a chart a dozen times, and leaves tuples alone."""
    return tuple(map(_fixed, coordinates)) if isinstance(coordinates, list) else coordinates


def mapped(countries: pl.Series) -> pl.Series:
    """Which of the countries (ISO 3166-1 alpha-2) the map has a place for."""
    return countries.is_in([shape["id"] for shape in _shapes()])


def world(rows: pl.DataFrame, value: str, name: str, number_format: str = COUNT) -> "alt.LayerChart":
    """The world, countries coloured by a number; those without it are grey, tiny ones are dots.

    Args:
        rows: `country` (ISO 3166-1 alpha-2), `country_name`, and the number.
        value: its column.
        name: what it is.
        number_format: in Vega's notation.
    """
    import altair as alt  # noqa: PLC0415

    numbers = {row["country"]: row for row in rows.select("country", "country_name", value).to_dicts()}
    land = [shape for shape in _shapes() if shape["geometry"]["type"] != "Point"]
    told = [shape | {"properties": numbers[shape["id"]]} for shape in _shapes() if shape["id"] in numbers]
    empty = [shape for shape in land if shape["id"] not in numbers]
    tooltip = [
        alt.Tooltip("properties.country_name:N", title="Country"),
        alt.Tooltip(f"properties.{value}:Q", title=name, format=number_format),
    ]
    colour = alt.Color(
        f"properties.{value}:Q",
        title=name,
        scale=heat(),
        legend=alt.Legend(orient="bottom", format=number_format, gradientLength=220, titleLimit=200),
    )
    background = alt.Chart({"values": empty}).mark_geoshape(
        fill=GREY, fillOpacity=0.25, stroke=None, aria=False
    )
    coloured = (
        alt.Chart({"values": told})
        .mark_geoshape(stroke=GREY, strokeWidth=0.4)
        .encode(color=colour, tooltip=tooltip)
    )
    layers = alt.layer(background, coloured).project("equalEarth").properties(height=_MAP_HEIGHT)
    return cast("alt.LayerChart", layers)


def week(rows: pl.DataFrame, value: str, name: str, number_format: str = COUNT) -> "alt.LayerChart":
    """Hours of the day across, weekdays down, a number as lightness.

    Args:
        rows: `local_weekday` (1 is Monday), `local_hour`, and the number.
        value: its column.
        name: what it is.
        number_format: in Vega's notation.
    """
    import altair as alt  # noqa: PLC0415

    named = rows.with_columns(
        weekday=pl.col("local_weekday").replace_strict(
            dict(enumerate(WEEKDAYS, start=1)), return_dtype=pl.String
        )
    )
    cells = (
        alt.Chart(named)
        .mark_rect()
        .encode(
            x=alt.X(
                "local_hour:O",
                title="hour of the day",
                scale=alt.Scale(domain=list(range(24))),
                axis=alt.Axis(labelAngle=0, labelOverlap="parity"),
            ),
            y=alt.Y("weekday:N", title=None, scale=alt.Scale(domain=list(WEEKDAYS)), sort=list(WEEKDAYS)),
            color=alt.Color(
                f"{value}:Q",
                title=name,
                scale=heat(),
                legend=alt.Legend(orient="bottom", format=number_format, gradientLength=220),
            ),
            tooltip=[
                alt.Tooltip("weekday:N", title="Day"),
                alt.Tooltip("local_hour:O", title="Hour"),
                alt.Tooltip(f"{value}:Q", title=name, format=number_format),
            ],
        )
    )
    return cast("alt.LayerChart", alt.layer(cells).properties(height=ROW_HEIGHT * len(WEEKDAYS)))


def device_by_region(rows: pl.DataFrame) -> "alt.LayerChart":
    """For each region the parts of its plays by kind of device.

    Args:
        rows: `region`, `device`, `plays`, `share`, `skip_rate`.
    """
    import altair as alt  # noqa: PLC0415

    devices = (
        rows.group_by("device").agg(pl.col("plays").sum()).sort("plays", "device", descending=[True, False])
    )["device"].to_list()
    bars = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            y=alt.Y("region:N", title=None),
            x=alt.X("share:Q", title="share of the region's plays", axis=alt.Axis(format="%", tickCount=5)),
            color=alt.Color("device:N", **colours(devices)),
            order=alt.Order("plays:Q", sort="descending"),
            tooltip=[
                alt.Tooltip("region:N", title="Region"),
                alt.Tooltip("device:N", title="Device"),
                alt.Tooltip("share:Q", title="Share", format=PERCENT),
                alt.Tooltip("plays:Q", title="Plays", format=COUNT),
                alt.Tooltip("skip_rate:Q", title="Skip rate", format=PERCENT),
            ],
        )
    )
    height = ROW_HEIGHT * rows["region"].n_unique()
    return cast("alt.LayerChart", alt.layer(bars).properties(height=max(height, 60)))
