"""What is wrong with real files: how often, and the pieces it is made of.

The kinds are those seen in real exports and catalogues; the rates are high enough that each kind occurs in a
corpus of a few thousand rows.
"""

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from faker import Faker

from spotify_assets.generator.answer_key import Entry, Family

MARK = "Priv4te"
"""Part of every personal text, so that a search finds what leaked."""


@dataclass(frozen=True)
class Rates:
    """How often each kind of dirt is planted, as a share of rows unless it says otherwise.

    One real export of 30,951 rows holds 0.8 % identical rows and 0.13 % near-duplicates.
    """

    identical: float = 0.008
    near_duplicate: float = 0.003
    broken: float = 0.007
    """Rows added that can be no playback."""
    number_as_text: float = 0.003
    other_time_shape: float = 0.003
    absent_keys: float = 0.25
    """Rows whose null keys are absent."""
    unknown_key: float = 0.01
    empty_reason: float = 0.01
    offline_seconds_and_ms_mixed: float = 0.10
    offline_zero: float = 0.05
    offline_null: float = 0.10
    offline_days_off: float = 0.02
    """Stamps that are none: days or years too early, or in the future. Only where `ts` is the end."""
    uploaded_again: float = 0.05
    """Offline plays that are uploaded once more, days later (109 of 2,029 in one real history)."""
    account_only: float = 0.001
    """Plays of the last year that the extended history lacks (3 of 5,366 in one real pair of exports)."""
    renamed: float = 0.02
    """Tracks that carry another name from some day on."""
    scrobbled_differently: float = 0.05
    """Scrobbles that spell a name in another case, form or spacing."""
    album_artist: float = 0.03
    """Tracks whose album has another artist, whom Spotify's exports name instead."""
    relinked: float = 0.02
    """Tracks that have another id in the newest extended history."""
    names_lost: float = 0.01
    """Tracks that have no names in the newest extended history, because they left the catalogue."""
    fractions: float = 0.005
    """Rows of the newest extended history that tell fractions of a second."""
    odd_files: bool = True
    """Whether files after the first of an export come cut, in other encodings and in other forms of JSON."""


AS_SENT = Rates(
    near_duplicate=0.0013,
    broken=0,
    number_as_text=0,
    other_time_shape=0,
    absent_keys=0,
    unknown_key=0,
    empty_reason=0,
    offline_seconds_and_ms_mixed=0,
    offline_days_off=0,
    uploaded_again=0,
    account_only=0,
    renamed=0,
    album_artist=0,
    relinked=0,
    names_lost=0,
    fractions=0,
    odd_files=False,
)
"""An extended history as Spotify sends it: with repeats, and with nothing that cannot be read."""


@dataclass(frozen=True)
class Personal:
    """Fake personal fields of one account, each with a mark by which a search finds it."""

    username: str
    name: str
    email: str
    addresses: tuple[str, ...]
    city: str
    region: str
    user_agent: str
    device_ids: tuple[str, ...]
    birthdate: str

    @classmethod
    def of(cls, seed: int) -> "Personal":
        """The fields that follow from a seed. Addresses are of the ranges reserved for documentation
        (RFC 5737, RFC 3849)."""
        fake = Faker("en_US")
        fake.seed_instance(seed)
        word = fake.last_name()
        return cls(
            username=f"{MARK}user{word.lower()}{seed}",
            name=f"{fake.first_name()} {MARK} {word}",
            email=f"{MARK.lower()}.{word.lower()}@example.org",
            addresses=(
                *(f"203.0.113.{number}" for number in fake.random_sample(range(10, 250), 4)),
                f"2001:db8:{fake.random_int(4096, 65535):x}::{fake.random_int(4096, 65535):x}",
            ),
            city=f"{MARK} {fake.city()}",
            region=f"{MARK}-{fake.state_abbr()}",
            user_agent=f"{MARK}Agent/8.5.{seed} Android/29 (SM-G9730)",
            device_ids=tuple(fake.unique.hexify("^" * 32) for _ in range(3)),
            birthdate="1987-03-14",
        )

    def values(self) -> tuple[str, ...]:
        """Every value that must not be found again; a birth date could be any date."""
        texts = (self.username, self.name, self.email, self.city, self.region, self.user_agent)
        return (*texts, *self.addresses, *self.device_ids)


PLATFORMS: dict[str, tuple[str, ...]] = {
    "mobile": (
        "iOS 14.4 (iPhone12,1)",
        "Android OS 10 API 29 (HUAWEI, ELE-L29)",
        "android",
        "ios",
        "Android-tablet OS 9 API 28 (samsung, SM-T510) {device_id}",
    ),
    "desktop": (
        "OS X 12.2.1 [x86 8]",
        "Windows 10 (10.0.19042; x64)",
        "windows",
        "osx",
        "linux",
        "Linux [x86-64 0]",
    ),
    "tablet": ("iOS 15.1 (iPad11,3)", "Android-tablet OS 11 API 30 (samsung, SM-T870)"),
    "web": (
        "WebPlayer (websocket RFC6455)",
        "web_player windows 10;chrome 120.0.0.0;desktop",
        "Partner amazon_salmon Amazon;Echo_Dot;{device_id};;tpapi",
        "Partner google cast_tv;Chromecast;{device_id};;cast",
        "not_applicable",
    ),
}
"""`platform` as exports write it, some with a device id inside."""

