"""One playback told by several sources: which rows are the same, and which of them stays.

Two rows of different sources are one playback where user and track are the same and the times in which they
were heard overlap, as far as each source knows them. `SOURCES` holds what each knows, in the order in which
they are believed: the first that has a playback keeps it.

A track is the same by its id or by the names of artist and title, written alike but for case, signs and
featured artists; where neither row knows any of them, by the milliseconds heard up to the same minute. Rows
of one source never match each other, because people do repeat a track; and each row that stays takes at most
one row of each other source, the nearest in time, so that of k rows at most k are dropped.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from spotify_assets.catalog import PLAYBACK_ACTIONS
from spotify_assets.transforms.names import artist_key, title_key

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS


@dataclass(frozen=True)
class Source:
    """What a source knows of when a playback was heard, in milliseconds.

    The playback ended up to `early_ms` before and up to `late_ms` after the `ended_at` that the source
    gives. A source of `starts_only` knows the moment it began, to the same precision, and not how long
    it was heard.
    """

    name: str
    early_ms: int = SECOND_MS
    late_ms: int = SECOND_MS
    starts_only: bool = False


SOURCES = (
    Source("extended_history"),
    Source("stream"),
    Source("synthetic"),
    Source("web_api", early_ms=30 * SECOND_MS, late_ms=30 * SECOND_MS),
    Source("account_data", early_ms=SECOND_MS, late_ms=MINUTE_MS),
    Source("listenbrainz", early_ms=30 * SECOND_MS, late_ms=90 * SECOND_MS, starts_only=True),
    Source("lastfm", early_ms=30 * SECOND_MS, late_ms=90 * SECOND_MS, starts_only=True),
)
"""Sources in the order in which they are believed; all others come after them and are taken to the second.

The extended history comes first, because it is complete and says why a playback ended. It and the stream of
our own give the end to the second. The account data cut it down to the minute. Scrobblers write when a
playback started by another clock, and nothing about its end.
"""
UNKNOWN_SOURCE = Source("unknown")
UPLOAD_TIMED = "account_data"
"""The source that tells of offline listening at the minute of its upload, and not when it was heard."""

LONGEST_MS = 12 * HOUR_MS
"""The most time before its end in which a playback is looked for."""
LONGEST_PAUSE_MS = 30 * MINUTE_MS
"""How far a start may lie before the milliseconds heard, in silence, because the playback was paused."""
SCROBBLED_MS = 15_000
"""The least that was heard of what was scrobbled: half of a track longer than 30 seconds. Source: Last.fm's
scrobbling rules (last.fm/api/scrobbling), which ListenBrainz' submitters follow."""
SHARED = 0.5
"""The share of the shorter row that two rows of known length have in common at least."""

_BUCKET_MS = HOUR_MS
NEEDED_FOR_OVERLAPS = (
    *("event_id", "user_id", "track_id", "track_name", "artist_name", "event_date"),
    *("started_at", "ended_at", "ms_played", "action", "source", "source_file", "source_row"),
)
"""Columns of valid events that overlaps are found by."""


def overlapping(events: pl.DataFrame) -> pl.DataFrame:
    """The rows that another source's row stands for. One row per dropped row: `event_id`, `kept_event_id`,
    `source`, `kept_source`.

    `events` are valid events, each `event_id` once (columns `NEEDED_FOR_OVERLAPS`). The result does not
    depend on their order.
    """
    rows = _identified(_heard(events))
    kept, dropped = rows.clear(), []
    for _, of_source in rows.group_by("rank", "source", maintain_order=True):
        pairs = _matched(of_source, kept) if kept.height else _NO_PAIRS
        dropped.append(pairs)
        kept = pl.concat([kept, of_source.join(pairs, on="event_id", how="anti")])
    return pl.concat(dropped) if dropped else _NO_PAIRS


