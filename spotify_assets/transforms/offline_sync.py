"""Offline listening: what was heard without a connection stands where it was heard.

Spotify's export gives each playback a `ts`, the moment it ended. What is heard offline reaches Spotify at the
next synchronisation, hours or days later, and `ts` is then that moment, one for all of it; the moment at
which each playback began is its `offline_timestamp`, here called the stamp. The export does not say which of
the two a row has, and a stamp may be anything. So a stamp is believed where the rows themselves prove that
`ts` is an upload, and nowhere else:

- a *burst*: different playbacks of one listener with one `ts` that cannot all have ended then, because they
  would have sounded at once, or of which several stamps say that they ended earlier;
- a playback *uploaded again*: the same listener, track, `ms_played` and stamp with two values of `ts`, both
  later than it ended.

Its start is then the stamp, its end `ms_played` later, and its id is made of the start, so that every upload
of it, and every export, gives the same row. Elsewhere `ts` is the end; a stamp that disagrees proves nothing.

Here belongs: what a stamp proves. Not here: how a landing gathers the rows of one `ts` (`lake.events`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from operator import itemgetter

import polars as pl

VERSION = 2
"""Version of the rule, kept with every landing. Before it, all rows stood at their `ts`."""
SOURCE = "extended_history"
LONGEST_OFFLINE = timedelta(days=30)
"""Downloads stop playing after so long without a connection. Source: Spotify support, "Download music"."""
CLOCK_ERROR = timedelta(minutes=1)
"""How far the clocks of device and service may disagree about one moment."""
RESOLUTION = timedelta(seconds=1)
"""Stamps are compared by the second, like `ts`: one export writes a stamp in milliseconds, the next in
seconds, and no device starts one track twice within a second and plays it equally long."""
TEN_MINUTES = timedelta(minutes=10)
"""From here on it matters to hours and sessions how late a playback was reported."""
STAMP = "_stamp"
"""Column of the stamp where it is plausible: within 30 days before `ts`, with room for `ms_played`."""
ID_DIGITS = 32
LATEST = "reported_seconds_late_at_most"
"""What a receipt calls the most that a playback was reported late."""

REPORTED = pl.coalesce("reported_at", "ended_at")
"""When a playback was reported: the export's `ts`."""

_PLAYBACK = ("user_id", "what", "ms_played", STAMP)
_HEARD = pl.duration(milliseconds="ms_played")
_IS_LATE = pl.col("reported_at").is_null() & (pl.col(STAMP) + _HEARD + CLOCK_ERROR < pl.col("ended_at"))
_AT_ONCE = pl.col("ms_played").sum() - pl.col("ms_played").max()
_APART = pl.max_horizontal(pl.duration(milliseconds="ms_played") - RESOLUTION, pl.lit(RESOLUTION))
"""How far the stamps of one track, `ts` and `ms_played` lie apart that are two playbacks."""
_RESOLUTION_MS = RESOLUTION // timedelta(milliseconds=1)
_URI = r'"(?:spotify_track_uri|spotify_episode_uri|audiobook_chapter_uri|audiobook_uri)":"([^"]*)"'
_WHAT = pl.coalesce("track_id", pl.col("extra").str.extract(_URI)).alias("what")
_BEFORE_STAMP = '"offline_timestamp":"'
_STAMP = f'{_BEFORE_STAMP}([^"]*)"'
_WRITTEN, _WRITTEN_LENGTH = '%Y-%m-%dT%H:%M:%S.%3fZ"', len('2020-01-31T00:00:00.000Z"')
"""How stamps are written, with the quote after it; Polars reads such fixed places several times as fast."""


