"""What is unusual about the listening of each day, as an asset. Not here: the rules (`insight.unusual`)."""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg
import polars as pl

from spotify_assets.assets.spec import IO_MANAGER, about, partitioned, reads
from spotify_assets.insight.unusual.find import unusual_listening as found_in
from spotify_assets.insight.unusual.marks import HISTORY_DAYS, NEEDED, NEIGHBOURING_DAYS
from spotify_assets.partitions import AS_OF, around, windows
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import SOUND, UNUSUAL_LISTENING
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices, joined

APART = timedelta(days=NEIGHBOURING_DAYS)


def unusual_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The asset that finds unusual listening.

    A day also looks back on two months of its listeners. Dagster is told of the neighbouring days alone: told
    of all, it would make two months again for a day.
    """

    @dg.asset(
        **about(UNUSUAL_LISTENING),
        **partitioned(settings),
        io_manager_key=IO_MANAGER,
        ins={
            "listening_events": reads("core.listening_events", around(settings, NEIGHBOURING_DAYS)),
            "tracks": reads("core.tracks", AS_OF),
        },
    )
    def unusual_listening(
        context: dg.AssetExecutionContext, listening_events: TableReader, tracks: TableReader
    ) -> Slices:
        def find(window: Window) -> pl.DataFrame:
            history = Window(window.start - timedelta(days=HISTORY_DAYS) - APART, window.end)

            def before(columns: Sequence[str], matching: pl.DataFrame) -> pl.DataFrame:
                return listening_events.read(history, columns, matching)

            def sound() -> pl.DataFrame:
                known = tracks.as_of(window, "track_id", ["track_id", "snapshot_date", *SOUND])
                return known.sort("snapshot_date").unique("track_id", keep="last")

            return found_in(
                window,
                listening_events.read(Window(window.start - APART, window.end + APART), NEEDED),
                hours_of(listening_events, history),
                before,
                sound,
            )

        days = windows(context)
        return Slices.of(days, find, rows=listening_events.rows_per_date(joined(days)))

    return [unusual_listening]


def hours_of(listening_events: TableReader, window: Window) -> pl.DataFrame:
    """The clock hours of a window in which playbacks started, by source, as `source_gaps` takes them."""
    return listening_events.query(
        f"""
        select
            source,
            date_trunc('hour', started_at)::timestamp as hour,
            count(*) filter (where session_position = 1) as sessions,
            min(started_at) as first_at,
            max(ended_at) as last_at
        from {listening_events.table.full_name}
        where event_date >= $start and event_date < $end and action in ('play', 'skip')
        group by all
        """,
        window,
    )
