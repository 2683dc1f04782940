"""One playback told by several sources: which rows are the same, and which of them stays.

Two rows of different sources are one playback where user and track are the same and the times in which they
were heard overlap, as far as each source knows them. `SOURCES` holds what each knows, in the order in which
they are believed: the first that has a playback keeps it. What makes two rows the same is in
`transforms.matching`. Rows of one source never match each other here, because people do repeat a track; and
each row that stays takes at most one row of each other source, so that of k rows at most k are dropped.

A row that stays knows what the rows know that it stands for: a history that has the id alone takes the names
of the account data, and by these it is found among the scrobbles.
"""

from datetime import date, timedelta

import polars as pl

from spotify_assets.sources.formats import CLOCKS
from spotify_assets.sources.formats.model import Clock
from spotify_assets.tables import PLAYBACK_ACTIONS
from spotify_assets.transforms.matching import HOUR_MS, KEYS, MINUTE_MS, NO_PAIRS, UNKNOWN, exact, matched
from spotify_assets.transforms.names import artist_key, title_key

SOURCES = CLOCKS
"""Sources in the order in which they are believed; all others come after them and are taken to the second.

The extended history comes first, because it is complete and says why a playback ended. It, Apple Music and
the stream of our own give the end to the second. The account data cut it down to the minute. Scrobblers write
when a playback started by another clock, and nothing about its end.
"""
UNKNOWN_SOURCE = Clock("unknown", trust=len(SOURCES))
REPORTING = frozenset(source.source for source in SOURCES if source.reports)
"""Sources that report when the service learnt of a playback."""
UPLOAD_TIMED = "account_data"
"""The source that tells of offline listening at the minute of its upload, and not when it was heard."""

LONGEST_MS = 12 * HOUR_MS
"""The most time before its end in which a playback is looked for."""
LONGEST_PAUSE_MS = 30 * MINUTE_MS
"""How far a start may lie before the milliseconds heard, in silence, because the playback was paused."""
SEPARATOR = "\x1f"
"""Stands between the parts of a key: no name has it."""
_TO_THE_MINUTE = r'"precision"\s*:\s*"minute"'
_HEARD = [
    *("rank", "source", "user_id", "event_id", *KEYS, UNKNOWN, "starts_only", "either_end"),
    *("start_ms", "end_ms", "reported_ms", "length_ms", "early_ms", "late_ms", "from_ms", "until_ms"),
    *("start_early_ms", "start_late_ms", "paused_from", "followed_ms", "source_file", "source_row"),
]
NEEDED_FOR_OVERLAPS = (
    *("event_id", "user_id", "track_id", "track_name", "artist_name", "album_name", "event_date"),
    *("started_at", "ended_at", "reported_at", "ms_played", "action", "extra"),
    *("source", "source_file", "source_row"),
)
"""Columns of valid events that overlaps are found by."""


def overlapping(events: pl.DataFrame) -> pl.DataFrame:
    """The rows that another source's row stands for. One row per dropped row: `event_id`, `kept_event_id`,
    `source`, `kept_source`.

    `events` are valid events, each `event_id` once (columns `NEEDED_FOR_OVERLAPS`). The result does not
    depend on their order.
    """
    if events.is_empty():
        return NO_PAIRS
    rows = _identified(_heard(events))
    kept, dropped = rows.clear(), [NO_PAIRS]
    for (_, source), of_source in rows.group_by("rank", "source", maintain_order=True):
        pairs = matched(of_source, kept, reported=source in REPORTING) if kept.height else NO_PAIRS
        if pairs.is_empty():
            kept = pl.concat([kept, of_source])
            continue
        dropped.append(pairs)
        left = of_source.join(pairs, on="event_id", how="anti")
        kept = pl.concat([_knowing(kept, of_source, pairs), left])
    return pl.concat(dropped)


