"""One playback that several exports of the extended history tell differently.

What two exports agree in is one `event_id`, whatever else their rows say. It differs where Spotify relinked
the track, so that the newer export names the playback under another URI, and where one of them writes the
moment with fractions of a second. Such rows are one playback where user, date, second and `ms_played` are
the same, by

1. the URI, where the fractions differ; with equal ones they are what `transforms.offline_sync` told apart;
2. else the names of artist and title, written alike (see `transforms.names`);
3. else, where something was heard and one of the rows has no title: an export is complete, so that what the
   other tells of this second and length is the same.

Rows of one file are never the same, because repeats really happened and plays that were made offline have
one stamp: of k plays of one file at most k are plays of another, in the order of their ids. What stays is the
smallest URI, so that a track that was relinked keeps one id wherever several exports tell of it; then the
earlier end, then the smaller `event_id`. Neither the order of files nor their names matter, and as all of it
lies in one date, no slicing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from spotify_assets.tables import PLAYBACK_ACTIONS
from spotify_assets.transforms.names import artist_key, title_key

SOURCE = "extended_history"
SECOND_MS = 1_000

_MOMENT = ["user_id", "event_date", "second", "ms_played"]
_NONE = pl.DataFrame(schema={"event_id": pl.String, "kept_event_id": pl.String})


@dataclass(frozen=True)
class _Play:
    """A playback as one or several files tell it."""

    event_ids: tuple[str, ...]
    files: frozenset[str]
    moments: frozenset[datetime]
    uri: str | None
    title: str | None
    names: str | None
    ms_played: int

    def with_telling(self, other: "_Play") -> "_Play":
        """The same playback with another telling of it; what this one lacks comes from the other."""
        return _Play(
            self.event_ids + other.event_ids,
            self.files | other.files,
            self.moments | other.moments,
            self.uri or other.uri,
            self.title or other.title,
            self.names or other.names,
            self.ms_played,
        )


def told_again(rows: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """The events that another event of the same source stands for: `event_id` and `kept_event_id`.

    `rows` are valid rows of raw events, `events` each `event_id` of them once.
    """
    if rows["source_file"].n_unique() < 2:
        return _NONE
    own = events.filter(pl.col("source") == SOURCE, pl.col("action").is_in(PLAYBACK_ACTIONS))
    moment = pl.coalesce("reported_at", "ended_at")
    timed = own.with_columns(moment=moment, second=moment.dt.epoch("ms") // SECOND_MS)
    candidates = timed.filter(pl.struct(_MOMENT).is_duplicated())
    if candidates.is_empty():
        return _NONE
    files = (
        rows.select("event_id", "source_file")
        .join(candidates, on="event_id", how="semi")
        .group_by("event_id")
        .agg(files=pl.col("source_file").unique())
    )
    told = (
        candidates.join(files, on="event_id")
        .with_columns(_uri(), title=title_key("track_name"), artist=artist_key("artist_name"))
        .with_columns(names=pl.concat_str("artist", "title", separator="\x1f"))
        .sort(*_MOMENT, "uri", "ended_at", "event_id", nulls_last=True)
        .select(*_MOMENT, "event_id", "files", "moment", "uri", "title", "names")
    )
    pairs = [
        (event_id, play.event_ids[0])
        for _, plays in told.group_by(_MOMENT, maintain_order=True)
        for play in _one_by_one(_plays(plays))
        for event_id in play.event_ids[1:]
    ]
    return pl.DataFrame(pairs, schema=_NONE.schema, orient="row")


def _uri() -> pl.Expr:
    """The track id, or the URI of what is no track of Spotify's."""
    others = ("spotify_track_uri", "spotify_episode_uri", "audiobook_chapter_uri", "audiobook_uri")
    given = (pl.col("extra").str.json_path_match(f"$.{name}") for name in others)
    return pl.coalesce("track_id", *given).alias("uri")


def _plays(plays: pl.DataFrame) -> list[_Play]:
    columns = plays.select("event_id", "files", "moment", "uri", "title", "names", "ms_played")
    return [
        _Play((event_id,), frozenset(files), frozenset((moment,)), uri, title, names, ms_played)
        for event_id, files, moment, uri, title, names, ms_played in columns.iter_rows()
    ]


def _one_by_one(plays: list[_Play]) -> list[_Play]:
    """The plays of one second, each once, by what speaks for it most."""
    for same in (_same_uri, _same_names, _nothing_else):
        plays = _joined(plays, same)
    return plays


def _joined(plays: Sequence[_Play], same: Callable[[_Play, _Play], bool]) -> list[_Play]:
    """Plays in their order, each with the first that it may be."""
    found: list[_Play] = []
    for play in plays:
        for at, known in enumerate(found):
            if known.files.isdisjoint(play.files) and not _told_apart(known, play) and same(known, play):
                found[at] = known.with_telling(play)
                break
        else:
            found.append(play)
    return found


def _told_apart(one: _Play, other: _Play) -> bool:
    return _same_uri(one, other) and not one.moments.isdisjoint(other.moments)


def _same_uri(one: _Play, other: _Play) -> bool:
    return one.uri is not None and one.uri == other.uri


def _same_names(one: _Play, other: _Play) -> bool:
    return one.names is not None and one.names == other.names


def _nothing_else(one: _Play, other: _Play) -> bool:
    return one.ms_played > 0 and (one.title is None or other.title is None)
