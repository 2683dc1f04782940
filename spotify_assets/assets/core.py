"""Core layer: clean tracks, listening events and daily metrics. Not here: the rules that make them so."""

import dagster as dg

from spotify_assets.assets.spec import IO_MANAGER, about, asset_out, partitioned, reads
from spotify_assets.automation.partitions import lookback, windows
from spotify_assets.catalog import (
    ARTISTS,
    DAILY_TRACK_METRICS,
    LISTENING_EVENTS,
    TRACK_ARTISTS,
    TRACK_GENRES,
    TRACKS,
)
from spotify_assets.settings import Settings
from spotify_assets.transforms.cleaned import Cleaned
from spotify_assets.transforms.events import NEEDED_OF_EARLIER
from spotify_assets.transforms.events import listening_events as clean_events
from spotify_assets.transforms.metrics import NEEDED_FOR_METRICS
from spotify_assets.transforms.metrics import daily_track_metrics as track_metrics
from spotify_assets.transforms.tracks import clean_tracks
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices, Window

AS_OF = dg.AllPartitionMapping()
"""Events of a day use the newest catalogue at or before it, or else the earliest: any snapshot may matter."""
SESSION_LOOKBACK_DAYS = 1


def core_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets that clean and count."""

    @dg.multi_asset(
        name="tracks",
        outs={t.name: asset_out(t) for t in (TRACKS, ARTISTS, TRACK_ARTISTS, TRACK_GENRES)},
        ins={"raw_tracks": reads("raw.raw_tracks")},
        **partitioned(settings),
    )
    def tracks(
        context: dg.AssetExecutionContext, raw_tracks: TableReader
    ) -> tuple[Slices, Slices, Slices, Slices]:
        days = windows(context)
        clean = {window: clean_tracks(raw_tracks.read(window)) for window in days}
        return (
            Slices.of(days, lambda window: clean[window].tracks),
            Slices.of(days, lambda window: clean[window].artists),
            Slices.of(days, lambda window: clean[window].track_artists),
            Slices.of(days, lambda window: clean[window].track_genres),
        )

    @dg.asset(
        **about(LISTENING_EVENTS),
        **partitioned(settings),
        io_manager_key=IO_MANAGER,
        ins={
            "raw_events": reads("raw.raw_events", lookback(settings, SESSION_LOOKBACK_DAYS)),
            "tracks": reads("core.tracks", AS_OF),
        },
    )
    def listening_events(
        context: dg.AssetExecutionContext, raw_events: TableReader, tracks: TableReader
    ) -> Slices:
        def clean(window: Window) -> Cleaned:
            return clean_events(
                raw_events.read(window),
                read_raw_before=lambda days: raw_events.read(window.preceding(days), NEEDED_OF_EARLIER),
                tracks=tracks.as_of(window, "track_id", ["track_id", "snapshot_date", "duration_ms"]),
            )

        return Slices.of(windows(context), clean)

    @dg.asset(
        **about(DAILY_TRACK_METRICS),
        **partitioned(settings),
        io_manager_key=IO_MANAGER,
        ins={"listening_events": reads("core.listening_events")},
    )
    def daily_track_metrics(context: dg.AssetExecutionContext, listening_events: TableReader) -> Slices:
        return Slices.of(
            windows(context), lambda window: track_metrics(listening_events.read(window, NEEDED_FOR_METRICS))
        )

    return [tracks, listening_events, daily_track_metrics]
