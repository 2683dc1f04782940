"""Scrobbles as people export them from Last.fm and ListenBrainz. One row per scrobble.

A scrobble says when playback *started* and nothing of how long it lasted, so:

- `started_at` is the time given, `ended_at` is `ms_played` later;
- `ms_played` is what the service says was heard, if it does (`extra.ms_played_from` = `listened`); else the
  track's length, if that is given (`length`); else 30 seconds (`assumed`): a scrobble means that at least
  half of the track or four minutes were heard of a track longer than 30 seconds, so it was a stream, and
  nothing more is claimed. Source: Last.fm's scrobbling rules, last.fm/api/scrobbling.
- `extra.precision` is `minute` where the file has no seconds, else `second`.

Layouts of Last.fm: pages of `user.getRecentTracks` (one, a list, lines), `lastfm-to-csv` with or without
its header, lastfmstats.com (CSV and JSON), `lastexport` (tab-separated, without a header) and Last.fm's own
`scrobbles.tsv`; any other with an artist, a track and a time under the usual names. The account's name in a
header (`Date#name`) or around the rows is not read.

`event_id`: user, minute, artist and track, and the how many-eth such row of the file it is, because the
exporters differ in how exactly they write times.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from spotify_assets.sources.account_data import numbered_ids
from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.delimited import ROW, Delimited
from spotify_assets.sources.event_rows import (
    MAX_MS_PLAYED,
    NOT_A_PLAY,
    Extras,
    Occurrences,
    chunk,
    extra_json,
    int_column,
    malformed_records,
    text_column,
    time_column,
    time_reasons,
    unplanned,
)
from spotify_assets.sources.json_stream import Batch, flattened, read_batches
from spotify_assets.sources.kinds import Chunk, Recognised
from spotify_assets.sources.privacy import PERSONAL_KEYS
from spotify_assets.sources.text_stream import read_record_blocks

LASTFM = "lastfm"
LISTENBRAINZ = "listenbrainz"
ASSUMED_MS = 30_000
"""Time played of a scrobble of which no length is known: the least that counts as a stream."""
NOW_PLAYING = "now_playing"

LASTFM_ARRAYS = ("scrobbles", "track")
LISTENBRAINZ_ARRAYS = ("listens",)

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "time": (
        *(
            "uts",
            "unixtime",
            "unix_time",
            "timestamp",
            "date_uts",
            "utc_time",
            "utctime",
            "iso_time",
            "isotime",
        ),
        *("scrobbled_at", "played_at", "listened_at", "datetime", "date_time", "date", "time"),
    ),
    "artist": ("artist", "artist_name", "artistname"),
    "track": ("track", "track_name", "trackname", "name", "title", "song"),
    "album": ("album", "album_name", "albumname", "album_title"),
    "duration_ms": ("duration_ms", "length_ms"),
    "duration_s": ("duration", "length"),
}
"""What exporters call a field, the likelier names first; epoch times come before written ones."""
_NOT_KEPT = frozenset({*_ALIASES["time"], "image", "url", "streamable", "loved", "@attr"})
_HEADERLESS: Mapping[int, tuple[str, ...]] = {
    4: ("artist", "album", "track", "date"),
    7: ("timestamp", "track", "artist", "album", "track_mbid", "artist_mbid", "album_mbid"),
}
"""Columns of the layouts without a header, by their number: `lastfm-to-csv` and `lastexport`."""
_WRITTEN_TIME = re.compile(r"^\d{1,2} [A-Za-z]{3} \d{4},? \d{2}:\d{2}(?::\d{2})?$")
_EPOCH = re.compile(r"^\d{9,13}$")
_SHAPES = ("%d %b %Y %H:%M", "%d %b %Y, %H:%M", "%d %b %Y %H:%M:%S", "%d %b %Y, %H:%M:%S", "%d/%m/%Y %H:%M")
_TO_THE_MINUTE = r"\d{2}:\d{2}$"


def is_lastfm(element: Mapping[str, object]) -> bool:
    """Whether a JSON object is a scrobble as Last.fm's exporters write it."""
    keys = {_normal(key) for key in element}
    is_track = bool(keys & set(_ALIASES["artist"]) and keys & set(_ALIASES["track"]))
    is_timed = bool(keys & set(_ALIASES["time"])) or _is_now_playing(element)
    return is_track and is_timed


