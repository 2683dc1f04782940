"""Spotify's own exports: the extended history of every generation, and the account data.

What varies between plays and rows is drawn in the order of the rows, so that equal corpora are equal bytes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote_plus

import numpy as np
import polars as pl

from spotify_assets.generator import dirt
from spotify_assets.generator.answer_key import Entry, Family
from spotify_assets.generator.desk import DAY_MS, Desk, Member, Row, midnight_ms, moment
from spotify_assets.generator.dirt import Personal
from spotify_assets.generator.true_plays import SECOND_MS

ROWS_PER_FILE = 16_000
"""Most plays that Spotify puts into one file."""
SMALLEST_FILE = 150
ACCOUNT_DAYS = 365
"""How far the account data export reaches back."""
OFFLINE_ZERO, OFFLINE_NULL, OFFLINE_DAYS_OFF, OFFLINE_OTHER_UNIT, OFFLINE_AS_USUAL = range(5)
"""What stands in `offline_timestamp`."""


@dataclass(frozen=True)
class Export:
    """One extended history asked for: the dates it covers (both included), and how Spotify wrote it then.

    Generations: `endsong` (until 2022), `2023` (file names with years), `2025` (audiobook keys, no account
    fields).
    """

    first: date
    last: date
    generation: str = "2025"


def write_history(desk: Desk, number: int, export: Export, *, newest: bool) -> None:
    """One zip as Spotify sends it; the newest knows some tracks by another id, and some by no name."""
    covered = desk.plays.filter(
        ~pl.col("account_only")
        & pl.col("stamped_ms").is_between(
            midnight_ms(export.first), midnight_ms(export.last) + DAY_MS, closed="left"
        )
    )
    # Videos have files of their own; some episodes are in them, others among the music.
    in_video = (covered["content_type"] == "video") | (
        (covered["content_type"] == "podcast") & (covered["play_id"] % 3 == 0)
    )
    zip_name = f"my_spotify_data_{number + 1}.zip"
    folder = "MyData" if export.generation == "endsong" else "Spotify Extended Streaming History"
    members: list[Member] = [
        (f"{folder}/", b"a folder with bytes of its own"),
        (f"{folder}/ReadMeFirst_ExtendedStreamingHistory.pdf", dirt.PDF),
        (f"__MACOSX/{folder}/._ReadMeFirst_ExtendedStreamingHistory.pdf", dirt.MACOS_COMPANION),
    ]
    for name, content in members:
        desk.key.add(
            f"{zip_name}/{name}", content, "not_data" if not name.endswith("/") else "", dirt="no data"
        )
    for video, part in ((False, covered.filter(~in_video)), (True, covered.filter(in_video))):
        rows = _history_rows(desk, part, export, newest=newest)
        for index, (chunk, span) in enumerate(_in_files(rows, desk.random)):
            name = f"{folder}/{_history_name(export.generation, video, index, span)}"
            # Each export has other faults, and its first file none.
            style = index + 3 * number if index and desk.rates.odd_files else 0
            content, kept, oddity = dirt.json_file([row for row, _ in chunk], style, desk.random)
            entries = [entry for _, entry in chunk]
            if kept is not None:
                entries = [*entries[:kept], Entry(family=Family.CUT_OFF, dirt="cut off")]
            members.append((name, content))
            desk.key.add(f"{zip_name}/{name}", content, "extended_history", entries, oddity)
    desk.write_zip(zip_name, members)


def _history_rows(
    desk: Desk, plays: pl.DataFrame, export: Export, *, newest: bool
) -> list[tuple[object, Entry]]:
    """Rows of the extended history with their meaning, in the order of time.

    Every other second upload stands at the end, which is a file of its own in a long history.
    """
    made: list[tuple[object, Entry]] = []
    last: list[tuple[object, Entry]] = []
    until_ms = midnight_ms(export.last) + DAY_MS
    rates = desk.rates
    # Way after way, so that a few thousand rows hold each.
    broken = int(desk.random.integers(0, 100))
    chance = desk.random.random((plays.height, 8))
    for play, draw in zip(plays.iter_rows(named=True), chance, strict=True):
        row = _playback(play, export.generation, desk.personal, draw)
        odd = _told_oddly(row, play, newest=newest)
        if play["burst"] is not None:
            odd.append("burst")
        if draw[0] < rates.number_as_text:
            row["ms_played"] = str(row["ms_played"])
            odd.append("number as text")
        if draw[1] < rates.other_time_shape and "fraction of a second" not in odd:
            row["ts"] = dirt.other_time_shape(row["ts"], int(draw[2] * 100))
            odd.append("other time shape")
        if draw[3] < rates.unknown_key:
            row["listening_context"] = "playlist:2"
        if draw[4] < rates.empty_reason:
            row["reason_start"] = ""
            odd.append("empty reason")
        if draw[5] < rates.absent_keys:
            row = {name: value for name, value in row.items() if value is not None}
        made.append((row, Entry(play["play_id"], dirt=", ".join(odd))))
        if play["identical"]:
            made.append((dict(row), Entry(play["play_id"], dirt="identical row")))
        if play["near_duplicate"]:
            made.append((_nearly(row, int(draw[6] * 100)), Entry(play["play_id"], dirt="near-duplicate")))
        if play["again_ms"] and play["again_ms"] < until_ms:
            again = row | {"ts": f"{moment(play['again_ms']):%Y-%m-%dT%H:%M:%SZ}"}
            (last if play["play_id"] % 2 else made).append(
                (again, Entry(play["play_id"], dirt="uploaded again"))
            )
        if draw[7] < rates.broken:
            made.append(dirt.broken_playback(row, broken))
            broken += 1
    return made + last


def _playback(play: Row, generation: str, personal: Personal, draw: Sequence[float]) -> Row:
    """One play as a row of the extended history."""
    spoken = play["content_type"] == "podcast"
    book = play["content_type"] == "audiobook"
    music = not spoken and not book
    old = generation != "2025"
    pick = int(draw[6] * 1_000)
    platforms = dirt.PLATFORMS[play["device"]]
    platform = platforms[pick % len(platforms)].format(device_id=personal.device_ids[pick % 3])
    row: Row = {"ts": f"{moment(play['stamped_ms']):%Y-%m-%dT%H:%M:%SZ}"}
    if old:
        row["username"] = personal.username
    row |= {"platform": platform, "ms_played": play["ms_played"], "conn_country": play["country"]}
    if generation == "endsong":
        row |= {
            "ip_addr_decrypted": personal.addresses[pick % len(personal.addresses)],
            "user_agent_decrypted": personal.user_agent if pick % 2 else None,
            "city": personal.city,
            "region": personal.region,
        }
    elif old:
        row |= {"ip_addr": personal.addresses[pick % len(personal.addresses)], "user_agent_decrypted": None}
    uri = play["uri"]
    row |= {
        "master_metadata_track_name": play["title"] if music else None,
        "master_metadata_album_artist_name": play["album_artist"] if music else None,
        "master_metadata_album_album_name": play["collection"] if music else None,
        "spotify_track_uri": f"spotify:track:{uri}" if music and uri else None,
        "episode_name": play["title"] if spoken else None,
        "episode_show_name": play["creator"] if spoken else None,
        "spotify_episode_uri": f"spotify:episode:{uri}" if spoken else None,
    }
    if not old or book:
        row |= {
            "audiobook_title": play["creator"] if book else None,
            "audiobook_uri": f"spotify:show:{uri}" if book else None,
            "audiobook_chapter_uri": f"spotify:episode:{uri}" if book else None,
            "audiobook_chapter_title": play["title"] if book else None,
        }
    return row | {
        "reason_start": play["reason_start"],
        "reason_end": play["reason_end"],
        "shuffle": play["shuffle"],
        "skipped": play["skipped"],
        "offline": play["offline"] if play["play_id"] % 10 else None,
        "offline_timestamp": _offline_timestamp(play, generation),
        "incognito_mode": play["incognito"],
    }


_NAMES = tuple(f"master_metadata_{name}_name" for name in ("track", "album_artist", "album_album"))


def _told_oddly(row: Row, play: Row, *, newest: bool) -> list[str]:
    """Change a row to what exports tell in another way than other sources, and the newest than those before
    it. Returns what was changed, in words."""
    odd: list[str] = []
    if uri := _local_uri(play):
        row |= {"spotify_track_uri": uri, **dict.fromkeys(_NAMES)}
        odd.append("local file")
    if play["album_artist"] != play["creator"]:
        odd.append("album artist")
    if newest and play["relinked"]:
        row["spotify_track_uri"] = f"spotify:track:{play['relinked']}"
        odd.append("relinked")
    if newest and play["names_lost"]:
        row |= dict.fromkeys(_NAMES)
        odd.append("names lost")
    if newest and play["fraction_ms"] and play["burst"] is None:  # those of a burst have one moment in common
        row["ts"] = row["ts"].replace("Z", f".{play['fraction_ms']}Z")
        odd.append("fraction of a second")
    return odd


def _local_uri(play: Row) -> str | None:
    """The URI of a file of the listener's own, which tells its names; None for what Spotify knows."""
    if play["uri"] or play["content_type"] != "music" or not play["title"]:
        return None
    names = (quote_plus(play[name] or "") for name in ("creator", "collection", "title"))
    return f"spotify:local:{':'.join(names)}:{180 + len(play['title'])}"