def _knowing(kept: pl.DataFrame, rows: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """The rows that stay, with what the rows know of the track that they stand for."""
    told = rows.join(pairs, on="event_id").select("kept_event_id", *KEYS)
    known = {key: pl.coalesce(key, f"{key}_told") for key in KEYS}
    return (
        kept.join(
            told,
            left_on="event_id",
            right_on="kept_event_id",
            how="left",
            suffix="_told",
            maintain_order="left",
        )
        .with_columns(**known)
        .with_columns(_nothing_known())
        .select(kept.columns)
    )


def told_at_upload(events: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """The rows of `UPLOAD_TIMED` that a row stands for which was heard before its upload.

    As `overlapping` gives them. `moved` are rows with `reported_at`, repeats included: each upload of a
    playback takes one row. One track, length and minute of the upload are the same, the k-th
    of the one with the k-th of the other.
    """
    if moved.is_empty():
        return NO_PAIRS
    uploads = moved.unique(["event_id", "reported_at"], keep="any").with_columns(
        ended_at="reported_at", event_date=pl.col("reported_at").dt.date()
    )
    kept = _identified(_heard(uploads.select(NEEDED_FOR_OVERLAPS)))
    rows = _identified(_heard(events.filter(pl.col("source") == UPLOAD_TIMED)))
    pairs = exact(rows, kept, "end_ms", "track_id", "names", UNKNOWN).sort("event_id", "kept_event_id")
    return pairs.unique("event_id", keep="first", maintain_order=True).select(NO_PAIRS.columns)


def users_of_several_sources(events: pl.DataFrame) -> pl.Series:
    """The users of whom more than one source tells: only they can have overlaps."""
    told = events.group_by("user_id").agg(pl.col("source").n_unique())
    return told.filter(pl.col("source") > 1)["user_id"]


def may_go_on(events: pl.DataFrame, first: date, last: date, days: int) -> bool:
    """Whether rows that were not read may decide about rows of the dates from `first` to `last`.

    `events` are those of the users with several sources, `days` before and after these dates. Rows decide
    about each other along a chain of rows that overlap, which ends where a user heard nothing.
    """
    chains = (
        _heard(events)
        .sort("user_id", "from_ms", "event_id")
        .with_columns(
            begins=(pl.col("from_ms") > pl.col("until_ms").cum_max().shift(1).over("user_id")).fill_null(
                value=True
            )
        )
        .with_columns(chain=pl.col("begins").cum_sum())
        .with_columns(
            of_slice=pl.col("event_date").is_between(first, last).any().over("chain"),
        )
        .filter("of_slice")
    )
    read_from = _midnight_ms(first - timedelta(days=days))
    read_until = _midnight_ms(last + timedelta(days=days + 1))
    unsure = max(source.early_ms + source.late_ms for source in SOURCES)
    unread = (pl.col("from_ms").min() < read_from + unsure) | (
        pl.col("until_ms").max() > read_until - LONGEST_MS - LONGEST_PAUSE_MS - unsure
    )
    return bool(chains.height and chains.select(unread).item())


def _midnight_ms(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 24 * HOUR_MS


def _rank() -> pl.Expr:
    """The place of a row's source among those that are known, the others after them."""
    names = [source.source for source in SOURCES]
    return pl.col("source").replace_strict(
        names, list(range(len(names))), default=len(names), return_dtype=pl.Int64
    )


def _heard(events: pl.DataFrame) -> pl.DataFrame:
    """Playbacks with the time in which they may have been heard, `from_ms` to `until_ms`.

    In the order of sources, users and time. `start_ms` and `end_ms` are the nominal ones.
    """
    starts_only = pl.col("starts_only")
    return (
        events.filter(pl.col("action").is_in(PLAYBACK_ACTIONS))
        .with_columns(
            rank=_rank(),
            early_ms=_of_source("early_ms", pl.Int64),
            late_ms=_of_source("late_ms", pl.Int64),
            starts_only=_of_source("starts_only", pl.Boolean),
            either_end=_of_source("either_end", pl.Boolean),
            to_the_minute=pl.col("extra").str.contains(_TO_THE_MINUTE).fill_null(value=False),
        )
        .with_columns(
            end_ms=pl.when(starts_only).then("started_at").otherwise("ended_at").dt.epoch("ms"),
            length_ms=pl.when(starts_only).then(0).otherwise(pl.col("ms_played").clip(0, LONGEST_MS)),
        )
        .with_columns(
            start_ms=pl.col("end_ms") - pl.col("length_ms"),
            reported_ms=pl.coalesce(pl.col("reported_at").dt.epoch("ms"), "end_ms"),
            # When it began; the tolerances of those who tell the start alone are for pauses as well.
            start_early_ms=pl.when(starts_only).then(0).otherwise("early_ms"),
            start_late_ms=pl.when(starts_only)
            .then(pl.when("to_the_minute").then(MINUTE_MS).otherwise(0))
            .otherwise("late_ms"),
        )
        .sort("rank", "source", "user_id", "start_ms", "end_ms", "event_id")
        .with_columns(
            heard_before=pl.col("end_ms").cum_max().shift(1).over("source", "user_id"),
            followed_ms=pl.col("start_ms").shift(-1).over("source", "user_id"),
        )
        .with_columns(paused_from=_paused_from())
        .with_columns(
            from_ms=pl.col("paused_from") - pl.col("early_ms"),
            until_ms=pl.sum_horizontal(
                "end_ms", "late_ms", pl.when("either_end").then("length_ms").otherwise(0)
            ),
        )
    )


def _paused_from() -> pl.Expr:
    """The earliest start: what the source tells of the time before bounds how long a pause can have been."""
    start = pl.col("start_ms")
    silent_from = pl.min_horizontal(start, pl.col("heard_before").fill_null(start))
    bounded = pl.max_horizontal(start - LONGEST_PAUSE_MS, silent_from)
    return pl.when("starts_only").then(start).otherwise(bounded)


def _of_source(attribute: str, kind: type[pl.DataType]) -> pl.Expr:
    """What `SOURCES` says of the source of a row."""
    names = [source.source for source in SOURCES]
    values = [getattr(source, attribute) for source in SOURCES]
    default = getattr(UNKNOWN_SOURCE, attribute)
    return pl.col("source").replace_strict(names, values, default=default, return_dtype=kind)


def _identified(heard: pl.DataFrame) -> pl.DataFrame:
    """Add what tracks are known by beside their id (`KEYS`), and `unknown` where there is neither."""
    written = ["artist_name", "track_name"]
    names = (
        heard.select(written)
        .unique()
        .with_columns(artist=artist_key("artist_name"), title=title_key("track_name"))
        .with_columns(names=pl.concat_str("artist", "title", separator=SEPARATOR))
    )
    albums = heard.select("album_name").unique().with_columns(album=title_key("album_name"))
    return (
        heard.join(names, on=written, how="left", nulls_equal=True, maintain_order="left")
        .join(albums, on="album_name", how="left", maintain_order="left")
        .with_columns(_nothing_known(), release=pl.concat_str("album", "title", separator=SEPARATOR))
        .select(_HEARD)
    )


def _nothing_known() -> pl.Expr:
    neither = pl.col("track_id").is_null() & pl.col("names").is_null()
    return pl.when(neither).then(pl.lit("")).alias(UNKNOWN)


def no_overlaps() -> pl.DataFrame:
    """The overlaps of rows that have none."""
    return NO_PAIRS