UNRELATED_JSON: dict[str, Callable[[Personal], object]] = {
    "Userdata.json": lambda p: {
        "username": p.username,
        "email": p.email,
        "country": "DE",
        "createdFromFacebook": False,
        "birthdate": p.birthdate,
        "gender": "female",
        "creationTime": "2014-05-01",
    },
    "Identity.json": lambda p: {"displayName": p.name, "firstName": p.name, "tasteMaker": False},
    "Follow.json": lambda p: {"followerCount": 3, "userIsFollowedBy": [p.username]},
    "Playlist1.json": lambda p: {
        "playlists": [{"name": f"of {p.name}", "lastModifiedDate": "2023-01-01", "items": []}]
    },
    "SearchQueries.json": lambda p: [
        {"platform": "IPHONE", "searchTime": "2023-05-01T10:00:00.1Z[UTC]", "searchQuery": p.city}
    ],
    "YourLibrary.json": lambda _: {
        "tracks": [
            {"artist": "TRUE", "album": "1", "track": "99", "uri": "spotify:track:0000000000000000000000"}
        ]
    },
    "Inferences.json": lambda _: {"inferences": ["1P_Custom_Music_Lovers"]},
    "Payments.json": lambda p: {"payment_method": f"VISA of {p.name}"},
}
"""Account files that come in the same zip and hold no plays."""

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<<>>\n%%EOF\n"
MACOS_COMPANION = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(40)

_DELETE = object()
_BROKEN: tuple[tuple[Family, str, object], ...] = (
    (Family.TIME, "ts", _DELETE),
    (Family.TIME, "ts", None),
    (Family.TIME, "ts", "soon"),
    (Family.TIME, "ts", "2023-02-30T10:00:00Z"),
    (Family.TIME, "ts", "1970-01-01T00:00:00Z"),
    (Family.TIME, "ts", "2199-01-01T00:00:00Z"),
    (Family.MS_PLAYED, "ms_played", _DELETE),
    (Family.MS_PLAYED, "ms_played", None),
    (Family.MS_PLAYED, "ms_played", "many"),
    (Family.MS_PLAYED, "ms_played", -30_000),
    (Family.MS_PLAYED, "ms_played", 10**30),
)
_NO_PLAYS: tuple[object, ...] = ("a text", 42, None, True, 3.5, "", {}, {"note": "nothing of the kind"})


def broken_playback(row: dict[str, object], number: int) -> tuple[object, Entry]:
    """The `number`-th way to break a row of the extended history so that it is no playback any more."""
    number %= len(_BROKEN) + len(_NO_PLAYS)
    if number >= len(_BROKEN):
        return _NO_PLAYS[number - len(_BROKEN)], Entry(family=Family.NOT_A_PLAY, dirt="no playback")
    family, key, value = _BROKEN[number]
    broken = {name: content for name, content in row.items() if name != key}
    if value is not _DELETE:
        broken[key] = value
    return broken, Entry(family=family, dirt=f"{key} {'absent' if value is _DELETE else value}")


def other_time_shape(ts: str, number: int) -> object:
    """The moment `YYYY-MM-DDTHH:MM:SSZ` as other exporters write it."""
    return (
        ts.replace("Z", "+00:00"),
        ts.replace("T", " ").removesuffix("Z"),
        ts.replace("Z", ".000Z"),
        ts.replace("T", " ").replace("Z", " UTC"),
    )[number % 4]


def spelt_differently(name: str | None, number: int) -> str | None:
    """A name as another service spells it: case, spacing, typographic apostrophe, decomposed accents."""
    if name is None:
        return None
    return (
        name.lower(),
        f" {name} ",
        name.replace("'", "’").replace(" ", "  ", 1),
        unicodedata.normalize("NFD", name),
    )[number % 4]


def json_file(rows: list[object], style: int, random: np.random.Generator) -> tuple[bytes, int | None, str]:
    """Rows as a JSON array in one of the ways found in the wild.

    Returns:
        The content; the number of complete rows where the file is cut, else None; what is odd about it.
    """
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    plain = "[" + ",".join(texts) + "]"
    kept = None
    match style % 8:
        case 1:
            content, oddity = plain.encode("utf-8-sig"), "bom"
        case 2:
            content, oddity = plain.encode("utf-16"), "utf-16"
        case 3:
            content = json.dumps(rows, indent=2).replace("\n", "\r\n").encode()
            oddity = "indented, crlf, escaped"
        case 4:
            content, oddity = ("[\n  " + ",\n  ".join(texts) + ",\n]\n").encode(), "trailing comma"
        case 5 if len(texts) > 2:
            kept = int(random.integers(len(texts) // 2, len(texts) - 1))
            half = texts[kept][: len(texts[kept]) // 2]
            content, oddity = ("[" + ",\n".join([*texts[:kept], half])).encode(), "cut off"
        case 6:
            content, oddity = ("\n".join(texts) + "\n").encode(), "one object a line"
        case _:
            content, oddity = plain.encode(), ""
    return content, kept, oddity
