"""One playback that files tell differently is one row with the names that any of them has, heard when it was
heard: through the command line and the graph, at either grain, every case a listener of one warehouse."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.lake.exports import account_row, play, write_json
from tests.lake.test_redating import Row, offline
from tests.test_import_end_to_end import RAW_AND_CORE, Person, in_folder

pytestmark = pytest.mark.slow

MOMENT = datetime(2024, 3, 1, 10, 3, 20)  # noqa: DTZ001
FLIGHT = datetime(2024, 3, 5, 11)  # noqa: DTZ001
LANDED = datetime(2024, 3, 6, 20)  # noqa: DTZ001
TWICE = datetime(2024, 2, 28, 16, 33, 47)  # noqa: DTZ001
SONG_MS = 200_000
SONG = timedelta(milliseconds=SONG_MS)
NO_NAMES = dict.fromkeys(f"master_metadata_{each}_name" for each in ("track", "album_artist", "album_album"))
HISTORY, ACCOUNT = "Streaming_History_Audio_2024.json", "StreamingHistory_music_0.json"
FEBRUARY, LAST = "2024-02-20", "2024-03-10"


def named(row: Row, title: str, artist: str, album: str = "Album") -> Row:
    return row | dict(zip(NO_NAMES, (title, artist, album), strict=True))


def local(moment: datetime, uri: str, **changes: object) -> Row:
    return play(moment, spotify_track_uri=f"spotify:local:{uri}") | NO_NAMES | changes


def local_files(folder: Path) -> None:
    demo = "The+Garage+Band:Demo+Tape:Basement+Song:181"
    rows = [
        local(MOMENT, demo),
        local(MOMENT + timedelta(minutes=10), demo, ms_played=181_000),
        local(MOMENT + timedelta(minutes=20), "Other+Folks::Rain%2FSun:200", ms_played=SONG_MS),
        named(play(MOMENT + timedelta(minutes=30), 1), "Known Song", "Known Artist"),
    ]
    write_json(folder / HISTORY, rows)


def relinked(folder: Path) -> None:
    """The newer export knows both tracks under other URIs."""
    moments = (MOMENT, MOMENT + timedelta(minutes=4))
    for name, first in (("old/endsong_0.json", 11), ("new/Streaming_History_Audio_2022.json", 21)):
        rows = [
            named(play(moment, first + n, ms_played=SONG_MS + 123), f"Relinked {n}", "Re")
            for n, moment in enumerate(moments)
        ]
        write_json(folder / name, rows)


def names_gone(folder: Path) -> None:
    row = named(play(MOMENT, 31, ms_played=200_123), "Gone Song", "Go", "A")
    write_json(folder / "old/b.json", [row])
    write_json(folder / "new/a.json", [row | NO_NAMES])


def nameless(folder: Path) -> None:
    """The history has ids alone, the account data names alone."""
    rows = [
        named(play(MOMENT, 41, ms_played=200_123), "Gone One", "Departed"),
        named(play(MOMENT + timedelta(minutes=4), 42, ms_played=187_456), "Gone Two", "Departed"),
    ]
    write_json(folder / HISTORY, [row | NO_NAMES for row in rows])
    write_json(folder / ACCOUNT, [account_row(row) for row in rows])


def local_and_account(folder: Path) -> None:
    row = local(MOMENT, "My+Band:Demo:My+Demo:181", ms_played=181_234)
    write_json(folder / HISTORY, [row])
    write_json(folder / ACCOUNT, [account_row(named(row, "My Demo", "My Band"))])


def album_artist(folder: Path) -> None:
    """The history has the album's artist, the scrobbles the track's."""
    later = MOMENT + timedelta(minutes=4)
    rows = [
        named(play(MOMENT, 51, ms_played=SONG_MS), "Theme of Rain", "Various Artists", "A Soundtrack"),
        named(play(later, 52, ms_played=SONG_MS), "Night Guest", "DJ Host", "Host Mix"),
    ]
    write_json(folder / HISTORY, rows)
    lines = ["uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"]
    for moment, artist, album, title in (
        (MOMENT - SONG, "Rain Composer", "A Soundtrack", "Theme of Rain"),
        (later - SONG, "Guest Singer", "Host Mix", "Night Guest"),
    ):
        uts = (moment - datetime(1970, 1, 1)) // timedelta(seconds=1)  # noqa: DTZ001
        lines.append(f'"{uts}","{moment:%d %b %Y, %H:%M}","{artist}","","{album}","","{title}",""')
    (folder / "lastfm.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def flight() -> list[Row]:
    """Ten songs one right after the other, uploaded at one moment."""
    return [offline(n, FLIGHT + n * SONG, LANDED) | {"ms_played": SONG_MS} for n in range(10)]


def offline_flight(folder: Path) -> None:
    write_json(folder / HISTORY, flight())


def uploaded_twice(folder: Path) -> None:
    twice = [
        offline(77, TWICE, TWICE + timedelta(hours=hours), unit=1000) | {"offline_timestamp": stamp}
        for hours, stamp in ((2, 1_709_138_027_412), (82, 1_709_138_027_412))
    ]
    write_json(folder / HISTORY, [*twice, *flight()])


CASES = (
    local_files,
    relinked,
    names_gone,
    nameless,
    local_and_account,
    album_artist,
    offline_flight,
    uploaded_twice,
)


@pytest.fixture(scope="module", params=["month", "day"])
def person(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    with in_folder(tmp_path_factory.mktemp("person")) as person, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPOTIFY_PARTITION_GRAIN", request.param)
        for case in CASES:
            folder = person.folder / case.__name__
            folder.mkdir()
            case(folder)
            person.works("import", str(folder), "--user", case.__name__)
        if request.param == "day":
            patch.setenv("SPOTIFY_START_DATE", FEBRUARY)
        person.works("materialize", "--select", RAW_AND_CORE, "--to", LAST)
        yield person


@pytest.fixture(autouse=True)
def no_settings_from_outside() -> None:
    """The module's fixture sets the environment itself."""