def is_listenbrainz(element: Mapping[str, object]) -> bool:
    """Whether a JSON object is a listen of ListenBrainz."""
    return "track_metadata" in element and ("listened_at" in element or "inserted_at" in element)


def contained(element: Mapping[str, object]) -> list[object] | None:
    """The scrobbles in an object that is a page of them; None where it is none."""
    for outer in ("recenttracks", "payload"):
        inner = element.get(outer)
        if isinstance(inner, dict):
            element = inner
    for name in (*LASTFM_ARRAYS, *LISTENBRAINZ_ARRAYS):
        members = element.get(name)
        if isinstance(members, list):
            return members
        if isinstance(members, dict) and name == "track" and "artist" in members:
            return [members]
    return None


def lastfm_columns(header: Sequence[str]) -> dict[str, str]:
    """The column for each field of a scrobble, empty where artist, track and time are not all there."""
    written = {_normal(name.split("#", 1)[0]): name for name in reversed(header)}
    found = {
        field: written[alias]
        for field, aliases in _ALIASES.items()
        for alias in reversed(aliases)
        if alias in written
    }
    return found if {"time", "artist", "track"} <= found.keys() else {}


def lastfm_layout(first: Sequence[str]) -> tuple[str, ...] | None:
    """The columns of a file without a header, told by its first record; None where it is no such file."""
    layout = _HEADERLESS.get(len(first))
    if layout is None:
        return None
    pattern = _WRITTEN_TIME if len(first) == 4 else _EPOCH
    return layout if pattern.match(first[layout.index("date" if len(first) == 4 else "timestamp")]) else None


def read_lastfm(file: InputFile, recognised: Recognised, source_file: str, user_id: str) -> Iterator[Chunk]:
    """The scrobbles of a Last.fm export, batch by batch, as columns of `raw.raw_events`.

    Raises:
        SourceError: the file cannot be read, or passes a limit.
    """
    occurrences = Occurrences()
    with file.open() as stream:
        if recognised.dialect.get("format") == "csv":
            names = recognised.dialect.get("columns")
            header = [str(name) for name in names] if isinstance(names, list) else None
            blocks = read_record_blocks(stream, file.name, str(recognised.dialect["delimiter"]), header)
            batches: Iterator[Batch] = (_as_batch(block) for block in blocks)
        else:
            array = recognised.dialect.get("array")
            batches = flattened(read_batches(stream, str(array) if array else None), contained)
        for batch in batches:
            yield _lastfm_chunk(batch, source_file, user_id, occurrences)


def read_listenbrainz(
    file: InputFile, recognised: Recognised, source_file: str, user_id: str
) -> Iterator[Chunk]:
    """The listens of a ListenBrainz export, batch by batch, as columns of `raw.raw_events`.

    Raises:
        SourceError: the file cannot be read, or passes a limit.
    """
    occurrences = Occurrences()
    array = recognised.dialect.get("array")
    with file.open() as stream:
        for batch in flattened(read_batches(stream, str(array) if array else None), contained):
            yield _listenbrainz_chunk(batch, source_file, user_id, occurrences)


def _as_batch(block: Delimited) -> Batch:
    names = [name for name in block.rows.columns if name != ROW]
    return Batch(
        rows=block.rows.get_column(ROW).to_list(),
        elements=[
            {name: value for name, value in row.items() if value}
            for row in block.rows.select(names).iter_rows(named=True)
        ],
        malformed=malformed_records(block),
    )


