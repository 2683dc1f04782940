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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from spotify_assets.sources.account_data import numbered_ids
from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.delimited import ROW, Delimited
from spotify_assets.sources.event_rows import (
    NOT_A_PLAY,
    Occurrences,
    Parsed,
    chunk,
    int_column,
    malformed_records,
    text_column,
    time_reasons,
    times_of,
)
from spotify_assets.sources.extras import Extras, extra_json, unplanned
from spotify_assets.sources.json_stream import Batch, flattened, read_batches
from spotify_assets.sources.kinds import Chunk, Recognised
from spotify_assets.sources.privacy import PERSONAL_KEYS
from spotify_assets.sources.scrobble_evidence import (
    IN_MILLISECONDS,
    NO_ALBUM,
    Evidence,
    ScrobbleTexts,
    in_milliseconds,
    time_listened,
    track_length,
)
from spotify_assets.sources.scrobble_layouts import ALIASES, NOT_KEPT, contained, is_now_playing, normal
from spotify_assets.sources.text_stream import read_record_blocks

LASTFM = "lastfm"
LISTENBRAINZ = "listenbrainz"
ASSUMED_MS = 30_000
"""Time played of a scrobble of which no length is known: the least that counts as a stream."""
NOW_PLAYING = "now_playing"

_SHAPES = ("%d %b %Y %H:%M", "%d %b %Y, %H:%M", "%d %b %Y %H:%M:%S", "%d %b %Y, %H:%M:%S")
_KNOWN = NOT_KEPT.union(*ALIASES.values())


def read_lastfm(file: InputFile, recognised: Recognised, source_file: str, user_id: str) -> Iterator[Chunk]:
    """The scrobbles of a Last.fm export, batch by batch, as columns of `raw.raw_events`.

    Raises:
        SourceError: the file cannot be read, or passes a limit, or its dates are written as three numbers
            and nothing in the whole file shows whether the day or the month comes first.
    """
    reading = Reading(
        LASTFM,
        source_file,
        user_id,
        Evidence(file, lambda: (_lastfm_names(b.elements) for b in _lastfm_batches(file, recognised))),
    )
    for batch in _lastfm_batches(file, recognised):
        yield _lastfm_chunk(batch, reading)


def read_listenbrainz(
    file: InputFile, recognised: Recognised, source_file: str, user_id: str
) -> Iterator[Chunk]:
    """The listens of a ListenBrainz export, batch by batch, as columns of `raw.raw_events`.

    Raises:
        SourceError: the file cannot be read, or passes a limit.
    """
    reading = Reading(
        LISTENBRAINZ,
        source_file,
        user_id,
        Evidence(file, lambda: (_listenbrainz_names(b.elements) for b in _json_batches(file, recognised))),
    )
    for batch in _json_batches(file, recognised):
        yield _listenbrainz_chunk(batch, reading)


@dataclass(frozen=True)
class Reading:
    """What the chunks of one file of scrobbles share."""

    source: str
    source_file: str
    user_id: str
    evidence: Evidence
    occurrences: Occurrences = field(default_factory=Occurrences)


def _lastfm_batches(file: InputFile, recognised: Recognised) -> Iterator[Batch]:
    if recognised.dialect.get("format") != "csv":
        yield from _json_batches(file, recognised)
        return
    names = recognised.dialect.get("columns")
    header = [str(name) for name in names] if isinstance(names, list) else None
    with file.open() as stream:
        for block in read_record_blocks(stream, file.name, str(recognised.dialect["delimiter"]), header):
            yield as_batch(block)


def _json_batches(file: InputFile, recognised: Recognised) -> Iterator[Batch]:
    array = recognised.dialect.get("array")
    with file.open() as stream:
        yield from flattened(read_batches(stream, str(array) if array else None), contained)