def heard(person: Person, case) -> pl.DataFrame:
    events = person.table("core.listening_events").sort("started_at")
    return events.filter(pl.col("user_id") == case.__name__)


def names(events: pl.DataFrame) -> list[tuple[str, str]]:
    return events.select("artist_name", "track_name").rows()


def dropped(person: Person, case) -> dict[str, int]:
    found = person.table("ops.duplicate_plays").filter(pl.col("user_id") == case.__name__)
    return Counter(found["reason"])


def test_local_files_count_and_show_what_their_uri_holds(person):
    events = heard(person, local_files)
    assert names(events) == [
        ("The Garage Band", "Basement Song"),
        ("The Garage Band", "Basement Song"),
        ("Other Folks", "Rain/Sun"),
        ("Known Artist", "Known Song"),
    ]
    assert events["ms_played"].to_list() == [180_000, 181_000, SONG_MS, 180_000]
    assert events["track_key"].n_unique() == 3


def test_a_relinked_track_is_one_playback(person):
    events = heard(person, relinked)
    assert events["track_name"].to_list() == ["Relinked 0", "Relinked 1"]
    assert events["track_id"].to_list() == [f"{11:022d}", f"{12:022d}"]
    assert dropped(person, relinked) == {"same_playback_extended_history": 2}


def test_a_playback_keeps_the_names_of_either_export(person):
    assert names(heard(person, names_gone)) == [("Go", "Gone Song")]
    assert dropped(person, names_gone) == {"same_event": 1}


def test_a_nameless_history_takes_the_names_of_the_account_data(person):
    events = heard(person, nameless)
    assert names(events) == [("Departed", "Gone One"), ("Departed", "Gone Two")]
    assert events["track_id"].to_list() == [f"{41:022d}", f"{42:022d}"]
    assert events["ended_at"].to_list() == [MOMENT, MOMENT + timedelta(minutes=4)]
    assert dropped(person, nameless) == {"same_playback_account_data": 2}


def test_a_local_file_is_one_playback_with_the_account_data(person):
    events = heard(person, local_and_account)
    assert names(events) == [("My Band", "My Demo")]
    assert events["source"].to_list() == ["extended_history"]


def test_the_album_artist_and_the_track_artist_are_one_playback(person):
    events = heard(person, album_artist)
    assert names(events) == [("Various Artists", "Theme of Rain"), ("DJ Host", "Night Guest")]
    assert events["started_at"].to_list() == [MOMENT - SONG, MOMENT + timedelta(minutes=4) - SONG]
    assert dropped(person, album_artist) == {"same_playback_lastfm": 2}


@pytest.mark.parametrize("case", [offline_flight, uploaded_twice])
def test_a_flight_is_listened_to_at_its_hour(person, case):
    events = heard(person, case).filter(pl.col("started_at") >= FLIGHT)
    assert events["started_at"].to_list() == [FLIGHT + n * SONG for n in range(10)]
    assert events["reported_at"].unique().to_list() == [LANDED]
    hours = person.table("core.listening_hours").filter(
        pl.col("user_id") == case.__name__, pl.col("event_date") >= date(2024, 3, 1)
    )
    assert hours["hour_starts_at"].to_list() == [FLIGHT]
    assert hours["ms_listened"].to_list() == [10 * SONG_MS]


def test_a_playback_that_was_uploaded_twice_counts_once(person):
    events = heard(person, uploaded_twice)
    assert events.height == 11
    assert events["started_at"][0] == TWICE
    assert dropped(person, uploaded_twice) == {"uploaded_again": 1}
