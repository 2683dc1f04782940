"""The calendar of many years as a drawing made here: thousands of dates take Vega seconds and megabytes.

The dates of one shade are one shape, so that fifteen years take 150 kB. What a pointer would tell of a date
stands in the files beside the page.
"""

from html import escape

import polars as pl

from spotify_assets.charts.story import MONTHS, shades_of, slots_of
from spotify_assets.report.language import spoken

_WEEKS, _LEFT, _TOP_GAP, _FOOT = 54, 40, 4, 58
_GAP = 0.12
"""Share of a cell that parts it from its neighbours."""


def calendar_of_years_svg(days: pl.DataFrame, width: int, says: str) -> str:
    """Minutes of each date of the asked period, seven rows for each year, as an SVG element.

    Args:
        days: the figure `days`.
        width: in pixels, of all of it.
        says: what it shows, for those who do not see it.
    """
    rows, years = slots_of(days)
    limits, shades = shades_of(rows["minutes_listened"])
    cell = (width - _LEFT - 2) / _WEEKS
    inner = cell * (1 - _GAP)
    height = _TOP_GAP + len(years) * 8 * cell
    paths = []
    shade = sum((pl.col("minutes_listened") >= limit).cast(pl.Int8) for limit in limits)
    for (number,), of_shade in rows.with_columns(shade=shade).group_by("shade", maintain_order=True):
        cells = "".join(
            f"M{_LEFT + week * cell:.1f} {_TOP_GAP + slot * cell:.1f}h{inner:.1f}v{inner:.1f}h-{inner:.1f}z"
            for week, slot in of_shade.select("week", "slot").iter_rows()
        )
        paths.append(f'<path fill="{shades[int(number)]}" d="{cells}"/>')
    labels = [
        _text(_LEFT - 6, _TOP_GAP + (number * 8 + 4.4) * cell, str(year), "end")
        for number, year in enumerate(years)
    ]
    every = 1 if width > 500 else 2
    labels += [
        _text(_LEFT + month * 53 / 12 * cell, height + 12, spoken().charts.get(name, name), "start")
        for month, name in enumerate(MONTHS)
        if month % every == 0
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height + _FOOT:.0f}" '
        f'viewBox="0 0 {width} {height + _FOOT:.0f}" role="img" aria-label="{escape(says)}">'
        f'{"".join(paths)}<g fill="currentColor" font-family="Arial, Helvetica, sans-serif" font-size="12">'
        f"{''.join(labels)}{_legend(limits, shades, height + 26)}</g></svg>"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _legend(limits: list[float], shades: list[str], top: float) -> str:
    """A square for each shade with the minutes from which on it is taken."""
    squares = []
    for number, shade in enumerate(shades):
        x = _LEFT + number * 62
        label = "0" if number == 0 else f"{limits[number - 1]:,.0f}+"
        squares.append(f'<rect x="{x}" y="{top}" width="12" height="12" fill="{shade}"/>')
        squares.append(_text(x + 17, top + 10, label, "start"))
    return "".join(squares)
