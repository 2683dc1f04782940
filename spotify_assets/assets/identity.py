"""Core layer: who listened where, what was played, and which recordings it was. Not here: events (core)."""

from datetime import date

import dagster as dg
import polars as pl

from spotify_assets.assets.spec import IO_MANAGER, about, made_anywhere, partitioned, pool_of, reads
from spotify_assets.lake.profiles import read_profiles
from spotify_assets.partitions import lookback, windows
from spotify_assets.rows.share import HashedShares
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.sources.recordings_toml import read_overrides
from spotify_assets.tables import COUNTRIES, LISTENING_HOURS, PLAYED_TRACKS, RECORDINGS, USER_PROFILES
from spotify_assets.transforms import hours, identity, played, zones
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices, joined

AFTER_ALL = Window(date.max, date.max)
"""A window that every snapshot and every day lies before."""


def identity_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets that say who, where and what."""

    @dg.asset(**about(COUNTRIES), pool=pool_of(settings), io_manager_key=IO_MANAGER)
    def countries() -> pl.DataFrame:
        return zones.countries()

    @dg.asset(**about(USER_PROFILES), pool=pool_of(settings), io_manager_key=IO_MANAGER)
    def user_profiles() -> pl.DataFrame:
        declared = [
            (profile.user_id, profile.time_zone, profile.follows_country)
            for profile in read_profiles(settings.lake)
        ]
        return pl.DataFrame(declared, schema=USER_PROFILES.polars_schema, orient="row").sort("user_id")

    @dg.asset(
        **made_anywhere(PLAYED_TRACKS),
        **partitioned(settings),
        io_manager_key=IO_MANAGER,
        ins={"listening_events": reads("core.listening_events")},
    )
    def played_tracks(context: dg.AssetExecutionContext, listening_events: TableReader) -> Slices:
        def make(window: Window, events: TableReader = listening_events) -> pl.DataFrame:
            return played.played_of_pieces(events.pieces(window, "event_id", played.NEEDED_FOR_PLAYED))

        days = windows(context)
        return Slices.of(
            days,
            make,
            rows=listening_events.rows_per_date(joined(days)),
            make_shares=lambda window, of: (
                make(window, events)
                for events in listening_events.in_shares(
                    window, HashedShares("track_key", of), played.NEEDED_FOR_PLAYED
                )
            ),
        )

    @dg.asset(
        **about(RECORDINGS),
        pool=pool_of(settings),
        io_manager_key=IO_MANAGER,
        ins={"tracks": reads("core.tracks"), "played_tracks": reads("core.played_tracks")},
    )
    def recordings(
        context: dg.AssetExecutionContext, tracks: TableReader, played_tracks: TableReader
    ) -> pl.DataFrame:
        found = identity.recordings(
            tracks.as_of(AFTER_ALL, "track_id", identity.CATALOGUE_COLUMNS),
            played_tracks.as_of(AFTER_ALL, "track_key", identity.PLAYED_COLUMNS),
            read_overrides(settings.recordings_path),
        )
        plays = played_tracks.read(columns=["track_key", "playbacks"])
        context.add_output_metadata(identity.match_rates(found, plays))
        return found

    @dg.asset(
        **made_anywhere(LISTENING_HOURS),
        **partitioned(settings),
        io_manager_key=IO_MANAGER,
        ins={
            "listening_events": reads("core.listening_events", lookback(settings, hours.LOOKBACK_DAYS)),
            "user_profiles": reads("core.user_profiles"),
        },
    )
    def listening_hours(
        context: dg.AssetExecutionContext, listening_events: TableReader, user_profiles: pl.DataFrame
    ) -> Slices:
        def make(window: Window, events: TableReader = listening_events) -> pl.DataFrame:
            return hours.listening_hours(
                events.read(window, hours.NEEDED_FOR_HOURS),
                events.read(window.preceding(hours.LOOKBACK_DAYS), hours.NEEDED_FOR_HOURS),
                user_profiles,
                settings.default_time_zone,
            )

        days = windows(context)
        return Slices.of(
            days,
            make,
            rows=listening_events.rows_per_date(joined(days)),
            make_shares=lambda window, of: (
                make(window, events)
                for events in listening_events.in_shares(
                    Window(window.preceding(hours.LOOKBACK_DAYS).start, window.end),
                    HashedShares("user_id", of),
                    hours.NEEDED_FOR_HOURS,
                )
            ),
        )

    return [countries, user_profiles, played_tracks, recordings, listening_hours]
