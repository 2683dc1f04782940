"""Messages of a listening stream: what one must be, and what is kept of it.

A message is one event as a JSON object with the columns of raw.raw_events as fields:

    {"schema_version": 1, "user_id": "…", "ended_at": "2026-11-29T02:15:00Z", "action": "play",
     "ms_played": 201000, "track_id": "…", "device": "mobile", "country": "DE"}

`user_id` and `ended_at` must be there. `action` is `play` where it is missing; `started_at` follows from
`ms_played`, `event_id` from the event's facts. Times are ISO 8601, UTC where they name no offset. Fields that
no column has travel in `extra`, personal ones are dropped.

What is kept is the message as it came, to the byte. Two kinds are written anew: one with personal fields,
which are left out, and one that has line breaks between its fields, since a line of the lake is one event.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
import polars as pl

from spotify_assets.places import Place, StoreError
from spotify_assets.rows.cleaned import REJECTED_SCHEMA, Cleaned
from spotify_assets.sources.delimited import ROW
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.event_files import chunk_of_frame
from spotify_assets.sources.event_rows import EARLIEST, TIME_OUT_OF_RANGE
from spotify_assets.sources.json_stream import Malformed
from spotify_assets.sources.landed import MALFORMED_JSON, UNREADABLE, read_rows, unpacked
from spotify_assets.sources.privacy import is_personal_key, looks_personal, scrub, scrub_text
from spotify_assets.tables import RAW_EVENTS

SCHEMA_VERSION = 1
SOURCE = "stream"
MAX_BYTES = 1_000_000
"""A message that is longer is no event; Kafka's own limit is as high by default."""
MAX_SHOWN = 10_000
"""Bytes that are kept of a refused message."""
AHEAD = timedelta(days=1)
"""How far a listener's clock may be ahead."""

