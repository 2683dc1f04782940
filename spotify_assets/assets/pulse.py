"""The pulse of the warehouse: plays and skip rate by day, as the published copy's page shows them."""

import polars as pl

from spotify_assets.tables import DAILY_TRACK_METRICS
from spotify_assets.warehouse.audit import is_stored
from spotify_assets.warehouse.door import Warehouse

DAYS = 120
"""Days that are shown, up to the last one with a playback."""


def daily_figures(published: Warehouse) -> pl.DataFrame:
    """One row per day of the last months with a playback: `event_date`, `plays`, `skip_rate` (0 to 1).

    Read from a published copy; without the table, no rows.
    """
    schema = {"event_date": pl.Date, "plays": pl.Int64, "skip_rate": pl.Float64}
    with published.reader() as connection:
        name = DAILY_TRACK_METRICS.full_name
        if not is_stored(connection, DAILY_TRACK_METRICS):
            return pl.DataFrame(schema=schema)
        figures: pl.DataFrame = connection.sql(
            "select event_date, sum(plays)::bigint as plays, "
            "sum(skips) / nullif(sum(plays - coalesce(unknowns, 0)), 0) as skip_rate "
            f"from {name} where event_date > (select max(event_date) from {name}) - {DAYS} "
            "group by event_date having sum(plays) > 0 order by event_date"
        ).pl()
    return figures


def pulse_markdown(published: Warehouse) -> str | None:
    """The plot as Markdown with the picture in it; None without a playback."""
    from spotify_assets.charts.overview import pulse  # noqa: PLC0415
    from spotify_assets.charts.theme import in_markdown, to_png  # noqa: PLC0415

    figures = daily_figures(published)
    if figures.is_empty():
        return None
    return in_markdown("Plays and skip rate by day", to_png(pulse(figures)))
