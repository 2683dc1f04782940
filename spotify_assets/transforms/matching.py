"""Which rows of one source are the playbacks that other sources' rows tell of.

Rows pair in stages; what an earlier one paired is gone in the later. First come rows that agree *exactly*, in
minute of the end and milliseconds heard, the k-th with the k-th in the order of time and file:

1. same track id; same title and artist; or neither row knows id or names;
2. same title, on the same album or by whatever artist: the extended history has the album's artist, others
   the track's, and of a compilation, a soundtrack or a mix these differ;
3. one of the rows has no title, and not both have an id: a track that left the catalogue, a local file,
   `Unknown Track`. Minute, milliseconds and the order are enough, because both sources tell of everything:
   what is left over on both sides at one moment is the same;
4. same artist or show, and both rows know a title, which differ: an episode that was renamed. Only where the
   milliseconds are no whole second, which is a coincidence too many for two playbacks; 30,000 ms are not.

Two rows that know two different titles of two different artists are never the same. Then come rows that
agree as far as the sources know the time, the *nearest* first:

5. same track id, or title and artist, in times that overlap;
6. same title and album, likewise;
7. same title, and the playbacks began within `COINCIDING_MS` of each other, as exactly as the sources know:
   two songs called *Intro*, one after the other, are two;
8. a scrobble, and a row without a title that began at that moment.

A source that tells of each playback its start or its end, and not which (`either_end`), takes no part in
these stages, because its moment is as near to the playback before as to the one after. Its rows pair last, by
the same names, with playbacks that began or ended at that moment (`transforms.either_end`).

A source that reports when the service learnt of a playback (`reported`) is compared with what other sources
say of that in the exact stages: with the upload of what was played offline.
"""

from collections.abc import Callable

import polars as pl

from spotify_assets.transforms.either_end import MayPair, paired

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
SCROBBLED_MS = 15_000
"""The least that was heard of what was scrobbled: half of a track longer than 30 seconds. Source: Last.fm's
scrobbling rules (last.fm/api/scrobbling), which ListenBrainz' submitters follow."""
COINCIDING_MS = SCROBBLED_MS
"""How far apart two sources' moments of one start are at most, where the track tells little: what comes next
after something that was scrobbled begins later than that."""
LISTED_MS = 30_000
"""What was heard for less is not among the recently played. Source: the Web API's reference."""
SHARED = 0.5
"""The share of the shorter row that two rows of known length have in common at least."""

KEYS = ("track_id", "names", "release", "title", "artist")
"""What a track may be known by; `names` are artist and title, `release` is album and title."""
UNKNOWN = "unknown"
"""Column that is empty where neither id nor names are known, else null."""
NO_PAIRS = pl.DataFrame(
    schema=dict.fromkeys(("event_id", "kept_event_id", "source", "kept_source"), pl.String)
)

_NOTHING_PAIRS = pl.DataFrame(
    schema=dict.fromkeys(("event_id", "source", "kept_event_id", "kept_source"), pl.String)
    | {"cost": pl.Int64}
)

Stage = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
"""Gives the pairs of rows and of rows that stay, with what speaks against each (`cost`)."""

_BUCKET_MS = HOUR_MS
_ROUND_MS = 1_000
_UNSURE, _PAUSED, _UNLISTED = HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS
"""What speaks against a moment's being an end beside which another playback, untold, may have its other end;
against its being a start before a pause; and against a playback that would not be listed."""
_MOMENT_ALONE = "moment_alone"


