"""The same listening by other services, events of the product's own, catalogues, and what holds no data."""

import gzip
import io
import json
from collections.abc import Mapping
from datetime import date

import polars as pl

from spotify_assets.generator import dirt
from spotify_assets.generator.answer_key import Entry, Family
from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.desk import DAY_MS, Desk, Member, Row, csv_text, midnight_ms, moment
from spotify_assets.generator.true_plays import PLAYED_TRACKS, SECOND_MS
from spotify_assets.tables import RAW_EVENTS

SCROBBLE_MS = 30 * SECOND_MS
"""Least playing time of a scrobble."""
CATALOGUE_TRACKS = 400


def _scrobbles(desk: Desk) -> list[tuple[Row, int]]:
    """What a scrobbling service saw, as play and second of the start: nothing played offline or in private,
    and nothing shorter than half a minute."""
    seen = desk.plays.filter(
        (pl.col("content_type") == "music")
        & (pl.col("ms_played") >= SCROBBLE_MS)
        & pl.col("burst").is_null()
        & ~pl.col("incognito")
        & pl.col("title").is_not_null()
        & ~pl.col("account_only")
    )
    made: list[tuple[Row, int]] = []
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

    pages = []
    entries: list[Entry] = [Entry(family=Family.TIME, dirt="now playing")]
    now: Row = {"artist": {"mbid": "", "#text": "TRUE"}, "name": "99", "@attr": {"nowplaying": "true"}}
    size = 200
    recent = older[: half // 2]
    for page in range(-(-len(recent) // size)):
        part = recent[page * size : (page + 1) * size]
        tracks = [
            {
                "artist": {"mbid": "", "#text": play["creator"]},
                "album": {"mbid": "", "#text": play["collection"] or ""},
                "name": play["title"],
                "mbid": "",
                "streamable": "0",
                "url": "https://www.last.fm/music/x",
                "date": {"uts": str(second), "#text": f"{moment(second * 1000):%d %b %Y, %H:%M}"},
            }
            for play, second in part
        ]
        attributes = {"user": desk.personal.username, "page": str(page + 1), "perPage": str(size)}
        pages.append(
            {"recenttracks": {"track": [now, *tracks] if page == 0 else tracks, "@attr": attributes}}
        )
        entries += [Entry(play["play_id"]) for play, _ in part]
    if pages:
        desk.write(
            f"recenttracks-{desk.personal.username}.json", json.dumps(pages).encode(), "lastfm", entries
        )

    header = ["uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"]
    rows = [
        [
            str(s),
            f"{moment(s * 1000):%d %b %Y, %H:%M}",
            p["creator"],
            "",
            p["collection"] or "",
            "",
            p["title"],
            "",
        ]
        for p, s in older
    ]
    content = csv_text([header, *rows]).encode("utf-8-sig")
    desk.write(
        f"{desk.personal.username}.csv", content, "lastfm", [Entry(p["play_id"]) for p, _ in older], "bom"
    )
    rows = [
        [p["creator"], p["collection"] or "", p["title"], f"{moment(s * 1000):%d %b %Y %H:%M}"]
        for p, s in newer
    ]
    desk.write(
        "lastfm-without-header.csv",
        csv_text(rows).encode(),
        "lastfm",
        [Entry(p["play_id"], dirt="minutes") for p, _ in newer],
    )


def write_listenbrainz(desk: Desk) -> None:
    """Listens of the second half as the zip that ListenBrainz gives out, one file per month."""
    scrobbles = _scrobbles(desk)
    months: dict[str, list[tuple[Row, int]]] = {}
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
            [Entry(play["play_id"]) for play, _ in part],
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


def known_tracks(seed: int) -> pl.DataFrame:
    """The tracks that the catalogues of a corpus know, as `generate_catalogue` gives them: some of those that
    the person plays from."""
    played = generate_catalogue(PLAYED_TRACKS, seed=seed)
    some = played["track_id"].unique(maintain_order=True).head(CATALOGUE_TRACKS)
    return played.filter(pl.col("track_id").is_in(some.implode()))


def write_catalogues(desk: Desk, known: pl.DataFrame) -> None:
    """The same catalogue, of `known_tracks`, in the four shapes, each with faults of its own."""
    rows = known.rows(named=True)
    good = Entry()

    header = ["", *_KAGGLE]
    table = [[str(i), *(_text(row[_KAGGLE[name]]) for name in _KAGGLE)] for i, row in enumerate(rows)]
    entries = [good] * len(table)
    table[5][1] = ""
    entries[5] = Entry(family=Family.TRACK, dirt="no track id")
    table[9][1] = f"https://open.spotify.com/track/{table[9][1]}?si=1"
    table[11][_index("duration_ms")] = "long"
    entries[11] = Entry(dirt="duration_ms is no number, and left empty")
    table[13][_index("duration_ms")] = "1,234,567"
    table[17][_index("popularity")] = "NaN"
    content = csv_text([header, *table], "\r\n").encode("utf-8-sig")
    desk.write("dataset.csv", content, "catalogue", entries, "bom, crlf, index column")

    header = ["id", "name", "popularity", "duration_ms", "explicit", "artists", "release_date", *_FEATURES]
    table = [
        [
            row["track_id"],
            row["track_name"] or "",
            _text(row["popularity"]),
            _text(row["duration_ms"]),
            str(int(row["explicit"])),
            str((row["artists"] or "").split(";")),
            row["release_date"] or "",
            *(_text(row[name]) for name in _FEATURES),
        ]
        for row in rows
    ]
    text = csv_text([header, *table])
    cut = text[: text.rindex(",", 0, len(text) - 40)]
    entries = [good] * (len(table) - 1) + [Entry(family=Family.CUT_OFF, dirt="cut off")]
    desk.write("tracks.csv", cut.encode("utf-16"), "catalogue", entries, "utf-16, cut off")

    header = [
        *("track_id", "track_name", "track_artist", "track_popularity", "track_album_name"),
        *("track_album_release_date", "playlist_genre", "duration_ms", *_FEATURES),
    ]
    table = [
        [
            row["track_id"],
            row["track_name"] or "NA",
            (row["artists"] or "NA").split(";")[0],
            *(
                _text(row[name])
                for name in ("popularity", "album_name", "release_date", "genre", "duration_ms")
            ),
            *(_text(row[name]) for name in _FEATURES),
        ]
        for row in rows
    ]
    table[3][1] = "Two\nlines"
    table[4] = [*table[4], "one field too many"]
    entries = [good] * len(table)
    entries[4] = Entry(family=Family.MALFORMED, dirt="one field too many")
    desk.write("spotify_songs.csv", csv_text([header, *table]).encode(), "catalogue", entries, "NA for null")

    header = ["genre", "artist_name", "track_name", "track_id", "popularity", "duration_ms", *_FEATURES]
    keys = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
    table = [
        [
            row["genre"],
            (row["artists"] or "").split(";")[0],
            row["track_name"] or "",
            row["track_id"],
            _text(row["popularity"]),
            _text(row["duration_ms"]),
            *(
                keys[row[name]]
                if name == "key"
                else ("Minor", "Major")[row[name]]
                if name == "mode"
                else f"{row[name]}/4"
                if name == "time_signature"
                else _text(row[name])
                for name in _FEATURES
            ),
        ]
        for row in rows
    ]
    content = csv_text([header, *table]).encode("latin-1", "replace")
    desk.write("SpotifyFeatures.csv", content, "catalogue", [good] * len(table), "latin-1, key names")


_FEATURES = (
    *("danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness"),
    *("instrumentalness", "liveness", "valence", "tempo", "time_signature"),
)
_KAGGLE: Mapping[str, str] = {
    **{
        name: name
        for name in ("track_id", "artists", "album_name", "track_name", "popularity", "duration_ms")
    },
    "explicit": "explicit",
    **{name: name for name in _FEATURES},
    "track_genre": "genre",
}


def _index(name: str) -> int:
    """Place of a column of the first catalogue, whose first column is an index."""
    return 1 + list(_KAGGLE).index(name)


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


def _text(value: object) -> str:
    return "" if value is None else str(value)