@dataclass(frozen=True)
class Moved:
    """Playbacks that were heard before they were reported: how many, and by how much."""

    rows: int = 0
    over_ten_minutes: int = 0
    other_date: int = 0
    longest: timedelta = timedelta()

    @classmethod
    def of(cls, events: pl.DataFrame) -> "Moved":
        """What rows with `reported_at` come to; their UTC date is that of their end."""
        late = pl.col("reported_at") - pl.col("ended_at")
        other_date = pl.col("reported_at").dt.date() != pl.col("event_date")
        counts = pl.len(), (late > TEN_MINUTES).sum(), other_date.sum(), late.max().fill_null(timedelta())
        names = ("rows", "over_ten_minutes", "other_date", "longest")
        found = events.filter(pl.col("reported_at").is_not_null())
        return cls(
            **found.select(c.alias(name) for name, c in zip(names, counts, strict=True)).row(0, named=True)
        )

    def notes(self) -> dict[str, int]:
        """What a receipt tells of them; nothing where there are none."""
        if not self.rows:
            return {}
        return {
            "heard_before_reported": self.rows,
            "heard_on_another_date": self.other_date,
            LATEST: self.longest // timedelta(seconds=1),
        }

    def __add__(self, other: "Moved") -> "Moved":
        return Moved(
            self.rows + other.rows,
            self.over_ten_minutes + other.over_ten_minutes,
            self.other_date + other.other_date,
            max(self.longest, other.longest),
        )


def with_stamps(rows: pl.DataFrame) -> pl.DataFrame:
    """Raw events with `STAMP`, cut to the second; null where there is none that could be a start."""
    if not (rows["source"] == SOURCE).any():
        return rows.with_columns(pl.lit(None, pl.Datetime("us")).alias(STAMP))
    return rows.with_columns(_stamps(rows.get_column("extra"))).with_columns(
        pl.when(
            pl.col("source") == SOURCE,
            pl.col(STAMP) >= REPORTED - LONGEST_OFFLINE,
            pl.col(STAMP) + _HEARD <= REPORTED + CLOCK_ERROR,
        )
        .then(STAMP)
        .alias(STAMP)
    )


def _stamps(extra: pl.Series) -> pl.Series:
    """The stamps in `extra`, cut to the second; null where there is none."""
    at = pl.col("extra").str.find(_BEFORE_STAMP, literal=True) + len(_BEFORE_STAMP)
    found = pl.col("extra").cast(pl.Binary).bin.slice(at, _WRITTEN_LENGTH).cast(pl.String, strict=False)
    read = extra.to_frame("extra").select(
        is_there=at.is_not_null(), stamp=found.str.to_datetime(_WRITTEN, time_unit="us", strict=False)
    )
    stamps = read.get_column("stamp")
    others = (read.get_column("is_there") & stamps.is_null()).arg_true()
    if others.len():
        written = extra.gather(others).str.extract(_STAMP)
        stamps = stamps.scatter(
            others, written.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", strict=False)
        )
    return stamps.dt.truncate("1s").alias(STAMP)


def late_uploads(stamped: pl.DataFrame) -> pl.DataFrame:
    """What tells the playback of each row that may have been uploaded late, and its `ts`.

    Of rows of `with_stamps`. They are few, so that those of all files of a listener can be compared.
    """
    return stamped.filter(_IS_LATE).select("ended_at", "user_id", _WHAT, "ms_played", STAMP)


NO_LATE_UPLOADS = pl.DataFrame(
    schema={
        "ended_at": pl.Datetime("us"),
        "user_id": pl.String(),
        "what": pl.String(),
        "ms_played": pl.Int64(),
        STAMP: pl.Datetime("us"),
    }
)
"""What `late_uploads` gives of rows none of which may be late."""


def uploads_of(moved: pl.DataFrame) -> pl.DataFrame:
    """What tells the uploads of raw events that were moved, as `late_uploads` does but for the stamp."""
    return moved.select("user_id", _WHAT, "ms_played", ended_at="reported_at")


