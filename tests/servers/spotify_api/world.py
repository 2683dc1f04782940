"""Made-up people, tracks, albums and artists, all worked out from numbers: nothing is stored but plays."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime

TRACKS = 100_000
"""Tracks 0 to this exist; others are not there."""
_ALBUMS, _ARTISTS = 400, 90
GENRES = ("made pop", "made rock", "made folk", "made jazz")
KEPT_PLAYS = 50
"""The service keeps the last 50 plays of a person. Source: reference of `Get Recently Played Tracks`."""
Json = dict[str, object]


def id_of(kind: str, number: int) -> str:
    """The id of the n-th thing of a kind: 22 characters of base 62."""
    return f"{kind}{number:0{22 - len(kind)}d}"


def number_of(kind: str, written: str) -> int | None:
    """The number in an id; None where it is no id of a thing that exists."""
    digits = written.removeprefix(kind)
    most = {"track": TRACKS, "album": _ALBUMS, "artist": _ARTISTS}[kind]
    if len(written) != 22 or not digits.isdigit() or int(digits) >= most:
        return None
    return int(digits)


def duration_ms(track: int) -> int:
    """Length of a track, 2 to 5 minutes."""
    return 120_000 + track * 7_919 % 180_000


def _links(kind: str, number: int) -> Json:
    name = id_of(kind, number)
    return {
        "external_urls": {"spotify": f"https://open.example/{kind}/{name}"},
        "href": f"https://api.example/v1/{kind}s/{name}",
        "id": name,
        "type": kind,
        "uri": f"spotify:{kind}:{name}",
    }


def _simplified_artist(number: int) -> Json:
    return {**_links("artist", number), "name": f'Artist {number}; "the {number}th"'}


def artist(number: int, *, extended: bool) -> Json:
    """An artist; `extended` with what apps in development mode are not told."""
    more: Json = {
        "popularity": number % 101,
        "followers": {"href": None, "total": 1_000 * number + 7},
    }
    genres = [GENRES[number % len(GENRES)]] if number % 5 else []
    return {**_simplified_artist(number), "genres": genres, "images": [], **(more if extended else {})}


def _simplified_album(number: int) -> Json:
    year = 1990 + number % 35
    date, precision = (f"{year}-03-0{1 + number % 9}", "day") if number % 3 else (str(year), "year")
    return {
        **_links("album", number),
        "album_type": "single" if number % 4 == 0 else "album",
        "total_tracks": 1 + number % 12,
        "images": [],
        "name": f"Album {number}",
        "release_date": date,
        "release_date_precision": precision,
        "artists": [_simplified_artist(number % _ARTISTS)],
    }


def album(number: int, *, extended: bool) -> Json:
    """An album; `extended` with what apps in development mode are not told."""
    more: Json = {"popularity": number % 101, "label": f"Label {number % 7}"}
    return {**_simplified_album(number), "external_ids": {}, **(more if extended else {})}


def track(number: int, *, extended: bool) -> Json:
    """A track; `extended` with what apps in development mode are not told."""
    artists = [number % _ARTISTS, *([(number + 1) % _ARTISTS] if number % 6 == 0 else [])]
    return {
        **_links("track", number),
        "album": _simplified_album(number % _ALBUMS),
        "artists": [_simplified_artist(each) for each in artists],
        "disc_number": 1,
        "duration_ms": duration_ms(number),
        "explicit": number % 8 == 0,
        "external_ids": {"isrc": f"QZMAD25{number % 100_000:05d}"},
        "is_local": False,
        "name": f"Song {number}",
        "track_number": 1 + number % 12,
        **({"popularity": number % 101} if extended else {}),
    }


@dataclass
class Person:
    """Someone with an account: what they played, as (moment in ms since 1970, number of the track), in order.

    `listed` is when the service lists each play: a play is told at its end, whatever moment it is told with.
    """

    name: str
    plays: list[tuple[int, int]] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)

    def played(self, moment_ms: int, number: int, listed_ms: int | None = None) -> None:
        """Add a play, which is listed at the moment or later."""
        self.plays.append((moment_ms, number))
        self.listed.append(moment_ms if listed_ms is None else listed_ms)

    def kept(self, now_ms: int) -> list[tuple[int, int]]:
        """The plays that the service keeps at a moment, the newest first."""
        last = bisect_right(self.listed, now_ms)
        return sorted(self.plays[max(0, last - KEPT_PLAYS) : last], reverse=True)


def iso(moment_ms: int) -> str:
    """A moment as the API writes it."""
    moment = datetime.fromtimestamp(moment_ms / 1_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment_ms % 1_000:03d}Z"
