"""The pulse of the warehouse: plays and skip rate by day, as the published copy's page shows them."""

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from spotify_assets.catalog import DAILY_TRACK_METRICS
from spotify_assets.warehouse.audit import stored_columns
from spotify_assets.warehouse.database import Database

if TYPE_CHECKING:
    import altair as alt

DAYS = 120
"""Days that are shown, up to the last one with a playback."""
_BLUE, _VERMILION = "#0072B2", "#D55E00"
_WIDTH, _HEIGHT = 560, 120


def daily_figures(published: Path) -> pl.DataFrame:
    """One row per day of the last months with a playback: `event_date`, `plays`, `skip_rate` (0 to 1).

    Read from a published copy; without the table, no rows.
    """
    schema = {"event_date": pl.Date, "plays": pl.Int64, "skip_rate": pl.Float64}
    with Database(published).reader() as connection:
        name = DAILY_TRACK_METRICS.full_name
        if not stored_columns(connection, name):
            return pl.DataFrame(schema=schema)
        figures: pl.DataFrame = connection.sql(
            "select event_date, sum(plays)::bigint as plays, sum(skips) / sum(plays) as skip_rate "
            f"from {name} where event_date > (select max(event_date) from {name}) - {DAYS} "
            "group by event_date having sum(plays) > 0 order by event_date"
        ).pl()
    return figures


def pulse_plot(figures: pl.DataFrame) -> "alt.VConcatChart":
    """Plays a day above, the skip rate below, on one time axis."""
    import altair as alt  # noqa: PLC0415

    # Text, and not dates: Vega would take a date for midnight of the viewer's own zone.
    rows = figures.with_columns(pl.col("event_date").dt.strftime("%Y-%m-%dT00:00:00"))
    base = alt.Chart(rows).encode(alt.X("event_date:T", title=None))
    size = {"width": _WIDTH, "height": _HEIGHT}
    plays = base.mark_bar(color=_BLUE).encode(alt.Y("plays:Q", title="Plays a day")).properties(**size)
    skips = (
        base.mark_line(color=_VERMILION, point=True)
        .encode(alt.Y("skip_rate:Q", title="Skip rate", axis=alt.Axis(format="%")))
        .properties(**size)
    )
    return alt.vconcat(plays, skips)


def pulse_markdown(published: Path) -> str | None:
    """The plot as Markdown with the picture in it; None without a playback."""
    from spotify_assets.skip.plots import to_png  # noqa: PLC0415

    figures = daily_figures(published)
    if figures.is_empty():
        return None
    picture = base64.b64encode(to_png(pulse_plot(figures))).decode()
    return f"![Plays and skip rate by day](data:image/png;base64,{picture})"