def told_at_upload(events: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """The rows of `UPLOAD_TIMED` that a row stands for which was heard before its upload.

    As `overlapping` gives them. `moved` are rows with `reported_at`, repeats included: each upload of a
    playback takes one row. One track, length and minute of the upload are the same, the k-th
    of the one with the k-th of the other.
    """
    uploads = moved.unique(["event_id", "reported_at"], keep="any").with_columns(
        ended_at="reported_at", event_date=pl.col("reported_at").dt.date()
    )
    kept = _identified(_heard(uploads.select(NEEDED_FOR_OVERLAPS)))
    rows = _identified(_heard(events.filter(pl.col("source") == UPLOAD_TIMED)))
    pairs = pl.concat(_alike(rows, kept, key) for key in ("track_id", "names", "unknown"))
    return pairs.unique("event_id", keep="first", maintain_order=True).select(_NO_PAIRS.columns)


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


def _heard(events: pl.DataFrame) -> pl.DataFrame:
    """Playbacks with the time in which they may have been heard, `from_ms` to `until_ms`.

    In the order of sources, users and time. `start_ms` and `end_ms` are the nominal ones.
    """
    names = [source.name for source in SOURCES]

    def of_source(attribute: str, kind: type[pl.DataType]) -> pl.Expr:
        values = [getattr(source, attribute) for source in SOURCES]
        default = getattr(UNKNOWN_SOURCE, attribute)
        return pl.col("source").replace_strict(names, values, default=default, return_dtype=kind)

    starts_only = pl.col("starts_only")
    return (
        events.filter(pl.col("action").is_in(PLAYBACK_ACTIONS))
        .with_columns(
            rank=pl.col("source").replace_strict(
                names, list(range(len(names))), default=len(names), return_dtype=pl.Int64
            ),
            early_ms=of_source("early_ms", pl.Int64),
            late_ms=of_source("late_ms", pl.Int64),
            starts_only=of_source("starts_only", pl.Boolean),
        )
        .with_columns(
            end_ms=pl.when(starts_only).then("started_at").otherwise("ended_at").dt.epoch("ms"),
            length_ms=pl.when(starts_only).then(0).otherwise(pl.col("ms_played").clip(0, LONGEST_MS)),
        )
        .with_columns(start_ms=pl.col("end_ms") - pl.col("length_ms"))
        .sort("rank", "source", "user_id", "start_ms", "end_ms", "event_id")
        .with_columns(heard_before=pl.col("end_ms").cum_max().shift(1).over("source", "user_id"))
        .with_columns(
            # What the source tells of the time before bounds how long the playback can have been paused.
            paused_from=pl.when(starts_only)
            .then("start_ms")
            .otherwise(
                pl.max_horizontal(
                    pl.col("start_ms") - LONGEST_PAUSE_MS,
                    pl.min_horizontal("start_ms", pl.col("heard_before").fill_null(pl.col("start_ms"))),
                )
            )
        )
        .with_columns(
            from_ms=pl.col("paused_from") - pl.col("early_ms"), until_ms=pl.col("end_ms") + pl.col("late_ms")
        )
    )


def _identified(heard: pl.DataFrame) -> pl.DataFrame:
    """Add what tracks are known by beside their id: `names`, and `unknown` where there is neither."""
    written = ["artist_name", "track_name"]
    names = (
        heard.select(written)
        .unique()
        .with_columns(
            names=pl.concat_str(artist_key("artist_name"), title_key("track_name"), separator="\x1f")
        )
    )
    nothing_known = pl.col("track_id").is_null() & pl.col("names").is_null()
    return (
        heard.join(names, on=written, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(unknown=pl.when(nothing_known).then(pl.lit("")))
        .select(_HEARD)
    )


_HEARD = [
    *("rank", "source", "user_id", "event_id", "event_date", "track_id", "names", "unknown", "starts_only"),
    *("start_ms", "end_ms", "length_ms", "early_ms", "late_ms", "from_ms", "until_ms"),
    *("source_file", "source_row"),
]
_NO_PAIRS = pl.DataFrame(
    schema=dict.fromkeys(("event_id", "kept_event_id", "source", "kept_source"), pl.String)
)


def no_overlaps() -> pl.DataFrame:
    """The overlaps of rows that have none."""
    return _NO_PAIRS


def _matched(rows: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a row and the row that stands for it, each in one pair at most."""
    exact = [_alike(rows, kept, key) for key in ("track_id", "names", "unknown")]
    found = _one_to_one(pl.concat(exact).unique())
    rows = rows.join(found, on="event_id", how="anti")
    kept = kept.join(found, left_on="event_id", right_on="kept_event_id", how="anti")
    near = [_near(rows, kept, key) for key in ("track_id", "names")]
    return pl.concat([found, _one_to_one(pl.concat(near).unique())])


def _alike(rows: pl.DataFrame, kept: pl.DataFrame, key: str) -> pl.DataFrame:
    """Pairs of one track, length and minute of the end: the k-th of the one with the k-th of the other.

    Rows that end at the same time are in the order of their file, which is that of the playbacks.
    """
    same = ["user_id", key, "length_ms", "minute"]

    def numbered(heard: pl.DataFrame) -> pl.DataFrame:
        return (
            heard.filter(~pl.col("starts_only"), pl.col(key).is_not_null())
            .with_columns(minute=pl.col("end_ms") // MINUTE_MS)
            .sort("end_ms", "source_file", "source_row")
            .with_columns(number=pl.int_range(pl.len()).over(same))
        )

    pairs = numbered(rows).join(numbered(kept), on=[*same, "number"], suffix="_kept")
    return pairs.select(
        "event_id",
        "source",
        kept_event_id="event_id_kept",
        kept_source="source_kept",
        cost=pl.lit(0, pl.Int64),
    )


def _near(rows: pl.DataFrame, kept: pl.DataFrame, key: str) -> pl.DataFrame:
    """Pairs of the same track that overlap, with what speaks against them: how far they lie apart."""
    pairs = _in_buckets(rows, key).join(_in_buckets(kept, key), on=["user_id", key, "bucket"], suffix="_kept")
    first_common = pl.max_horizontal("from_ms", "from_ms_kept") // _BUCKET_MS == pl.col("bucket")
    point, point_kept = pl.col("starts_only"), pl.col("starts_only_kept")
    start_gap = (pl.col("start_ms") - pl.col("start_ms_kept")).abs()
    end_gap = pl.max_horizontal(
        0,
        pl.col("end_ms") - pl.col("early_ms") - pl.col("end_ms_kept") - pl.col("late_ms_kept"),
        pl.col("end_ms_kept") - pl.col("early_ms_kept") - pl.col("end_ms") - pl.col("late_ms"),
    )
    in_common = pl.min_horizontal("until_ms", "until_ms_kept") - pl.max_horizontal(
        pl.col("start_ms") - pl.col("early_ms"), pl.col("start_ms_kept") - pl.col("early_ms_kept")
    )
    enough = in_common >= SHARED * pl.min_horizontal("length_ms", "length_ms_kept")
    began_before_its_end = pl.col("start_ms") <= pl.max_horizontal(
        pl.col("end_ms_kept"), pl.col("start_ms_kept") + pl.col("late_ms")
    )
    may_be_scrobbled = point_kept | (pl.col("length_ms_kept") >= SCROBBLED_MS)
    return (
        pairs.filter(
            first_common,
            pl.max_horizontal("from_ms", "from_ms_kept") <= pl.min_horizontal("until_ms", "until_ms_kept"),
        )
        .filter(pl.when(point).then(began_before_its_end & may_be_scrobbled).otherwise(enough))
        .select(
            "event_id",
            "source",
            kept_event_id="event_id_kept",
            kept_source="source_kept",
            cost=pl.when(point)
            .then(start_gap)
            .otherwise(end_gap + (pl.col("length_ms") - pl.col("length_ms_kept")).abs()),
        )
    )


def _in_buckets(heard: pl.DataFrame, key: str) -> pl.DataFrame:
    """Each row once for every bucket of time that it may have been heard in."""
    return (
        heard.filter(pl.col(key).is_not_null())
        .with_columns(
            bucket=pl.int_ranges(
                pl.col("from_ms") // _BUCKET_MS, pl.col("until_ms") // _BUCKET_MS + 1, dtype=pl.Int64
            )
        )
        .explode("bucket")
    )


def _one_to_one(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs of least cost in which no row comes twice.

    Again and again the pairs that are the best of both their rows are taken, and what else their rows
    could pair with is dropped. The order of cost and ids is total, so the result is the same for any order.
    """
    taken = [_NO_PAIRS]
    pairs = pairs.sort("cost", "kept_event_id", "event_id")
    while pairs.height:
        best = pairs.filter(
            pl.col("event_id").is_first_distinct() & pl.col("kept_event_id").is_first_distinct()
        )
        taken.append(best.select(_NO_PAIRS.columns))
        pairs = pairs.join(best, on="event_id", how="anti", maintain_order="left").join(
            best, on="kept_event_id", how="anti", maintain_order="left"
        )
    return pl.concat(taken)