def matched(rows: pl.DataFrame, kept: pl.DataFrame, *, reported: bool) -> pl.DataFrame:
    """Pairs of a row and the row that stands for it, each in one pair at most: the columns of `NO_PAIRS`."""
    end = "reported_ms" if reported else "end_ms"
    stages: list[Stage] = [
        lambda rows, kept: exact(rows, kept, end, "track_id", "names", UNKNOWN),
        lambda rows, kept: exact(rows, kept, end, "release", "title"),
        lambda rows, kept: _untitled(rows, kept, end),
        lambda rows, kept: _renamed(rows, kept, end),
        lambda rows, kept: _near(rows, kept, "track_id", "names"),
        lambda rows, kept: _near(rows, kept, "release"),
    ]
    if not reported:
        stages += [_same_title_at_once, _scrobbles_of_untitled]
    if rows["either_end"].any() or kept["either_end"].any():
        stages = [_of_known_ends(stage) for stage in stages]
        stages += [
            lambda rows, kept: _by_either_end(rows, kept, "track_id", "names"),
            lambda rows, kept: _by_either_end(rows, kept, "release"),
            lambda rows, kept: _by_either_end(rows, kept, "title"),
        ]
    found = [NO_PAIRS]
    for stage in stages:
        if rows.is_empty() or kept.is_empty():
            break
        may_pair = stage(rows, kept)
        if may_pair.is_empty():
            continue
        pairs = _one_to_one(may_pair)
        rows = rows.join(pairs, on="event_id", how="anti")
        kept = kept.join(pairs, left_on="event_id", right_on="kept_event_id", how="anti")
        found.append(pairs)
    return pl.concat(found)


def _of_known_ends(stage: Stage) -> Stage:
    """A stage of rows that do not leave open which end they tell."""
    known = ~pl.col("either_end")
    return lambda rows, kept: stage(rows.filter(known), kept.filter(known))