def uploaded_together(late: pl.DataFrame) -> pl.DataFrame:
    """What tells the playbacks that were uploaded late for sure, from what `late_uploads` gave of all files.

    Those that share their `ts` with another playback that ended before it, whatever file it is in, and those
    that come with several values of `ts`.
    """
    upload = ["user_id", "ended_at"]
    plays = late.filter(pl.col("what").is_not_null()).unique()
    several = pl.col("ended_at").n_unique().over(_PLAYBACK) > 1
    begun_at_once = _AT_ONCE.over(*upload, STAMP) > _RESOLUTION_MS
    fitting = pl.when(~begun_at_once).then(pl.struct("what", "ms_played"))
    between = (pl.col(STAMP).max() - pl.col(STAMP).min()).over(*upload, "what", "ms_played")
    with_another = (fitting.drop_nulls().n_unique().over(upload) > 1) | (between >= _APART)
    return plays.filter(several | (with_another & ~begun_at_once)).select(_PLAYBACK).unique()


def where_heard(stamped: pl.DataFrame, proven: pl.DataFrame | None = None) -> pl.DataFrame:
    """The rows of `with_stamps` where they were heard: raw events, in their order.

    All rows of a file and listener with one `ts` must be among them; `proven` is what `uploaded_together`
    found. The result depends on no order, and a row that comes twice changes nothing. Playbacks of one track,
    `ts` and `ms_played` are told apart by their stamps: those that began at least `ms_played` after the first
    are another playback, those at least `ms_played` after that a third, and so on. A row without a stamp goes
    with the first. Stamps by which different playbacks would begin at once are none.
    """
    plain = stamped.drop(STAMP)
    is_open = pl.col("reported_at").is_null() & (pl.col("source") == SOURCE)
    # By the moment first, which is quick and leaves few rows to tell listeners apart.
    at_once = stamped.get_column("ended_at").is_duplicated()
    again = _among(stamped, proven)
    numbered = stamped.with_columns(_at=pl.int_range(pl.len()), _again=again)
    among = numbered[(at_once | again).arg_true()]
    together = pl.struct("user_id", "ended_at").is_duplicated()
    placed = _with_starts(among.filter(pl.col("_again") | (is_open & together)))
    if placed.is_empty():
        return plain
    moved = _at_their_start(placed)
    return plain.with_columns(
        plain[name].scatter(placed["_at"], moved[name])
        for name in ("event_id", "started_at", "ended_at", "reported_at", "event_date")
    )


def days_to_look_back(events: pl.DataFrame) -> int:
    """How many days before the first of some events an earlier upload of one of them may stand."""
    ends = _by_start(events).select((pl.col(STAMP) + _HEARD - CLOCK_ERROR).min()).item()
    first = events["event_date"].min()
    return max(0, (first - ends.date()).days) if isinstance(first, date) and ends else 0


def uploaded_again(events: pl.DataFrame) -> pl.DataFrame:
    """The rows whose playback another row tells as well. One row per dropped row: `event_id`,
    `kept_event_id`, `source`, `kept_source`.

    `events` are valid events, each `event_id` once. A landing sees the uploads of its own file alone; here
    are those of all files. The row that ended first stays: it stands where it was heard, or is the nearest.
    """
    stamped = _by_start(events)
    numbers = ["user_id", "ms_played", STAMP]
    uploaded_later = stamped.filter(_IS_LATE | pl.col("reported_at").is_not_null()).select(numbers).unique()
    uploads = (
        stamped.join(uploaded_later, on=numbers, how="semi")
        .with_columns(_WHAT, kept_source="source")
        .filter(pl.col("what").is_not_null())
        .sort("ended_at", "event_id")
        .with_columns(kept_event_id=pl.col("event_id").first().over(_PLAYBACK))
    )
    return uploads.filter(pl.col("event_id") != pl.col("kept_event_id")).select(
        "event_id", "kept_event_id", "source", "kept_source"
    )


def _by_start(events: pl.DataFrame) -> pl.DataFrame:
    """The events of the export with `STAMP`; one that was moved stands at the first stamp of its playback."""
    return with_stamps(events.filter(pl.col("source") == SOURCE)).with_columns(
        pl.when(pl.col("reported_at").is_null()).then(STAMP).otherwise("started_at").alias(STAMP)
    )