def _normal(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def _is_now_playing(element: Mapping[str, object]) -> bool:
    attributes = element.get("@attr")
    return isinstance(attributes, dict) and str(attributes.get("nowplaying")).lower() == "true"


def _named(value: object) -> object:
    """The text of a value that Last.fm wraps: `{"#text": …}`, `{"name": …}`."""
    if isinstance(value, dict):
        return value.get("#text") or value.get("name")
    return value


def _time_of(value: object) -> object:
    return (value.get("uts") or value.get("#text")) if isinstance(value, dict) else value


def _lastfm_chunk(batch: Batch, source_file: str, user_id: str, occurrences: Occurrences) -> Chunk:
    elements = batch.elements
    keys: set[str] = set().union(*elements)
    names = {_normal(key.split("#", 1)[0]): key for key in sorted(keys, reverse=True)}
    used: set[str] = set()

    def values(field: str) -> list[object]:
        found = [names[alias] for alias in _ALIASES[field] if alias in names]
        used.update(found)
        return [next((e[key] for key in found if e.get(key) not in (None, "")), None) for e in elements]

    times = [_time_of(value) for value in values("time")]
    artists, tracks, albums = ([_named(value) for value in values(f)] for f in ("artist", "track", "album"))
    lengths_ms, lengths_s = values("duration_ms"), values("duration_s")
    known = frozenset(
        {key for name, key in names.items() if name in _NOT_KEPT or "#" in key} | used | PERSONAL_KEYS
    )
    reasons: list[tuple[str, pl.Expr, pl.Expr | str]] = [
        (
            NOW_PLAYING,
            pl.lit(
                pl.Series(
                    [_is_now_playing(e) and t is None for e, t in zip(elements, times, strict=True)],
                    dtype=pl.Boolean,
                )
            ),
            "it was playing when the page was read, and is no scrobble yet",
        )
    ]
    given = pl.DataFrame(
        [
            text_column("artist_name", artists),
            text_column("track_name", tracks),
            text_column("album_name", albums),
            int_column("length_ms", lengths_ms).values,
            int_column("length_s", lengths_s).values,
        ]
    ).with_columns(
        length_ms=pl.coalesce("length_ms", pl.col("length_s") * 1000),
        listened_ms=pl.lit(None, pl.Int64),
        track_id=pl.lit(None, pl.String),
    )
    return _scrobbles(
        batch,
        given,
        times,
        source=LASTFM,
        source_file=source_file,
        user_id=user_id,
        occurrences=occurrences,
        first_reasons=reasons,
        extras=unplanned(elements, known),
    )


_LISTENBRAINZ_ID = r"(?:spotify:track:|open\.spotify\.com/(?:[^?#]*/)?track/)([0-9A-Za-z]{22})(?:$|[?#])"
_LISTENBRAINZ_KNOWN = frozenset(
    {"listened_at", "inserted_at", "track_metadata", "recording_msid", "user_name", *PERSONAL_KEYS}
)
_INFO_KEPT = ("music_service", "media_player", "submission_client", "isrc", "tracknumber")


def _listenbrainz_chunk(batch: Batch, source_file: str, user_id: str, occurrences: Occurrences) -> Chunk:
    elements = batch.elements
    metadata = [_object(element.get("track_metadata")) for element in elements]
    info = [_object(each.get("additional_info")) for each in metadata]
    mapped = [_object(each.get("mbid_mapping")) for each in metadata]
    milliseconds = int_column("length_ms", [each.get("duration_ms") for each in info]).values
    seconds = int_column("length_s", [each.get("duration") for each in info]).values
    listened = int_column("listened_s", [each.get("duration_played") for each in info]).values
    ids = text_column("spotify", [each.get("spotify_id") or each.get("origin_url") for each in info])
    given = pl.DataFrame(
        [
            text_column("artist_name", [each.get("artist_name") for each in metadata]),
            text_column("track_name", [each.get("track_name") for each in metadata]),
            text_column("album_name", [each.get("release_name") for each in metadata]),
            *(milliseconds, seconds, listened, ids),
        ]
    ).with_columns(
        length_ms=pl.coalesce("length_ms", pl.col("length_s") * 1000),
        listened_ms=pl.col("listened_s") * 1000,
        track_id=pl.col("spotify").str.extract(_LISTENBRAINZ_ID, 1),
    )
    extras = unplanned(elements, _LISTENBRAINZ_KNOWN)
    planned = {name: [each.get(name) for each in info] for name in _INFO_KEPT} | {
        "recording_mbid": [
            one.get("recording_mbid") or other.get("recording_mbid")
            for one, other in zip(mapped, info, strict=True)
        ]
    }
    for name, values in planned.items():
        texts = text_column(name, values)
        if texts.null_count() < len(texts):
            extras.values[name] = {at: text for at, text in enumerate(texts) if text is not None}
    times = [
        element.get("listened_at") if element.get("listened_at") is not None else element.get("timestamp")
        for element in elements
    ]
    return _scrobbles(
        batch,
        given,
        times,
        source=LISTENBRAINZ,
        source_file=source_file,
        user_id=user_id,
        occurrences=occurrences,
        first_reasons=[],
        extras=extras,
    )


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _scrobbles(
    batch: Batch,
    given: pl.DataFrame,
    times: list[object],
    *,
    source: str,
    source_file: str,
    user_id: str,
    occurrences: Occurrences,
    first_reasons: list[tuple[str, pl.Expr, pl.Expr | str]],
    extras: Extras,
) -> Chunk:
    """`given` has the names, `track_id`, `length_ms` and `listened_ms`, one row per element of the batch."""
    time = time_column("started_at", times, _SHAPES)
    written = text_column("written", times)

    def plausible(name: str) -> pl.Expr:
        return pl.when(pl.col(name).is_between(1, MAX_MS_PLAYED)).then(name)

    listened, length = plausible("listened_ms"), plausible("length_ms")
    timed = given.with_columns(time.values, written).with_columns(
        ms_played=pl.coalesce(listened, length, pl.lit(ASSUMED_MS)),
        ms_played_from=pl.when(listened.is_not_null())
        .then(pl.lit("listened"))
        .when(length.is_not_null())
        .then(pl.lit("length"))
        .otherwise(pl.lit("assumed")),
        precision=pl.when(pl.col("written").str.contains(r"\d:\d{2}:\d{2}|^\d+(\.\d+)?$"))
        .then(pl.lit("second"))
        .otherwise(pl.lit("minute")),
    )
    facts = timed.select(
        pl.lit(user_id).alias("user"),
        pl.col("started_at").dt.truncate("1m").dt.epoch("ms").alias("minute"),
        pl.coalesce("artist_name", pl.lit("")).alias("artist"),
        pl.coalesce("track_name", pl.lit("")).alias("track"),
    )
    ended_at = pl.col("started_at") + pl.duration(milliseconds="ms_played")
    rows = timed.select(
        numbered_ids(source, facts, occurrences),
        extra_json(timed.select("precision", "ms_played_from"), extras),
        ended_at.alias("ended_at"),
        ended_at.dt.date().alias("event_date"),
        *("track_id", "started_at", "ms_played", "track_name", "artist_name", "album_name"),
        content_type=pl.when(pl.col("track_name").is_not_null())
        .then(pl.lit("music"))
        .otherwise(pl.lit("unknown")),
        user_id=pl.lit(user_id),
        source=pl.lit(source),
        action=pl.lit("play"),
    )
    reasons = [
        *first_reasons,
        (
            NOT_A_PLAY,
            pl.col("track_name").is_null() & pl.col("artist_name").is_null(),
            "it names neither an artist nor a track",
        ),
        *time_reasons(time, "time"),
    ]
    return chunk(rows, batch, source_file, reasons, extras)