def _offline_timestamp(play: Row, generation: str) -> int | None:
    """When playback started, in the unit of the generation, or one of the ways in which it is wrong."""
    how = play["offline_how"]
    if how == OFFLINE_NULL:
        return None
    if how == OFFLINE_ZERO:
        return 0
    started = play["started_ms"] // SECOND_MS
    if how == OFFLINE_DAYS_OFF:
        days = (2 + play["play_id"] % 9, 5 * 365, -3)[play["play_id"] % 3]
        started -= 86_400 * days
    in_ms = (generation == "endsong") != (how == OFFLINE_OTHER_UNIT)
    return int(started * SECOND_MS if in_ms else started)


def _nearly(row: Row, number: int) -> Row:
    """The same playback told again with a slight difference."""
    other = dict(row)
    match number % 4:
        case 0:
            other["offline_timestamp"] = None if other.get("offline_timestamp") else 0
        case 1:
            other["reason_start"] = "unknown" if other.get("reason_start") != "unknown" else "appload"
        case 2:
            other["shuffle"] = not other.get("shuffle")
        case _:
            stamp = other.get("offline_timestamp") or 0
            second = SECOND_MS if stamp > _LARGEST_SECONDS else 1
            other["offline_timestamp"] = stamp + second if stamp else None
            other["reason_start"] = "playbtn" if other.get("reason_start") != "playbtn" else "appload"
    return other


