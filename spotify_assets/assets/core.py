"""Core layer: clean tracks, listening events and daily metrics. Not here: the rules that make them so."""

from collections.abc import Generator, Sequence
from datetime import timedelta

import dagster as dg
import polars as pl

from spotify_assets.assets.spec import FIRST, IO_MANAGER, asset_out, made_anywhere, partitioned, reads
from spotify_assets.lake.exclusions import read_exclusions
from spotify_assets.partitions import AS_OF, around, windows
from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.share import HashedShares, without_blanks
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import (
    ARTISTS,
    DAILY_TRACK_METRICS,
    LISTENING_EVENTS,
    TRACK_ARTISTS,
    TRACK_GENRES,
    TRACKS,
)
from spotify_assets.transforms.events import NEEDED_OF_EARLIER, NEEDED_OF_NEIGHBOURS
from spotify_assets.transforms.events import listening_events as clean_events
from spotify_assets.transforms.metrics import NEEDED_FOR_METRICS, metrics_of_pieces
from spotify_assets.transforms.offline_sync import LONGEST_OFFLINE
from spotify_assets.transforms.overlaps import REPORTING
from spotify_assets.transforms.rules import Rules
from spotify_assets.transforms.tracks import clean_tracks
from spotify_assets.warehouse.lengths import length_sources, of_share
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices, each_alone, joined

NEIGHBOURING_DAYS = 1
"""Sessions begin the day before, and a row may be dropped for one that ended on the day after."""