NOT_UTF8 = "not_utf8"
TOMBSTONE = "tombstone"
TOO_LARGE = "too_large"
UNKNOWN_SCHEMA_VERSION = "unknown_schema_version"

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class Message(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One event as a producer sends it."""

    user_id: Text
    ended_at: datetime
    action: Literal["play", "skip", "pause", "add_to_playlist"] = "play"
    ms_played: Whole = 0
    event_id: str | None = None
    track_id: str | None = None
    started_at: datetime | None = None
    reported_at: datetime | None = None
    skipped: bool | None = None
    reason_start: str | None = None
    reason_end: str | None = None
    device: str | None = None
    country: str | None = None
    shuffle: bool | None = None
    session_id: str | None = None
    source: str = SOURCE
    content_type: Literal["music", "podcast", "audiobook", "video"] = "music"
    track_name: str | None = None
    artist_name: str | None = None
    album_name: str | None = None
    schema_version: Whole = SCHEMA_VERSION


_FIELDS = {each.encode_name: each for each in msgspec.structs.fields(Message)}
_DECODER = msgspec.json.Decoder(Message)


class Event(msgspec.Struct, frozen=True, gc=False):
    """A message that is an event: its line for the lake, and when it ended (UTC)."""

    line: bytes
    ended_at: datetime
    user_id: str


@dataclass(frozen=True)
class Refusal:
    """A message that is no event: why, in a code and in words, and what can be shown of it."""

    reason: str
    detail: str
    original: str


def judge(value: bytes | None, now: datetime) -> Event | Refusal:
    """What a message is. `now` is UTC; an event that ended more than a day later is refused."""
    if value is None:
        return Refusal(TOMBSTONE, "the message has no value", "{}")
    if len(value) > MAX_BYTES:
        detail = f"the message has {len(value):,} bytes, {MAX_BYTES:,} at most: an event has some hundreds"
        return Refusal(TOO_LARGE, detail, _shown(value))
    try:
        message, line = _DECODER.decode(value), value
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = _known_of(value)
        if isinstance(found, Refusal):
            return found
        message, line = found
    if message.schema_version != SCHEMA_VERSION:
        detail = f"schema_version is {message.schema_version}; {SCHEMA_VERSION} is known: update the product"
        return Refusal(UNKNOWN_SCHEMA_VERSION, detail, _shown(line))
    ended_at = message.ended_at
    if ended_at.tzinfo is not UTC:
        ended_at = ended_at.replace(tzinfo=UTC) if ended_at.tzinfo is None else ended_at.astimezone(UTC)
    if not _EARLIEST <= ended_at < now + AHEAD:
        detail = f"ended_at {ended_at:%Y-%m-%dT%H:%M:%SZ} is not between {EARLIEST.year} and a day from now"
        return Refusal(TIME_OUT_OF_RANGE, detail, _shown(line))
    # JSON has line breaks only between its parts; inside a text they are escaped.
    if b"\n" in line or b"\r" in line:
        line = msgspec.json.format(line, indent=-1)
    return Event(line, ended_at, message.user_id)


_EARLIEST = EARLIEST.replace(tzinfo=UTC)


def _known_of(value: bytes) -> tuple[Message, bytes] | Refusal:
    """The known fields of a message with others, and its line without personal ones; or why it is none."""
    try:
        value.decode()
    except UnicodeDecodeError as error:
        return Refusal(NOT_UTF8, f"byte {error.start} is not UTF-8", _shown(value))
    try:
        found = msgspec.json.decode(value)
    except (msgspec.MsgspecError, RecursionError) as error:
        return Refusal(MALFORMED_JSON, f"the message is no JSON: {error}", _shown(value))
    if not isinstance(found, dict):
        return Refusal(
            MALFORMED_JSON, f"the message is no JSON object but a {type(found).__name__}", _shown(value)
        )
    kept = {name: member for name, member in found.items() if name in _FIELDS or _may_be_kept(name, member)}
    line = value if kept == found else msgspec.json.encode(kept)
    planned = {name: member for name, member in kept.items() if name in _FIELDS}
    try:
        return msgspec.convert(planned, Message), line
    except msgspec.ValidationError:
        return _refusal_of(planned, line)


def _may_be_kept(name: str, member: object) -> bool:
    """Whether a field that no column has holds nothing personal, however deep."""
    return not is_personal_key(name) and not looks_personal(name) and scrub(member) == member


def _refusal_of(planned: dict[str, object], line: bytes) -> Refusal:
    """Why the fields are no event, by the first that is wrong."""
    for name, each in _FIELDS.items():
        if name not in planned or (each.required and planned[name] in (None, "")):
            if each.required:
                return Refusal(f"missing_{name}", f"{name} is missing", _shown(line))
            continue
        try:
            msgspec.convert(planned[name], each.type)
        except msgspec.ValidationError as error:
            return Refusal(f"unparseable_{name}", f"{name}: {error}", _shown(line))
    raise AssertionError("every field converts, but the message did not")


def _shown(line: bytes) -> str:
    """A message as the JSON text that is kept of a refused one, without what is personal in it."""
    text = scrub_text(line[:MAX_SHOWN].decode(errors="replace"))
    return msgspec.json.encode({"message": text}).decode()


def refused_line(refusal: Refusal, offset: int, timestamp: datetime) -> bytes:
    """A refused message as a line of the lake."""
    return msgspec.json.encode(
        {
            "offset": offset,
            "timestamp": timestamp,
            "reason": refusal.reason,
            "detail": refusal.detail,
            "original": refusal.original,
        }
    )


def listeners_of_line(line: bytes) -> set[str]:
    """Whom a line of the lake is about: the listener of an event; of a refused message every text in quotes
    that it has, because which of them is the listener cannot be told."""
    try:
        found = msgspec.json.decode(line, type=_Whose)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return set()
    if found.original is not None:
        return listeners_of_refused(found.original)
    return {found.user_id} if found.user_id is not None else set()


def listeners_of_refused(original: str) -> set[str]:
    """Every text in quotes of what is kept of a refused message."""
    text = msgspec.json.decode(original, type=_Shown).message
    found = set()
    for quoted in _QUOTED.findall(text):
        try:
            found.add(msgspec.json.decode(quoted, type=str))
        except msgspec.MsgspecError:
            continue
    return found


class _Whose(msgspec.Struct):
    user_id: str | None = None
    original: str | None = None


class _Shown(msgspec.Struct):
    message: str = ""


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def read_events(path: Place, source_file: str, offsets: Sequence[int]) -> Cleaned:
    """The events of a batch's file as rows of raw.raw_events. One row per message.

    `offsets` are those of its lines; `source_row` is one more, because rows are counted from 1, and
    `source_file` names the partition of the topic, so that a message that is read again is the same row.

    Raises:
        SourceError: the file cannot be read, or has not as many lines as offsets.
    """
    try:
        rows, malformed = read_rows(path)
    except StoreError:
        raise
    except UNREADABLE as error:
        raise SourceError(path, f"cannot be read: {error}", _RESTORE) from error
    if rows.height + malformed.height != len(offsets):
        raise SourceError(
            path,
            f"has {rows.height + malformed.height:,} lines, its manifest says {len(offsets):,}",
            _RESTORE,
        )
    numbered = pl.Series(ROW, offsets, dtype=pl.Int64) + 1
    rows = rows.with_columns(numbered.gather(rows[ROW] - 1)).drop("schema_version", strict=False)
    given = rows.with_columns(
        pl.lit(value).alias(name) if name not in rows.columns else pl.col(name).fill_null(value)
        for name, value in _WHERE_MISSING.items()
    )
    broken = [
        Malformed(offsets[row - 1] + 1, reason, detail, str(json.loads(original)["text"]))
        for row, reason, detail, original in malformed.iter_rows()
    ]
    read = chunk_of_frame(given, broken, path.name, source_file, user_id=None)
    return Cleaned(read.rows, rows_in=read.rows_in, rejected=read.rejected)


def read_refused(path: Place, source_file: str) -> Cleaned:
    """The messages of a batch that are no event, as refused rows. One row per message.

    Raises:
        SourceError: the file cannot be read.
    """
    try:
        rows = pl.read_ndjson(unpacked(path), schema=_REFUSED_SCHEMA)
    except StoreError:
        raise
    except UNREADABLE as error:
        raise SourceError(path, f"cannot be read: {error}", _RESTORE) from error
    rejected = rows.select(
        pl.lit(source_file).alias("source_file"),
        (pl.col("offset") + 1).alias("source_row"),
        "reason",
        "detail",
        "original",
    )
    return Cleaned(
        RAW_EVENTS.empty(), rows_in=rejected.height, rejected=rejected.select(REJECTED_SCHEMA.names())
    )


_RESTORE = "restore it, or read the topic again with spotify-assets stream consume --from-beginning"
_WHERE_MISSING = {"action": "play", "ms_played": "0", "source": SOURCE, "content_type": "music"}
_REFUSED_SCHEMA = {
    "offset": pl.Int64(),
    "timestamp": pl.String(),
    "reason": pl.String(),
    "detail": pl.String(),
    "original": pl.String(),
}