_LARGEST_SECONDS = 10**11
"""Seconds since 1970 stay below it for three thousand years, milliseconds are above it since 1973."""


def _in_files(
    rows: list[tuple[object, Entry]], random: np.random.Generator
) -> Iterator[tuple[list[tuple[object, Entry]], tuple[int, int]]]:
    """Rows divided into files with the years they span; some rows stray, and some files are unsorted."""
    if not rows:
        return
    size = max(SMALLEST_FILE, min(ROWS_PER_FILE, -(-len(rows) // 5)))
    files = [rows[start : start + size] for start in range(0, len(rows), size)]
    if len(files) > 2:
        # One row in fifty of the second file is in the last one, years later.
        strays = [row for i, row in enumerate(files[1]) if i % 50 == 7]
        files[1] = [row for i, row in enumerate(files[1]) if i % 50 != 7]
        files[-1] = [*files[-1], *strays]
    for number, ordered in enumerate(files):
        order = random.permutation(len(ordered)) if number % 2 else range(len(ordered))
        file = [ordered[i] for i in order]
        years = sorted(
            int(ts[:4])
            for row, entry in file
            if entry.family is None and isinstance(row, dict) and isinstance(ts := row["ts"], str)
        )
        yield file, (years[0], years[-1]) if years else (0, 0)


def _history_name(generation: str, video: bool, index: int, span: tuple[int, int]) -> str:
    if generation == "endsong":
        return f"{'endvideo' if video else 'endsong'}_{index}.json"
    years = f"{span[0]}" if span[0] == span[1] else f"{span[0]}-{span[1]}"
    return f"Streaming_History_{'Video' if video else 'Audio'}_{years}_{index}.json"


def write_account(desk: Desk, number: int, last: date) -> None:
    """One zip of account data: the last year in minutes, one row per play, and much else."""
    end = midnight_ms(last) + DAY_MS
    covered = desk.plays.filter(
        pl.col("stamped_ms").is_between(end - ACCOUNT_DAYS * DAY_MS, end, closed="left")
    )
    zip_name = f"my_spotify_account_{number + 1}.zip"
    folder = "Spotify Account Data" if number else "MyData"
    members: list[Member] = []
    for name, make in dirt.UNRELATED_JSON.items():
        content = json.dumps(make(desk.personal), indent=2).encode()
        members.append((f"{folder}/{name}", content))
        desk.key.add(f"{zip_name}/{folder}/{name}", content, "not_data", dirt="unrelated account data")
    kinds = {"music": "account_music", "podcast": "account_podcast", "audiobook": "account_audiobook"}
    rows: dict[str, list[tuple[object, Entry]]] = {kind: [] for kind in kinds}
    for play in covered.iter_rows(named=True):
        kind, row = _account_row(play)
        rows[kind].append((row, Entry(play["play_id"])))
    for kind, recognised in kinds.items():
        name = f"StreamingHistory_{kind}_0.json" if number or kind != "music" else "StreamingHistory0.json"
        if not rows[kind]:
            continue
        content, _, oddity = dirt.json_file([row for row, _ in rows[kind]], 4 if number else 3, desk.random)
        members.append((f"{folder}/{name}", content))
        entries = [entry for _, entry in rows[kind]]
        desk.key.add(f"{zip_name}/{folder}/{name}", content, recognised, entries, oddity)
    desk.write_zip(zip_name, members)


def _account_row(play: Row) -> tuple[str, Row]:
    """Which file a play is in, and its row there. Some episodes are among the music, under their show."""
    end = f"{moment(play['stamped_ms']):%Y-%m-%d %H:%M}"
    names = play["album_artist"], play["title"]
    if play["content_type"] == "audiobook":
        row = {"endTime": end, "audiobookName": names[0], "chapterName": names[1]}
        return "audiobook", row | {"msPlayed": play["ms_played"]}
    if play["content_type"] == "podcast" and play["play_id"] % 4:
        row = {"endTime": end, "podcastName": names[0], "episodeName": names[1]}
        return "podcast", row | {"msPlayed": play["ms_played"]}
    artist, track = names[0] or "Unknown Artist", names[1] or "Unknown Track"
    return "music", {"endTime": end, "artistName": artist, "trackName": track, "msPlayed": play["ms_played"]}