def core_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets that clean and count."""

    @dg.multi_asset(
        name="tracks",
        outs={t.name: asset_out(t) for t in (TRACKS, ARTISTS, TRACK_ARTISTS, TRACK_GENRES)},
        ins={"raw_tracks": reads("raw.raw_tracks")},
        op_tags=FIRST,
        **partitioned(settings),
    )
    def tracks(
        context: dg.AssetExecutionContext, raw_tracks: TableReader
    ) -> tuple[Slices, Slices, Slices, Slices]:
        days = windows(context)
        snapshots = each_alone(raw_tracks.rows_per_date(joined(days)))
        groups = Slices.of(days, raw_tracks.read, rows=snapshots).groups
        clean = {joined(group): clean_tracks(raw_tracks.read(joined(group))) for group in groups}
        for window, made in clean.items():
            if made.emptied:
                context.log.warning(f"cells that say nothing, left empty in {window}: {dict(made.emptied)}")
        return (
            Slices(groups, lambda window: clean[window].tracks),
            Slices(groups, lambda window: clean[window].artists),
            Slices(groups, lambda window: clean[window].track_artists),
            Slices(groups, lambda window: clean[window].track_genres),
        )

    @dg.asset(
        **made_anywhere(LISTENING_EVENTS),
        **partitioned(settings),
        op_tags=FIRST,
        io_manager_key=IO_MANAGER,
        ins={
            "raw_events": reads("raw.raw_events", around(settings, NEIGHBOURING_DAYS)),
            "tracks": reads("core.tracks", AS_OF),
        },
    )
    def listening_events(
        context: dg.AssetExecutionContext, raw_events: TableReader, tracks: TableReader
    ) -> Slices:
        sources = raw_events.distinct("source")
        one_source = len(sources) <= 1
        exclusions = read_exclusions(settings.exclusions_path)
        rules = Rules(settings.stream_rule, settings.skip_rule, settings.session_rule)
        by_source = NEEDED_OF_EARLIER if one_source else NEEDED_OF_NEIGHBOURS
        needed = None if exclusions else by_source
        lengths = length_sources(raw_events, tracks)

        def clean(window: Window, raw: TableReader = raw_events) -> Cleaned:
            return clean_events(
                raw.read(window),
                read_raw_before=lambda days: raw.read(window.preceding(days), needed),
                tracks=tracks.as_of(window, "track_id", ["track_id", "snapshot_date", "duration_ms"]),
                read_raw_after=None if one_source else lambda days: raw.read(window.following(days), needed),
                read_raw_reported=None
                if sources.isdisjoint(REPORTING)
                else lambda dates: _reported_on(raw, dates, needed),
                exclusions=exclusions,
                read_raw_moved=lambda days: moved_events(raw, window, days, NEEDED_OF_NEIGHBOURS),
                rules=rules,
                lengths=of_share(lengths, raw),
            )

        def clean_shares(window: Window, of: int) -> Generator[Cleaned, None, None]:
            wide = Window(window.preceding(NEIGHBOURING_DAYS).start, window.following(NEIGHBOURING_DAYS).end)
            # What a listener did is judged by nothing that others did, unless one event is told of them all.
            shares = HashedShares("user_id", of, together=_told_of_the_same(raw_events, wide))
            return (clean(window, raw) for raw in raw_events.in_shares(wide, shares))

        days = windows(context)
        rows = raw_events.rows_per_date(joined(days))
        return Slices.of(days, clean, rows=rows, make_shares=clean_shares)

    @dg.asset(
        **made_anywhere(DAILY_TRACK_METRICS),
        **partitioned(settings),
        op_tags=FIRST,
        io_manager_key=IO_MANAGER,
        ins={"listening_events": reads("core.listening_events")},
    )
    def daily_track_metrics(context: dg.AssetExecutionContext, listening_events: TableReader) -> Slices:
        def metrics(window: Window, events: TableReader = listening_events) -> pl.DataFrame:
            return metrics_of_pieces(events.pieces(window, "user_id", NEEDED_FOR_METRICS))

        days = windows(context)
        return Slices.of(
            days,
            metrics,
            rows=listening_events.rows_per_date(joined(days)),
            make_shares=lambda window, of: (
                metrics(window, events)
                for events in listening_events.in_shares(
                    window, HashedShares("track_id", of), NEEDED_FOR_METRICS
                )
            ),
        )

    return [tracks, listening_events, daily_track_metrics]


def _told_of_the_same(raw_events: TableReader, window: Window) -> list[str]:
    """The listeners of events of a window that are told of several listeners.

    Events are compared by their hashes, which takes a fraction of the memory; two events of one hash make
    their listeners some of these.
    """
    found = raw_events.query(
        f"""
        with told as (
            select hash(event_id) as event, {without_blanks("user_id")} as listener
            from {raw_events.relation(window)}
            where event_date >= $start and event_date < $end and listener <> ''
        ),
        of_several as (
            select event
            from told
            group by event
            having min(hash(listener)) <> max(hash(listener))
        )
        select distinct listener from told where event in (from of_several) order by listener
        """,
        window,
    )
    return found["listener"].to_list()


def _reported_on(raw_events: TableReader, dates: pl.DataFrame, needed: Sequence[str] | None) -> pl.DataFrame:
    """The raw events of users that were reported on certain dates (`user_id`, `reported_date`)."""
    day = pl.col("reported_date")
    first, last = dates.select(day.min().alias("first"), day.max().alias("last")).row(0)
    heard = Window(first - LONGEST_OFFLINE - timedelta(days=1), last + timedelta(days=2))
    return raw_events.query(
        f"""
        select {", ".join(needed or raw_events.table.column_names)}
        from {raw_events.relation(heard)}
        where event_date >= $start and event_date < $end
            and (trim(user_id), cast(coalesce(reported_at, ended_at) as date)) in (from reported_dates)
        """,
        heard,
        {"reported_dates": dates},
    )


def moved_events(raw_events: TableReader, window: Window, days: int, columns: Sequence[str]) -> pl.DataFrame:
    """Raw events of a window and so many days before it that were heard before they were reported.

    Those that were reported in these days were heard up to `LONGEST_OFFLINE` before them.
    """
    heard = Window(window.start - timedelta(days=days) - LONGEST_OFFLINE - timedelta(days=1), window.end)
    return raw_events.query(
        f"""
        select {", ".join(columns)}
        from {raw_events.relation(heard)}
        where event_date >= $start and event_date < $end and reported_at is not null
        """,
        heard,
    )