def as_batch(block: Delimited) -> Batch:
    """A block of CSV as the objects that a batch of JSON has; empty cells are absent."""
    names = [name for name in block.rows.columns if name != ROW]
    return Batch(
        rows=block.rows.get_column(ROW).to_list(),
        elements=[
            {name: value for name, value in row.items() if value}
            for row in block.rows.select(names).iter_rows(named=True)
        ],
        malformed=malformed_records(block),
    )


def _named(value: object) -> object:
    """The text of a value that Last.fm wraps: `{"#text": …}`, `{"name": …}`."""
    if isinstance(value, dict):
        return value.get("#text") or value.get("name")
    return value


def _time_of(value: object) -> object:
    return (value.get("uts") or value.get("#text")) if isinstance(value, dict) else value


def _field(elements: Sequence[Mapping[str, object]], name: str) -> tuple[list[object], list[str]]:
    """The values of a field of Last.fm under whatever names it has, and those names as they are written."""
    written = _written(elements)
    found = [written[alias] for alias in ALIASES[name] if alias in written]
    return [next((e[key] for key in found if e.get(key) not in (None, "")), None) for e in elements], found


def _written(elements: Sequence[Mapping[str, object]]) -> dict[str, str]:
    keys: set[str] = set().union(*elements)
    return {normal(key.split("#", 1)[0]): key for key in sorted(keys, reverse=True)}


def _lastfm_names(elements: Sequence[Mapping[str, object]]) -> ScrobbleTexts:
    values, columns = _field(elements, "time")
    artists, tracks, albums = (
        text_column(f"{name}_name", [_named(value) for value in _field(elements, name)[0]])
        for name in ("artist", "track", "album")
    )
    times = text_column("started_at", [_time_of(value) for value in values])
    return ScrobbleTexts(artists, tracks, albums, times, ", ".join(columns))


def _lastfm_chunk(batch: Batch, reading: Reading) -> Chunk:
    elements = batch.elements
    names = _lastfm_names(elements)
    lengths_ms, lengths_s = _field(elements, "duration_ms")[0], _field(elements, "duration_s")[0]
    known = frozenset(key for name, key in _written(elements).items() if name in _KNOWN or "#" in key)
    now_playing = [is_now_playing(e) and time is None for e, time in zip(elements, names.times, strict=True)]
    reasons: list[tuple[str, pl.Expr, pl.Expr | str]] = [
        (
            NOW_PLAYING,
            pl.lit(pl.Series(now_playing, dtype=pl.Boolean)),
            "it was playing when the page was read, and is no scrobble yet",
        )
    ]
    given = pl.DataFrame(
        [int_column("length_ms", lengths_ms).values, int_column("length_s", lengths_s).values]
    ).with_columns(listened_s=pl.lit(None, pl.Int64), track_id=pl.lit(None, pl.String))
    extras = unplanned(elements, known | PERSONAL_KEYS)
    return scrobbled(batch, given, names, reading=reading, first_reasons=reasons, extras=extras)


_LISTENBRAINZ_ID = r"(?:spotify:track:|open\.spotify\.com/(?:[^?#]*/)?track/)([0-9A-Za-z]{22})(?:$|[?#])"
_LISTENBRAINZ_KNOWN = frozenset(
    {"listened_at", "inserted_at", "track_metadata", "recording_msid", "user_name", *PERSONAL_KEYS}
)
_INFO_KEPT = ("music_service", "media_player", "submission_client", "isrc", "tracknumber")


def _listenbrainz_names(elements: Sequence[Mapping[str, object]]) -> ScrobbleTexts:
    metadata = [_object(element.get("track_metadata")) for element in elements]
    times = [
        element.get("listened_at") if element.get("listened_at") is not None else element.get("timestamp")
        for element in elements
    ]
    return ScrobbleTexts(
        text_column("artist_name", [each.get("artist_name") for each in metadata]),
        text_column("track_name", [each.get("track_name") for each in metadata]),
        text_column("album_name", [each.get("release_name") for each in metadata]),
        text_column("started_at", times),
        "listened_at",
    )


