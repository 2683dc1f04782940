"""The same listening by other services, events of the product's own, and what holds no data."""

import gzip
import io
import json
from collections.abc import Sequence
from datetime import date

import polars as pl

from spotify_assets.generator import dirt
from spotify_assets.generator.answer_key import Entry, Family
from spotify_assets.generator.desk import DAY_MS, Desk, Member, Row, csv_text, midnight_ms, moment
from spotify_assets.generator.true_plays import SECOND_MS
from spotify_assets.tables import RAW_EVENTS

SCROBBLE_MS = 30 * SECOND_MS
"""Least playing time of a scrobble."""
PAGE_SCROBBLES = 200
"""Scrobbles on a page of Last.fm."""

Scrobble = tuple[Row, int]
"""A play, and the second of its start."""


def _scrobbles(desk: Desk) -> list[Scrobble]:
    """What a scrobbling service saw: nothing played offline or in private,
    and nothing shorter than half a minute."""
    seen = desk.plays.filter(
        (pl.col("content_type") == "music")
        & (pl.col("ms_played") >= SCROBBLE_MS)
        & pl.col("burst").is_null()
        & ~pl.col("incognito")
        & pl.col("title").is_not_null()
        & ~pl.col("account_only")
    )
    made: list[Scrobble] = []
    for play, draw in zip(seen.iter_rows(named=True), desk.random.random((seen.height, 3)), strict=True):
        if draw[0] < desk.rates.scrobbled_differently:
            way = int(draw[1] * 100)
            play["title"] = dirt.spelt_differently(play["title"], way)
            play["creator"] = dirt.spelt_differently(play["creator"], way)
        # The player's clock and the service's are a moment apart.
        made.append((play, play["started_ms"] // SECOND_MS + int(draw[2] * 3) - 1))
    return made


def write_lastfm(desk: Desk) -> None:
    """Scrobbles of the first half as JSON pages and as CSV, which overlap, and of a tenth after it as the
    CSV without a header that knows minutes alone."""
    scrobbles = _scrobbles(desk)
    half, tenth = len(scrobbles) // 2, len(scrobbles) // 10
    older, newer = scrobbles[:half], scrobbles[half : half + tenth]
    _write_pages(desk, older[: half // 2])
    _write_csv(desk, older)
    _write_csv_without_header(desk, newer)


def _write_pages(desk: Desk, scrobbles: Sequence[Scrobble]) -> None:
    """Pages of Last.fm's own interface, of which the first tells also what plays now."""
    user = desk.personal.username
    now: Row = {"artist": {"mbid": "", "#text": "TRUE"}, "name": "99", "@attr": {"nowplaying": "true"}}
    pages = []
    for page, first in enumerate(range(0, len(scrobbles), PAGE_SCROBBLES)):
        tracks = [_track(scrobble) for scrobble in scrobbles[first : first + PAGE_SCROBBLES]]
        attributes = {"user": user, "page": str(page + 1), "perPage": str(PAGE_SCROBBLES)}
        pages.append(
            {"recenttracks": {"track": [now, *tracks] if page == 0 else tracks, "@attr": attributes}}
        )
    if pages:
        entries = [Entry(family=Family.TIME, dirt="now playing"), *_entries(scrobbles)]
        desk.write(f"recenttracks-{user}.json", json.dumps(pages).encode(), "lastfm", entries)


def _track(scrobble: Scrobble) -> Row:
    """A scrobble as Last.fm's interface tells it."""
    play, second = scrobble
    return {
        "artist": {"mbid": "", "#text": play["creator"]},
        "album": {"mbid": "", "#text": play["collection"] or ""},
        "name": play["title"],
        "mbid": "",
        "streamable": "0",
        "url": "https://www.last.fm/music/x",
        "date": {"uts": str(second), "#text": f"{moment(second * 1000):%d %b %Y, %H:%M}"},
    }


def _write_csv(desk: Desk, scrobbles: Sequence[Scrobble]) -> None:
    header = ["uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"]
    rows = [
        [
            str(second),
            f"{moment(second * 1000):%d %b %Y, %H:%M}",
            *(play["creator"], "", play["collection"] or "", "", play["title"], ""),
        ]
        for play, second in scrobbles
    ]
    content = csv_text([header, *rows]).encode("utf-8-sig")
    desk.write(f"{desk.personal.username}.csv", content, "lastfm", _entries(scrobbles), "bom")


def _write_csv_without_header(desk: Desk, scrobbles: Sequence[Scrobble]) -> None:
    rows = [
        [play["creator"], play["collection"] or "", play["title"], f"{moment(second * 1000):%d %b %Y %H:%M}"]
        for play, second in scrobbles
    ]
    entries = _entries(scrobbles, dirt="minutes")
    desk.write("lastfm-without-header.csv", csv_text(rows).encode(), "lastfm", entries)


def _entries(scrobbles: Sequence[Scrobble], dirt: str = "") -> list[Entry]:
    return [Entry(play["play_id"], dirt=dirt) for play, _ in scrobbles]


def write_listenbrainz(desk: Desk) -> None:
    """Listens of the second half as the zip that ListenBrainz gives out, one file per month."""
    scrobbles = _scrobbles(desk)
    months: dict[str, list[Scrobble]] = {}
    for play, second in scrobbles[len(scrobbles) // 2 :]:
        months.setdefault(f"{moment(second * 1000):%Y/%-m}", []).append((play, second))
    zip_name = "listenbrainz_export.zip"
    user = json.dumps({"user_id": 4711, "username": desk.personal.username}).encode()
    members: list[Member] = [("user.json", user)]
    desk.key.add(f"{zip_name}/user.json", user, "not_data")
    for month, part in months.items():
        lines = []
        for play, second in part:
            known: Row = {"submission_client": "navidrome", "music_service": "spotify.com"}
            if play["play_id"] % 2:
                known |= {
                    "duration_ms": max(play["ms_played"], 200_000),
                    "spotify_id": f"https://open.spotify.com/track/{play['uri']}" if play["uri"] else None,
                }
            lines.append(
                json.dumps(
                    {
                        "listened_at": second,
                        "inserted_at": second + 3,
                        "user_name": desk.personal.username,
                        "track_metadata": {
                            "artist_name": play["creator"],
                            "track_name": play["title"],
                            "release_name": play["collection"],
                            "additional_info": known,
                        },
                    }
                )
            )
        content = ("\n".join(lines) + "\n").encode()
        members.append((f"listens/{month}.jsonl", content))
        desk.key.add(
            f"{zip_name}/listens/{month}.jsonl",
            content,
            "listenbrainz",
            _entries(part),
        )
    desk.write_zip(zip_name, members)


def write_events(desk: Desk, last: date) -> None:
    """The last weeks as a stream of the product's own saw them: NDJSON, packed CSV and Parquet, a week each
    and overlapping by a day."""
    end = midnight_ms(last) + DAY_MS
    seen = desk.plays.filter(
        (pl.col("content_type") == "music")
        & pl.col("uri").is_not_null()
        & pl.col("burst").is_null()
        & ~pl.col("account_only")
    )
    makers = (
        (28, 20, "events.ndjson", lambda frame: frame.write_ndjson().encode()),
        (21, 13, "events.csv.gz", lambda frame: frame.write_csv().encode()),
        (14, 6, "events.parquet", _parquet),
    )
    for begin_days, end_days, name, make in makers:
        part = seen.filter(
            pl.col("stamped_ms").is_between(end - begin_days * DAY_MS, end - end_days * DAY_MS, closed="left")
        )
        content = make(_own_events(part, desk.key.user_id))
        written = gzip.compress(content, mtime=0) if name.endswith(".gz") else content
        (desk.inbox / name).write_bytes(written)
        entries = [Entry(play_id) for play_id in part["play_id"]]
        desk.key.add(name, content, "events", entries)


def _own_events(plays: pl.DataFrame, user_id: str) -> pl.DataFrame:
    ended = pl.from_epoch("ended_ms", "ms")
    known = {
        "event_id": pl.format("stream-{}", "play_id"),
        "user_id": pl.lit(user_id),
        "track_id": pl.col("uri"),
        "started_at": pl.from_epoch("started_ms", "ms"),
        "ended_at": ended,
        "event_date": ended.dt.date(),
        "action": pl.lit("play"),
        "source": pl.lit("stream"),
        "track_name": pl.col("title"),
        "artist_name": pl.col("creator"),
        "album_name": pl.col("collection"),
    }
    columns = [name for name in RAW_EVENTS.column_names if name in known or name in plays.columns]
    return plays.select(known.get(name, pl.col(name)).alias(name) for name in columns)


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def write_what_holds_no_data(desk: Desk) -> None:
    """Documents, companions, texts and tables that an importer has to set aside."""
    for name, content, kind in (
        ("ReadMe.pdf", dirt.PDF, "not_data"),
        ("._dataset.csv", dirt.MACOS_COMPANION, "not_data"),
        ("notes.txt", b"Listened to much music in 2020.\n", "unknown"),
        (
            "lfs.csv",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 20116512\n",
            "unknown",
        ),
        ("empty.json", b"", "not_data"),
        ("numbers.csv", b"a,b\n1,2\n3,4\n", "unknown"),
    ):
        desk.write(name, content, kind, ())
