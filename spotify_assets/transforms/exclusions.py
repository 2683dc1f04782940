"""Exclusion rules: playbacks that a person does not want in their listening.

A rule is applied when events are cleaned, after repeats are dropped, so that an excluded playback does not
come back through another source, and however often its file is imported. Raw events stay as they are: a rule
that is removed gives its playbacks back with the next run. An excluded row is counted and named by file and
row; its content is not stored again.

Here belongs: what a rule says and which rows it matches. Not here: the file of rules (`lake.exclusions`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from spotify_assets.rows.cleaned import REJECTED_DATE, Cleaned
from spotify_assets.tables import TRACK_ID
from spotify_assets.transforms.names import spelled_alike

NO_CONTENT = "{}"
"""What stands for the original of an excluded row."""
_TRACK = re.compile(rf"(?:spotify:track:|https://open\.spotify\.com/(?:\S*/)?track/)?({TRACK_ID})(?:\?\S*)?")


@dataclass(frozen=True)
class Exclusion:
    """One rule: a row is excluded where every part that is given matches it.

    `user_id` limits the rule to a listener; None means all. `track` is a Spotify id, URI or address, or a
    name; names match whatever their case and however quotes, accents, dashes and blanks are encoded. `since`
    and `until` are UTC, dates or moments, compared with the end of the playback; a date at the end is
    included, a moment is not. `incognito` means private sessions.
    """

    user_id: str | None = None
    track: str | None = None
    artist: str | None = None
    since: date | datetime | None = None
    until: date | datetime | None = None
    device: str | None = None
    incognito: bool = False

    def __post_init__(self) -> None:
        """Refuse a rule that would exclude everything, or nothing.

        Raises:
            ValueError: the rule names nothing to exclude, or ends before it begins.
        """
        if all(getattr(self, each.name) in (None, False) for each in fields(self) if each.name != "user_id"):
            raise ValueError("a rule names a track, an artist, a period, a device or private sessions")
        start, end = self._period()
        if start and end and start >= end:
            raise ValueError(f"a rule from {self.since} until {self.until} ends before it begins")

    @property
    def reason(self) -> str:
        """The reason code of the rows it excludes: `excluded_` and what it goes by."""
        by = [name for name in ("track", "artist", "device") if getattr(self, name)]
        by += ["period"] if self.since or self.until else []
        by += ["incognito"] if self.incognito else []
        return "excluded_" + "_".join(by)

    def matches(self) -> pl.Expr:
        """Whether a row of raw events is excluded."""
        start, end = self._period()
        parts: list[pl.Expr] = []
        if self.user_id is not None:
            parts.append(pl.col("user_id") == self.user_id)
        if self.track is not None:
            found = _TRACK.fullmatch(self.track)
            parts.append(pl.col("track_id") == found[1] if found else _same_text("track_name", self.track))
        if self.artist is not None:
            parts.append(_same_text("artist_name", self.artist))
        if start is not None:
            parts.append(pl.col("ended_at") >= start)
        if end is not None:
            parts.append(pl.col("ended_at") < end)
        if self.device is not None:
            parts.append(_same_text("device", self.device))
        if self.incognito:
            parts.append(pl.col("extra").str.contains(_INCOGNITO))
        return pl.all_horizontal(parts).fill_null(value=False)

    def _period(self) -> tuple[datetime | None, datetime | None]:
        return _moment(self.since, days=0), _moment(self.until, days=1)


NEEDED_FOR_MATCHES = (*("user_id", "track_id", "track_name", "artist_name", "ended_at", "device", "extra"),)
"""Columns of raw.raw_events that rules go by."""

_INCOGNITO = r'"incognito_mode"\s*:\s*true'


def without_excluded(cleaned: Cleaned, exclusions: Sequence[Exclusion]) -> Cleaned:
    """The outcome of cleaning, less the rows that a rule excludes; the first rule that matches counts them.

    `cleaned.rows` has the columns of raw.raw_events.
    """
    if not exclusions or cleaned.rows.is_empty():
        return cleaned
    marked = cleaned.rows.with_columns(_rule=_first_match(exclusions))
    excluded = marked.filter(pl.col("_rule").is_not_null())
    reasons = dict(enumerate(exclusion.reason for exclusion in exclusions))
    rejected = excluded.select(
        "source_file",
        "source_row",
        reason=pl.col("_rule").replace_strict(reasons, return_dtype=pl.String),
        detail=pl.format("rule {} of the exclusions", pl.col("_rule") + 1),
        original=pl.lit(NO_CONTENT),
        **{REJECTED_DATE: "event_date"},
    )
    return replace(
        cleaned,
        rows=marked.filter(pl.col("_rule").is_null()).drop("_rule"),
        rejected=pl.concat([cleaned.rejected, rejected.select(cleaned.rejected.columns)]),
    )


def not_excluded(rows: pl.DataFrame, exclusions: Sequence[Exclusion]) -> pl.DataFrame:
    """The rows that no rule excludes. They need the columns of raw.raw_events that the rules go by."""
    return rows.filter(_first_match(exclusions).is_null()) if exclusions else rows


def excluded_tracks(
    exclusions: Sequence[Exclusion], tracks: pl.DataFrame
) -> list[tuple[str | None, pl.Series]]:
    """The tracks of a catalogue that are kept out whenever and wherever they are played, by whose listening.

    Args:
        exclusions: the rules; those that also go by a period, a device or private sessions say nothing about
            a track as such.
        tracks: `track_id`, `track_name` and `primary_artist_name`.

    Returns:
        Per rule the listener, None for all, and the ids of its tracks.
    """
    named = tracks.select("track_id", "track_name", artist_name="primary_artist_name")
    whole = [each for each in exclusions if each.reason.removeprefix("excluded_") in _OF_TRACKS]
    return [
        (each.user_id, named.filter(replace(each, user_id=None).matches())["track_id"].unique().sort())
        for each in whole
    ]


_OF_TRACKS = ("track", "artist", "track_artist")


def _first_match(exclusions: Sequence[Exclusion]) -> pl.Expr:
    """The place, from 0, of the first rule that excludes a row; null where none does."""
    return pl.coalesce(
        pl.when(exclusion.matches()).then(pl.lit(number, dtype=pl.Int64))
        for number, exclusion in enumerate(exclusions)
    )


def _same_text(column: str, text: str) -> pl.Expr:
    written = pl.col(column)
    return written.is_not_null() & (spelled_alike(written) == spelled_alike(pl.lit(text)))


def _moment(value: date | datetime | None, days: int) -> datetime | None:
    """A date or moment as naive UTC; of a date the day so many days after it begins."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return datetime.combine(value + timedelta(days=days), time()) if value is not None else None