def _by_either_end(rows: pl.DataFrame, kept: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """Pairs of which one side tells a moment, at which the other side's playback began or ended.

    Where silence lies beside that end, as far as the other side tells, the moment may as well be of a
    playback that it does not tell of. Playbacks that are not listed come last. Of a scrobble the end is not
    known: it lies in the length of the track.
    """
    moment, early, late = (_of_side(name, tells=True) for name in ("end_ms", "early_ms", "late_ms"))
    length = _of_side("length_ms", tells=True)
    names = ("start_ms", "end_ms", "early_ms", "late_ms", "start_early_ms", "start_late_ms", "paused_from")
    start, end, early_o, late_o, start_early, start_late, paused_from = (
        _of_side(name, tells=False) for name in names
    )
    point = _of_side("starts_only", tells=False)
    began = (moment >= paused_from - start_early - late) & (moment <= start + start_late + early)
    ended = (moment >= end - early_o - late) & (moment <= end + late_o + early)
    scrobbled = (moment >= start - early_o - late) & (moment <= start + length + late_o + early)
    listed = point | (_of_side("length_ms", tells=False) >= LISTED_MS)
    followed = _of_side("followed_ms", tells=False)
    pairs = pl.concat(_in_time(rows, kept, key) for key in keys).filter(
        pl.col("either_end") != pl.col("either_end_kept"),
        pl.when(point).then(scrobbled).otherwise(began | ended),
    )
    at_start = (moment - start).abs() + _UNSURE * (start - paused_from > LISTED_MS)
    at_end = (moment - end).abs() + _UNSURE * (followed - end > LISTED_MS).fill_null(value=True)
    is_near = moment >= start - start_early - late
    cost = pl.min_horizontal(
        pl.when(began & is_near).then(at_start), pl.when(ended).then(at_end), pl.lit(_PAUSED)
    )
    found = pairs.select(
        moment.alias("moment_ms"),
        _of_side("event_id", tells=True).alias("moment"),
        start.alias("start_ms"),
        _of_side("event_id", tells=False).alias("playback"),
        (cost + pl.when(listed).then(0).otherwise(_UNLISTED)).cast(pl.Int64).alias("cost"),
    ).unique()
    taken = pl.DataFrame(
        [(each.moment, each.playback) for each in paired(MayPair(*row) for row in found.iter_rows())],
        schema={"moment": pl.String, "playback": pl.String},
        orient="row",
    )
    chosen = pairs.with_columns(
        moment=_of_side("event_id", tells=True), playback=_of_side("event_id", tells=False)
    ).join(taken, on=["moment", "playback"], how="semi")
    return _chosen(chosen, pl.lit(0)).unique()


def _of_side(name: str, *, tells: bool) -> pl.Expr:
    """A column of the side of a pair that tells either end, or of the other side."""
    here, there = (name, f"{name}_kept") if tells else (f"{name}_kept", name)
    return pl.when("either_end").then(pl.col(here)).otherwise(pl.col(there))


def exact(rows: pl.DataFrame, kept: pl.DataFrame, end: str, *keys: str) -> pl.DataFrame:
    """Pairs that agree in one of the keys, in length and minute."""
    return pl.concat(_alike(rows, kept, end, key) for key in keys).unique()


def _untitled(rows: pl.DataFrame, kept: pl.DataFrame, end: str) -> pl.DataFrame:
    """Pairs of one length and minute of which one has no title, and not both have an id."""
    rows, kept = _by_moment_alone(rows), _by_moment_alone(kept)
    no_title = pl.col("title").is_null()
    one_id = pl.col("track_id").is_null() | pl.col("track_id_kept").is_null()
    pairs = [
        _alike(rows, kept.filter(no_title), end, _MOMENT_ALONE, one_id),
        _alike(rows.filter(no_title), kept, end, _MOMENT_ALONE, one_id),
    ]
    return pl.concat(pairs).unique()


def _renamed(rows: pl.DataFrame, kept: pl.DataFrame, end: str) -> pl.DataFrame:
    """Pairs of one artist, length and minute whose titles differ, where the length is no whole second."""
    odd = pl.col("length_ms") % _ROUND_MS != 0
    return _alike(rows.filter(odd), kept.filter(odd), end, "artist")


def _alike(
    rows: pl.DataFrame, kept: pl.DataFrame, end: str, key: str, only: pl.Expr | None = None
) -> pl.DataFrame:
    """Pairs of one key, length and minute: the k-th of the one side with the k-th of the other; `only` those
    that an expression allows.

    Rows that end at the same time are in the order of their file, which is that of the playbacks.
    """
    same = ["user_id", key, "length_ms", "minute"]
    known = ~pl.col("starts_only") & pl.col(key).is_not_null()
    rows, kept = rows.filter(known), kept.filter(known)
    if rows.is_empty() or kept.is_empty():
        return _NOTHING_PAIRS

    def numbered(heard: pl.DataFrame) -> pl.DataFrame:
        return (
            heard.with_columns(minute=pl.col(end) // MINUTE_MS)
            .sort("rank", end, "end_ms", "source_file", "source_row")
            .with_columns(number=pl.int_range(pl.len()).over(same))
        )

    pairs = numbered(rows).join(numbered(kept), on=[*same, "number"], suffix="_kept", coalesce=False)
    return _chosen(pairs if only is None else pairs.filter(only), pl.col("rank_kept"))


def _near(rows: pl.DataFrame, kept: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """Pairs that agree in one of the keys and overlap; how far they lie apart speaks against them.

    A start lies apart only as far as no pause before the milliseconds heard explains it; of playbacks that
    may have begun at a scrobble's moment alike, that of which most was heard was scrobbled.
    """
    point, point_kept = pl.col("starts_only"), pl.col("starts_only_kept")
    in_common = pl.min_horizontal("until_ms", "until_ms_kept") - pl.max_horizontal(
        pl.col("start_ms") - pl.col("early_ms"), pl.col("start_ms_kept") - pl.col("early_ms_kept")
    )
    enough = in_common >= SHARED * pl.min_horizontal("length_ms", "length_ms_kept")
    began_before_its_end = pl.col("start_ms") <= pl.max_horizontal(
        pl.col("end_ms_kept"), pl.col("start_ms_kept") + pl.col("late_ms")
    )
    may_be_scrobbled = point_kept | (pl.col("length_ms_kept") >= SCROBBLED_MS)
    start_gap = pl.max_horizontal(
        0,
        pl.col("paused_from_kept")
        - pl.col("start_early_ms_kept")
        - pl.col("start_ms")
        - pl.col("start_late_ms"),
        pl.col("start_ms") - pl.col("start_ms_kept") - pl.col("start_late_ms_kept"),
    )
    began = start_gap * DAY_MS - pl.col("length_ms_kept")
    length_gap = (pl.col("length_ms") - pl.col("length_ms_kept")).abs()
    return pl.concat(
        _chosen(
            _in_time(rows, kept, key).filter(
                pl.when(point).then(began_before_its_end & may_be_scrobbled).otherwise(enough)
            ),
            pl.when(point).then(began).otherwise(_apart("end_ms", "early_ms", "late_ms") + length_gap),
        )
        for key in keys
    ).unique()


def _same_title_at_once(rows: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Pairs of one title that began at one moment, and ended at one where both sources know the end."""
    return _at_once(_in_time(rows, kept, "title"))


def _scrobbles_of_untitled(rows: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a scrobble and a row without a title that began at one moment, not both with an id."""
    scrobbles = _by_moment_alone(rows.filter("starts_only"))
    untitled = _by_moment_alone(kept.filter(pl.col("title").is_null()))
    one_id = pl.col("track_id").is_null() | pl.col("track_id_kept").is_null()
    return _at_once(_in_time(scrobbles, untitled, _MOMENT_ALONE).filter(one_id))


def _at_once(pairs: pl.DataFrame) -> pl.DataFrame:
    point, point_kept = pl.col("starts_only"), pl.col("starts_only_kept")
    start_gap = _apart("start_ms", "start_early_ms", "start_late_ms")
    end_gap = _apart("end_ms", "early_ms", "late_ms")
    scrobbled = (start_gap <= COINCIDING_MS) & (point_kept | (pl.col("length_ms_kept") >= SCROBBLED_MS))
    return _chosen(
        pairs.filter(pl.when(point).then(scrobbled).otherwise((start_gap == 0) & (end_gap == 0))),
        (pl.col("start_ms") - pl.col("start_ms_kept")).abs(),
    )


def _apart(moment: str, early: str, late: str) -> pl.Expr:
    """How far two rows' moments lie apart at least, as exactly as both sources know them."""
    return pl.max_horizontal(
        0,
        pl.col(moment) - pl.col(early) - pl.col(f"{moment}_kept") - pl.col(f"{late}_kept"),
        pl.col(f"{moment}_kept") - pl.col(f"{early}_kept") - pl.col(moment) - pl.col(late),
    )


def _in_time(rows: pl.DataFrame, kept: pl.DataFrame, key: str) -> pl.DataFrame:
    """Rows of one key side by side that may have been heard at the same time."""
    same = ["user_id", key]
    rows = rows.filter(pl.col(key).is_not_null())
    kept = kept.join(rows.select(same).unique(), on=same, how="semi")
    pairs = _in_buckets(rows).join(_in_buckets(kept), on=[*same, "bucket"], suffix="_kept", coalesce=False)
    first_common = pl.max_horizontal("from_ms", "from_ms_kept") // _BUCKET_MS == pl.col("bucket")
    return pairs.filter(
        first_common,
        pl.max_horizontal("from_ms", "from_ms_kept") <= pl.min_horizontal("until_ms", "until_ms_kept"),
    )


def _in_buckets(heard: pl.DataFrame) -> pl.DataFrame:
    """Each row once for every bucket of time that it may have been heard in."""
    first, last = pl.col("from_ms") // _BUCKET_MS, pl.col("until_ms") // _BUCKET_MS
    return heard.with_columns(bucket=pl.int_ranges(first, last + 1, dtype=pl.Int64)).explode("bucket")


def _by_moment_alone(heard: pl.DataFrame) -> pl.DataFrame:
    """The rows with a key that all have in common."""
    return heard.with_columns(pl.lit("").alias(_MOMENT_ALONE))


def _chosen(side_by_side: pl.DataFrame, cost: pl.Expr) -> pl.DataFrame:
    """Pairs with what speaks against them."""
    return side_by_side.select(
        "event_id",
        "source",
        kept_event_id="event_id_kept",
        kept_source="source_kept",
        cost=cost.cast(pl.Int64),
    )


def _one_to_one(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs of least cost in which no row comes twice.

    Again and again the pairs that are the best of both their rows are taken, and what else their rows
    could pair with is dropped. The order of cost and ids is total, so the result is the same for any order.
    """
    taken = [NO_PAIRS]
    pairs = pairs.sort("cost", "kept_event_id", "event_id")
    while pairs.height:
        best = pairs.filter(
            pl.col("event_id").is_first_distinct() & pl.col("kept_event_id").is_first_distinct()
        )
        taken.append(best.select(NO_PAIRS.columns))
        pairs = pairs.join(best, on="event_id", how="anti", maintain_order="left").join(
            best, on="kept_event_id", how="anti", maintain_order="left"
        )
    return pl.concat(taken)