def _listenbrainz_chunk(batch: Batch, reading: Reading) -> Chunk:
    elements = batch.elements
    metadata = [_object(element.get("track_metadata")) for element in elements]
    info = [_object(each.get("additional_info")) for each in metadata]
    mapped = [_object(each.get("mbid_mapping")) for each in metadata]
    milliseconds = int_column("length_ms", [each.get("duration_ms") for each in info]).values
    seconds = int_column("length_s", [each.get("duration") for each in info]).values
    listened = int_column("listened_s", [each.get("duration_played") for each in info]).values
    ids = text_column("spotify", [each.get("spotify_id") or each.get("origin_url") for each in info])
    given = pl.DataFrame([milliseconds, seconds, listened]).with_columns(
        track_id=ids.str.extract(_LISTENBRAINZ_ID, 1)
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
    names = _listenbrainz_names(elements)
    return scrobbled(batch, given, names, reading=reading, first_reasons=[], extras=extras)


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _timed(
    batch: Batch, given: pl.DataFrame, names: ScrobbleTexts, evidence: Evidence
) -> tuple[Parsed, pl.DataFrame]:
    """When each scrobble began; and the rows with that, their names, `ms_played` and what it is from."""
    times = evidence.iso_times(names)
    if rewritten := int((times != names.times).sum()):
        batch.note(f"dates_{evidence.order}", rewritten)
    time = times_of(times, _SHAPES)
    album = evidence.albums(names)
    if no_album := album.null_count() - names.albums.null_count():
        batch.note(NO_ALBUM, no_album)
    if milliseconds := given.select(in_milliseconds().sum()).item():
        batch.note(IN_MILLISECONDS, milliseconds)
    timed = given.with_columns(
        names.artists, names.tracks, album, time.values, names.times.alias("written")
    ).with_columns(length=track_length())
    timed = timed.with_columns(listened=time_listened()).with_columns(
        ms_played=pl.coalesce("listened", "length", pl.lit(ASSUMED_MS)),
        ms_played_from=pl.when(pl.col("listened").is_not_null())
        .then(pl.lit("listened"))
        .when(pl.col("length").is_not_null())
        .then(pl.lit("length"))
        .otherwise(pl.lit("assumed")),
        precision=pl.when(pl.col("written").str.contains(r"\d:\d{2}:\d{2}|^\d+(\.\d+)?$"))
        .then(pl.lit("second"))
        .otherwise(pl.lit("minute")),
    )
    return time, timed


def scrobbled(
    batch: Batch,
    given: pl.DataFrame,
    names: ScrobbleTexts,
    *,
    reading: Reading,
    first_reasons: list[tuple[str, pl.Expr, pl.Expr | str]],
    extras: Extras,
) -> Chunk:
    """Rows that tell when a playback began, and hardly how long it lasted, as events.

    `given` has `track_id`, `length_ms`, `length_s` and `listened_s`, one row per element of the batch.
    """
    time, timed = _timed(batch, given, names, reading.evidence)
    facts = timed.select(
        pl.lit(reading.user_id).alias("user"),
        pl.col("started_at").dt.truncate("1m").dt.epoch("ms").alias("minute"),
        pl.coalesce("artist_name", pl.lit("")).alias("artist"),
        pl.coalesce("track_name", pl.lit("")).alias("track"),
    )
    ended_at = pl.col("started_at") + pl.duration(milliseconds="ms_played")
    rows = timed.select(
        numbered_ids(reading.source, facts, reading.occurrences),
        extra_json(timed.select("precision", "ms_played_from"), extras),
        ended_at.alias("ended_at"),
        ended_at.dt.date().alias("event_date"),
        *("track_id", "started_at", "ms_played", "track_name", "artist_name", "album_name"),
        content_type=pl.when(pl.col("track_name").is_not_null())
        .then(pl.lit("music"))
        .otherwise(pl.lit("unknown")),
        user_id=pl.lit(reading.user_id),
        source=pl.lit(reading.source),
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
    return chunk(rows, batch, reading.source_file, reasons, extras)
