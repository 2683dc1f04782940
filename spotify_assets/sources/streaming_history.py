"""Spotify's Extended Streaming History, audio and video, of every generation. One row per playback.

`ts` is the UTC moment at which playback stopped, as far as a row can tell, so `started_at` = `ts` -
`ms_played` and the event belongs to the date of `ts`. An absent key and a null mean the same. Source of the
fields: Spotify's ReadMeFirst document in the export, and files of 2018 to 2025.

- `content_type`: by the URI that is given: an episode is a podcast, a chapter or book an audiobook, a track
  is music, except in a video file, where a track is a music video (`video`). Nothing in a row says that it
  was video, so this is the one thing taken from the file's name (`Streaming_History_Video_*`, `endvideo*`).
  Without a URI the names decide, and without names it is `unknown`.
- Names: of an episode, `track_name` is the episode and `artist_name` the show; of an audiobook, the chapter
  and the book. So they can be compared with the account data's. A file of the listener's own
  (`spotify:local:…`) has the names that its URI holds where the row has none.
- `device` is a kind, derived from `platform`, whose text names models and holds device ids: only the
  system's name (`extra.system`, from a closed list) is kept of it.
- `extra.offline_timestamp` is ISO 8601 UTC, with the unit it was written in beside it
  (`offline_timestamp_unit`: `s`, `ms`, `0`, or `unknown` where it makes no sense as either).
- `event_id`: user, URI (or names), `ts` and `ms_played`: rows that differ in anything else are copies of
  one playback. One exception is not for a row to tell: what was heard offline is written later with the one
  `ts` of the synchronisation. `transforms.offline_sync` gives such rows their true time and an id by it,
  where all of an upload are together.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated

import msgspec
import polars as pl

from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.event_rows import (
    EARLIEST,
    LATEST,
    MILLISECONDS_FROM,
    NOT_A_PLAY,
    chunk,
    country,
    event_ids,
    ints_of,
    ms_reasons,
    record_columns,
    started_at,
    text_and_flag_columns,
    time_reasons,
    times_of,
)
from spotify_assets.sources.extras import Extras, extra_json, unplanned
from spotify_assets.sources.json_stream import Batch, read_batches
from spotify_assets.sources.kinds import Chunk
from spotify_assets.sources.local_files import with_local_names
from spotify_assets.sources.privacy import PERSONAL_KEYS

SOURCE = "extended_history"

NAMES = (
    "master_metadata_track_name",
    "master_metadata_album_artist_name",
    "master_metadata_album_album_name",
    "episode_name",
    "episode_show_name",
    "audiobook_title",
    "audiobook_chapter_title",
)
URIS = ("spotify_track_uri", "spotify_episode_uri", "audiobook_uri", "audiobook_chapter_uri")
TEXTS = (*NAMES, *URIS, "platform", "conn_country", "reason_start", "reason_end")
NUMBERS = ("ts", "ms_played", "offline_timestamp")
FLAGS = ("shuffle", "skipped", "offline", "incognito_mode")
KNOWN = frozenset({*NUMBERS, *TEXTS, *FLAGS, *PERSONAL_KEYS})
"""Keys of all generations."""
NEEDED = frozenset({"ts", "ms_played"})
"""A row with neither of these is no playback."""

_WHOLE = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_RECORD = msgspec.defstruct(
    "_Record",
    [
        *((name, str | None, None) for name in ("ts", *TEXTS, *sorted(PERSONAL_KEYS))),
        *((name, _WHOLE | None, None) for name in NUMBERS if name != "ts"),
        *((name, bool | None, None) for name in FLAGS),
    ],
    forbid_unknown_fields=True,
    gc=False,
)
"""A row as Spotify writes it."""
_RECORDS = msgspec.json.Decoder(list[_RECORD])  # type: ignore[valid-type]
_KINDS = {
    "ts": pl.String(),
    **{name: pl.Int64() for name in NUMBERS if name != "ts"},
    **{name: pl.String() for name in TEXTS},
    **{name: pl.Boolean() for name in FLAGS},
}

_TRACK_URI = r"(?:spotify:track:|open\.spotify\.com/(?:[^?#]*/)?track/)([0-9A-Za-z]{22})(?:$|[?#])"
_PLAIN_TRACK_URI, _PLAIN_FROM = r"^spotify:track:[0-9A-Za-z]{22}$", len("spotify:track:")
"""What nearly all are: taking a part out by a pattern takes five times as long as looking for one."""
_VIDEO_NAME = re.compile(r"(?i)(?:^|[^a-z])(?:streaming_history_video|endvideo)")
_IN_YEAR_2100_MS = 4_200_000_000_000

_KINDS_OF_DEVICE = (
    ("web", r"web_?\s?player|webplayer"),
    ("car", r"car.?thing|android.?auto\b|carplay|automotive|tesla|\bcar\b|in_?car"),
    (
        "tv",
        r"\btv\b|_tv|tv_|smart.?tv|appletv|tvos|roku|fire.?tv|webos|tizen|bravia|vizio|hisense"
        r"|playstation|\bps[345]\b|sony_?ps|xbox|chromecast|set.?top|android_tv|comcast|libre?elec",
    ),
    (
        "speaker",
        r"sonos|echo|alexa|amazon_salmon|bose|google.?home|nest|homepod|denon|heos|yamaha|bluesound|ueboom|harman"
        r"|\bjbl|marantz|onkyo|pioneer|bang|olufsen|speaker|cast_audio|google_cast|soundbar|naim|raumfeld|sonoff"
        r"|squeezebox|raspotify|librespot|volumio|hi-?fi|receiver",
    ),
    ("tablet", r"ipad|tablet|\bsm-[tpx]\d|galaxy tab|\bkf[a-z]{3,4}\b|lenovo tb|nexus (?:7|9|10)\b"),
    ("mobile", r"android|\bios\b|iphone|ipod|windows.?phone|blackberry|symbian|watch|wear_?os"),
    ("desktop", r"windows|os x|\bosx|mac.?os|\bmac\b|linux|ubuntu|chrome_?os|desktop"),
)
DEVICES = (*(kind for kind, _ in _KINDS_OF_DEVICE), "other")
"""Kinds of device."""
_DEVICES = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS_OF_DEVICE)
_SYSTEMS = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("web", r"web_?\s?player|webplayer"),
        ("playstation", r"playstation|\bps[345]\b|sony_?ps"),
        ("xbox", r"xbox"),
        ("sonos", r"sonos"),
        ("alexa", r"echo|alexa|amazon_salmon"),
        ("google_cast", r"cast|google.?home"),
        ("android_tv", r"android.?tv"),
        ("ios", r"\bios\b|iphone|ipad|ipod"),
        ("android", r"android"),
        ("macos", r"os x|\bosx|mac.?os|\bmac\b"),
        ("windows", r"windows"),
        ("linux", r"linux|ubuntu"),
    )
)


@lru_cache(maxsize=10_000)
def device_of(platform: str) -> str:
    """The kind of device that a platform text names."""
    return next((kind for kind, pattern in _DEVICES if pattern.search(platform)), "other")


@lru_cache(maxsize=10_000)
def system_of(platform: str) -> str | None:
    """The system that a platform text names, from a closed list; None where it is none of them."""
    return next((name for name, pattern in _SYSTEMS if pattern.search(platform)), None)


def read(file: InputFile, source_file: str, user_id: str) -> Iterator[Chunk]:
    """The playbacks of a file, batch by batch, as columns of `raw.raw_events`.

    Raises:
        SourceError: the file cannot be read, or passes a limit.
    """
    is_video = _VIDEO_NAME.search(file.base_name) is not None
    with file.open() as stream:
        for batch in read_batches(stream, shape=_RECORDS):
            yield _chunk(batch, source_file, user_id, is_video=is_video)


def _chunk(batch: Batch, source_file: str, user_id: str, *, is_video: bool) -> Chunk:
    written, extras = _written(batch)
    time = times_of(written.get_column("ts").alias("ended_at"))
    played = ints_of(written.get_column("ms_played"))
    offline = ints_of(written.get_column("offline_timestamp"))
    given = written.with_columns(time.values, played.values, offline.values)
    given = with_local_names(given, "spotify_track_uri", *NAMES[:3])
    given = given.with_columns(_track_ids(given.get_column("spotify_track_uri")))
    rows = given.select(
        *_columns(is_video=is_video),
        _countries(given),
        _by_platform(given, device_of).alias("device"),
        event_ids(SOURCE, _identity(given, user_id)),
        extra_json(given.select(_planned_extra(given)), extras),
        user_id=pl.lit(user_id),
        source=pl.lit(SOURCE),
        action=pl.lit("play"),
    )
    valueless = (time.values.is_null() & played.values.is_null()).arg_true()
    if valueless.len():
        batch.unfold()
    no_play = [at for at in valueless if NEEDED.isdisjoint(batch.elements[at])]
    reasons = [
        (NOT_A_PLAY, pl.int_range(pl.len()).is_in(no_play), "it has neither ts nor ms_played"),
        *time_reasons(time, "ts"),
        *ms_reasons(played, "ms_played"),
    ]
    return chunk(rows, batch, source_file, reasons, extras)


def _written(batch: Batch) -> tuple[pl.DataFrame, Extras]:
    """The fields of a batch, and those that nobody planned for."""
    if batch.records:
        return record_columns(batch.records, _KINDS), Extras()
    written = text_and_flag_columns(batch.elements, (*NUMBERS, *TEXTS), FLAGS)
    return written, unplanned(batch.elements, KNOWN)


def _columns(*, is_video: bool) -> list[pl.Expr]:
    heard_or_seen = pl.lit("video" if is_video else "music")
    given = {name: pl.col(name).is_not_null() for name in (*NAMES, *URIS)}
    content = (
        pl.when(given["spotify_track_uri"])
        .then(heard_or_seen)
        .when(given["spotify_episode_uri"])
        .then(pl.lit("podcast"))
        .when(given["audiobook_uri"] | given["audiobook_chapter_uri"])
        .then(pl.lit("audiobook"))
        .when(given["master_metadata_track_name"])
        .then(heard_or_seen)
        .when(given["episode_name"] | given["episode_show_name"])
        .then(pl.lit("podcast"))
        .when(given["audiobook_title"] | given["audiobook_chapter_title"])
        .then(pl.lit("audiobook"))
        .otherwise(pl.lit("unknown"))
    )
    return [
        pl.col("track_id"),
        started_at(pl.col("ended_at"), pl.col("ms_played")).alias("started_at"),
        pl.col("ended_at"),
        pl.col("ended_at").dt.date().alias("event_date"),
        *(pl.col(name) for name in ("ms_played", "skipped", "reason_start", "reason_end", "shuffle")),
        content.alias("content_type"),
        pl.coalesce(
            "master_metadata_track_name", "episode_name", "audiobook_chapter_title", "audiobook_title"
        ).alias("track_name"),
        pl.coalesce("master_metadata_album_artist_name", "episode_show_name", "audiobook_title").alias(
            "artist_name"
        ),
        pl.col("master_metadata_album_album_name").alias("album_name"),
    ]


def _track_ids(uris: pl.Series) -> pl.Series:
    """The ids in the URIs and addresses of tracks, null in any other."""
    is_plain = uris.str.contains(_PLAIN_TRACK_URI)
    ids = uris.str.slice(_PLAIN_FROM).alias("track_id")
    if is_plain.all():
        return ids
    others = (~is_plain).arg_true()
    return ids.scatter(others, uris.gather(others).str.extract(_TRACK_URI, 1))


def _identity(given: pl.DataFrame, user_id: str) -> pl.DataFrame:
    """The facts that make a playback, as text."""
    what = given.select(what=pl.coalesce(*URIS)).to_series()
    nameless = what.is_null().arg_true()
    if nameless.len():
        names = pl.concat_str([pl.col(name).fill_null("") for name in NAMES], separator="\x1e")
        what = what.scatter(nameless, given[nameless].select(names).to_series())
    return given.select(
        pl.lit(user_id).alias("user"),
        what,
        pl.col("ended_at").dt.epoch("ms").alias("when"),
        pl.col("ms_played"),
    )


def _countries(given: pl.DataFrame) -> pl.Expr:
    codes = given.get_column("conn_country").drop_nulls().unique().alias("code")
    known = codes.to_frame().select(country(pl.col("code"))).to_series()
    return pl.col("conn_country").replace_strict(codes, known, default=None).alias("country")


def _by_platform(given: pl.DataFrame, function: Callable[[str], str | None]) -> pl.Expr:
    platforms = given.get_column("platform").drop_nulls().unique().to_list()
    return pl.col("platform").replace_strict(
        platforms, [function(platform) for platform in platforms], default=None, return_dtype=pl.String
    )


def _planned_extra(given: pl.DataFrame) -> list[pl.Expr]:
    written = pl.col("offline_timestamp")
    is_ms = written >= MILLISECONDS_FROM
    moment = pl.from_epoch(pl.when(is_ms).then(written).otherwise(written * 1000), "ms")
    is_plausible = (written > 0) & (written < _IN_YEAR_2100_MS) & (moment >= EARLIEST) & (moment < LATEST)
    other_uri = pl.when(pl.col("track_id").is_null()).then("spotify_track_uri")
    return [
        pl.col("offline"),
        pl.when(is_plausible).then(moment.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")).alias("offline_timestamp"),
        pl.when(is_plausible & is_ms)
        .then(pl.lit("ms"))
        .when(is_plausible)
        .then(pl.lit("s"))
        .when(written == 0)
        .then(pl.lit("0"))
        .when(written.is_not_null())
        .then(pl.lit("unknown"))
        .alias("offline_timestamp_unit"),
        pl.col("incognito_mode"),
        _by_platform(given, system_of).alias("system"),
        other_uri.alias("spotify_track_uri"),
        *(pl.col(name) for name in URIS if name != "spotify_track_uri"),
    ]
