"""The listening before a slice, counted where it is stored.

A history of 28 days is many times the slice that asks for it, so it never leaves DuckDB as rows: what the
features need of it is matched and counted there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from spotify_assets.rows.window import Window
from spotify_assets.tables import PLAYBACK_ACTIONS
from spotify_assets.transforms.features import HISTORY_DAYS
from spotify_assets.warehouse.reader import TableReader

_PAIRS, _ARTISTS = "asked_pairs", "artists_of_tracks"
_IS_MUSIC = (
    f"action in {PLAYBACK_ACTIONS} and content_type = 'music' and events.track_id is not null "
    "and outcome <> 'unknown'"
)
_COUNTS = "count(*) as plays, count(*) filter (where outcome = 'skip') as skips"
_NUMBERED = f"""
users as (
    select user_id, row_number() over () as user_number
    from (select distinct user_id from {_PAIRS})
),
artists as (
    select artist, row_number() over () as artist_number
    from (select artist from {_PAIRS} union select artist from {_ARTISTS})
    where artist is not null
),
tracks as (
    select track_id, artist_number, row_number() over () as track_number
    from (
        select track_id, any_value(artist) as artist
        from (select * from {_ARTISTS} union all select track_id, null from {_PAIRS})
        group by track_id
    )
    left join artists using (artist)
),
asked as (
    select
        case when tracks.artist_number is null then user_number << 32 | track_number end as user_track,
        user_number << 32 | artists.artist_number as user_artist
    from {_PAIRS}
    join users using (user_id)
    join tracks using (track_id)
    left join artists using (artist)
)
"""
"""Who and what is asked for: `users`, `tracks` and `artists`, numbered, and the pairs of their numbers.

A pair with a track is needed only where the artist differs from event to event: else the one with the artist
finds the same events, and more.
"""


@dataclass(frozen=True)
class ListeningHistory:
    """`core.listening_events` before a window; `transforms.features.Earlier` says what each answer holds."""

    events: TableReader
    window: Window

    def rows(self, days: int, columns: Sequence[str], matching: pl.DataFrame) -> pl.DataFrame:
        """The named columns of the events of so many days that agree with a row of `matching`."""
        return self.events.read(self.window.preceding(days), columns, matching)

    def _told_as(self, days: int) -> str:
        """The date as which an event is told: those in the history of every start of the window are one.

        The first start is so many days before the window as its history reaches further back than others',
        the last one at its end.
        """
        first_start = self.window.start - timedelta(days=days - HISTORY_DAYS)
        common = Window(self.window.end - timedelta(days=HISTORY_DAYS + 1), first_start)
        return (
            f"case when event_date >= date '{common.start}' and event_date < date '{common.end}' "
            f"then date '{common.start}' else event_date end"
        )

    def plays_of_users(self, days: int) -> pl.DataFrame:
        """Music playbacks of so many days. One row per user and date."""
        return self.events.query(
            f"""
            select user_id, {self._told_as(days)} as event_date, {_COUNTS}
            from (from {self.events.relation(self.window.preceding(days))}) as events
            where event_date >= $start and event_date < $end and {_IS_MUSIC}
            group by all
            """,
            self.window.preceding(days),
        )

    def plays_of_pairs(self, days: int, pairs: pl.DataFrame, artists: pl.DataFrame) -> pl.DataFrame:
        """Music playbacks of so many days of users with tracks and artists. One row per pair and date.

        Users, tracks and artists are numbered first: matching whole numbers takes half the time of matching
        texts.
        """
        return self.events.query(
            f"""
            with {_NUMBERED},
            played as (
                select
                    user_number,
                    track_number,
                    coalesce(tracks.artist_number, named.artist_number) as artist_number,
                    {self._told_as(days)} as event_date,
                    outcome
                from (from {self.events.relation(self.window.preceding(days))}) as events
                join users using (user_id)
                left join tracks using (track_id)
                left join artists as named
                    on named.artist = case when tracks.artist_number is null then events.artist_name end
                where event_date >= $start and event_date < $end and {_IS_MUSIC}
            ),
            counted as (
                select user_number, track_number, artist_number, event_date, {_COUNTS}
                from played
                where
                    user_number << 32 | track_number
                        in (select user_track from asked where user_track is not null)
                    or user_number << 32 | artist_number
                        in (select user_artist from asked where user_artist is not null)
                group by all
            )
            select user_id, track_id, artist, event_date, plays, skips
            from counted
            join users using (user_number)
            left join tracks using (track_number)
            left join artists on artists.artist_number = counted.artist_number
            """,
            self.window.preceding(days),
            {_PAIRS: pairs, _ARTISTS: artists},
        )


def tracks_heard(events: TableReader, before: date) -> pl.DataFrame:
    """What listeners played before a date: one row per `user_id` and `track_id` of music."""
    return events.query(
        f"""
        select distinct user_id, track_id
        from {events.table.full_name}
        where event_date < $end and event_date >= $start and action in {PLAYBACK_ACTIONS}
            and content_type = 'music' and track_id is not null
        """,
        Window(date.min, before),
    )