def _among(stamped: pl.DataFrame, proven: pl.DataFrame | None) -> pl.Series:
    """Which rows are of playbacks that are known to have been uploaded late."""
    found = pl.repeat(False, stamped.height, dtype=pl.Boolean, eager=True)
    if proven is None or proven.is_empty():
        return found
    late = stamped.with_columns(_at=pl.int_range(pl.len())).filter(_IS_LATE).with_columns(_WHAT)
    return found.scatter(late.join(proven, on=_PLAYBACK, how="semi")["_at"], True)


def _with_starts(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows whose stamp is believed, with `_start`, when their playback began by it."""
    moment, play = ["user_id", "ended_at"], ["user_id", "ended_at", "event_id", "_began"]
    began = _with_first_stamps(rows)
    plays = (
        began.group_by(play)
        .agg(pl.col("ms_played").first(), pl.col("_again").any())
        .with_columns(
            fits=pl.col("_began").is_not_null() & (_AT_ONCE.over(*moment, "_began") <= _RESOLUTION_MS)
        )
        .with_columns(
            overlap=_AT_ONCE.over(moment),
            early=(pl.col("fits") & (pl.col("_began") + _HEARD + CLOCK_ERROR < pl.col("ended_at")))
            .sum()
            .over(moment),
        )
    )
    is_burst = (pl.col("overlap") > _RESOLUTION_MS) | (pl.col("early") > 1)
    believed = plays.filter((is_burst & pl.col("fits")) | pl.col("_again"))
    return began.join(believed.select(*play, _start="_began"), on=play, how="inner")


def _with_first_stamps(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `_began`, the first stamp of their playback; playbacks of one `event_id` are told apart."""
    numbered = rows.with_row_index("_row")
    several = numbered.filter(pl.col(STAMP).n_unique().over("event_id") > 1)
    firsts = list(_first_stamps(several.sort("event_id", STAMP)))
    apart = pl.DataFrame(firsts, schema={"_row": pl.UInt32, "_first": pl.Datetime("us")}, orient="row")
    return numbered.join(apart, on="_row", how="left", maintain_order="left").with_columns(
        _began=pl.coalesce("_first", pl.col(STAMP).min().over("event_id"))
    )


def _first_stamps(in_order: pl.DataFrame) -> Iterator[tuple[int, datetime | None]]:
    """The rows with the first stamp of their playback; null for one without a stamp, which comes before."""
    columns = in_order.select("event_id", "_row", "ms_played", STAMP).iter_rows()
    for _, rows in groupby(columns, key=itemgetter(0)):
        first: datetime | None = None
        for _, row, ms_played, stamp in rows:
            apart = max(timedelta(milliseconds=ms_played) - RESOLUTION, RESOLUTION)
            if first is None or stamp - first >= apart:
                first = stamp
            yield row, first


def _at_their_start(proven: pl.DataFrame) -> pl.DataFrame:
    """Times and ids of rows by the `_start` of their playback; none ends after it was reported."""
    facts = proven.select(
        "user_id",
        pl.coalesce(
            _WHAT,
            pl.concat_str("track_name", "artist_name", "album_name", separator="\x1e", ignore_nulls=True),
        ),
        pl.col("_start").dt.epoch("s"),
        "ms_played",
    )
    ids = [
        sha256("\x1f".join(("heard offline", *map(str, each))).encode()).hexdigest()[:ID_DIGITS]
        for each in facts.iter_rows()
    ]
    start = pl.min_horizontal("_start", pl.col("ended_at") - _HEARD)
    ends = start + _HEARD
    return proven.select(
        pl.Series("event_id", ids, dtype=pl.String),
        started_at=start,
        ended_at=ends,
        reported_at=pl.when(ends != pl.col("ended_at")).then("ended_at"),
        event_date=ends.dt.date(),
    )
