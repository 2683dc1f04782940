"""Recently played: every play once in the lake, whatever breaks between polls; what may be lost is said."""

import gzip
import json
from collections import deque
from datetime import UTC, date, datetime

import polars as pl
import pytest
from typer.testing import CliRunner

from spotify_assets import places
from spotify_assets.accounts.errors import AccountError
from spotify_assets.accounts.forgetting import forget_account
from spotify_assets.accounts.overruns import acknowledge, overruns
from spotify_assets.accounts.polling import MOST_PLAYS, Polled, poll
from spotify_assets.accounts.tokens import TokenStore
from spotify_assets.automation.accounts import account_problems
from spotify_assets.cli import app
from spotify_assets.lake import layout
from spotify_assets.lake.importing import ImportOptions, import_path
from spotify_assets.lake.layout import RECEIPTS
from spotify_assets.sources.landed import read_landed
from spotify_assets.tables import RAW_EVENTS
from tests.accounts.conftest import START, World
from tests.servers.spotify_api import world as made

MINUTE = 60_000
FIRST = round(START * 1_000)


def polled(world: World, **options: object) -> Polled:
    return poll(world.settings(), world.clock.timing, **options)  # type: ignore[arg-type]


def landed(world: World) -> pl.DataFrame:
    """The rows that the lake has, as the tables read them; each event once, as they keep it."""
    lake = world.settings().lake
    paths = [path for path in places.below(lake / layout.EVENTS) if layout.is_data(path.name)]
    read = read_landed(sorted(paths), RAW_EVENTS, lake)
    assert read.rejected.is_empty()
    return read.rows.unique("event_id").sort("user_id", "ended_at")


def play(world: World, name: str, *minutes: float, first_track: int = 0) -> None:
    for number, minute in enumerate(minutes):
        world.api.person(name).played(FIRST + round(minute * MINUTE), first_track + number)


def later(world: World, minutes: float) -> None:
    world.clock.seconds = START + minutes * 60


def test_plays_arrive_with_all_that_is_told(world: World):
    world.connect("anna")
    play(world, "anna", 10, 11.5)
    later(world, 20)
    assert polled(world).plays == 2
    rows = landed(world)
    assert rows["track_name"].to_list() == ["Song 0", "Song 1"]
    assert rows["track_id"].to_list() == [made.id_of("track", 0), made.id_of("track", 1)]
    assert rows["ended_at"].to_list() == [datetime(2026, 3, 1, 0, 10), datetime(2026, 3, 1, 0, 11, 30)]  # noqa: DTZ001
    assert rows["ms_played"].to_list() == [made.duration_ms(0), 90_000]
    assert set(rows["source"]) == {"web_api"}
    assert json.loads(rows["extra"][1]) == {"ms_played_from": "length", "isrc": "QZMAD2500001"}


def test_the_answer_itself_is_kept(world: World):
    world.connect("anna")
    play(world, "anna", 10)
    later(world, 20)
    polled(world)
    folder = layout.answers_dir(world.settings().lake_dir, "spotify", "recently_played", date(2026, 3, 1))
    (path,) = folder.iterdir()
    (line,) = gzip.decompress(path.read_bytes()).splitlines()
    kept = json.loads(line)
    assert kept["user_id"] == "anna"
    assert kept["answer"]["items"][0]["track"] == made.track(0, extended=False)


def test_each_play_is_written_once_and_nobody_is_asked_too_soon(world: World):
    world.connect("anna", "ben")
    play(world, "anna", 10)
    play(world, "ben", 12)
    later(world, 20)
    assert (polled(world).listeners, polled(world).resting) == (2, 2)
    later(world, 29)
    assert polled(world).resting == 2
    later(world, 51)
    found = polled(world)
    assert (found.listeners, found.plays) == (2, 0)
    assert landed(world).height == 2
    assert polled(world, all_now=True).listeners == 2
    assert polled(world, only="ben").listeners == 1


def test_a_play_that_is_listed_after_a_later_one_is_not_missed(world: World):
    """The one before is told with its end, and this one with its start, which lies before that."""
    world.connect("anna")
    play(world, "anna", 10)
    later(world, 12)
    polled(world)
    world.api.person("anna").played(FIRST + 10 * MINUTE - 2_000, 5, FIRST + 13 * MINUTE)
    later(world, 45)
    assert polled(world).plays == 1
    assert landed(world).height == 2


def test_who_is_listening_is_asked_sooner(world: World):
    world.connect("anna", "ben")
    play(world, "anna", 20)
    later(world, 30)
    polled(world)
    later(world, 39)
    assert polled(world).listeners == 0
    later(world, 41)
    assert polled(world).listeners == 1


def test_what_may_be_lost_is_said(world: World):
    world.connect("anna")
    play(world, "anna", 1)
    later(world, 2)
    polled(world)
    play(world, "anna", *range(3, 3 + MOST_PLAYS - 1))
    later(world, 60)
    assert polled(world).overrun == []
    play(world, "anna", *range(61, 61 + MOST_PLAYS + 3))
    later(world, 120)
    found = polled(world)
    assert (found.overrun, found.plays) == (["anna"], MOST_PLAYS)


def overrun(world: World) -> None:
    """Let Anna play more between two answers than the service keeps."""
    world.connect("anna")
    play(world, "anna", 1)
    later(world, 2)
    polled(world)
    play(world, "anna", *range(61, 61 + MOST_PLAYS + 3))
    later(world, 120)
    assert polled(world).overrun == ["anna"]


def history(world: World, first: date, last: date, user: str = "anna") -> None:
    """Import an export with one play on each of two days."""
    rows = [
        {
            "ts": f"{day}T12:00:00Z",
            "ms_played": 60_000,
            "master_metadata_track_name": "Song",
            "master_metadata_album_artist_name": "Artist",
            "spotify_track_uri": f"spotify:track:{made.id_of('track', 1)}",
        }
        for day in (first, last)
    ]
    path = world.folder / "Streaming_History_Audio_2026.json"
    path.write_text(json.dumps(rows))
    list(import_path(path, world.settings().lake, ImportOptions(user, today=last)))


def test_what_may_be_lost_is_broken_until_it_is_acknowledged(world: World):
    overrun(world)
    settings = world.settings()
    (problem,) = account_problems(settings)
    assert problem.title == "Plays of anna may be missing"
    assert problem.detail.startswith("From 2026-03-01 00:01 to 2026-03-01 01:04 UTC more was played")
    assert not problem.blocks
    assert acknowledge(settings, "ben") == 0
    assert acknowledge(settings, "anna") == 1
    assert account_problems(settings) == []
    later(world, 180)
    polled(world)
    assert account_problems(settings) == []


@pytest.mark.parametrize(
    ("first", "last", "user", "left"),
    [
        (date(2026, 2, 27), date(2026, 3, 2), "anna", 0),
        (date(2026, 2, 27), date(2026, 3, 1), "anna", 1),  # may end before the time does
        (date(2026, 3, 2), date(2026, 3, 3), "anna", 1),
        (date(2026, 2, 27), date(2026, 3, 2), "ben", 1),
    ],
)
def test_an_export_that_goes_beyond_it_mends_it(world: World, first: date, last: date, user: str, left: int):
    overrun(world)
    history(world, first, last, user)
    assert len(overruns(world.settings())) == left


def test_a_receipt_that_cannot_be_read_mends_nothing_and_breaks_nothing(world: World):
    overrun(world)
    folder = world.settings().lake_dir / RECEIPTS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "broken.json").write_text("no receipt")
    assert len(overruns(world.settings())) == 1


def test_the_command_acknowledges_once(world: World, monkeypatch: pytest.MonkeyPatch):
    overrun(world)
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(world.settings().data_dir))
    command = ["connect", "acknowledge", "--user", "anna"]
    first, again = (CliRunner().invoke(app, command) for _ in range(2))
    assert "plays of anna may be missing from 2026-03-01 00:01" in " ".join(first.stdout.split())
    assert "No plays of anna are known to be missing" in " ".join(again.stdout.split())
    assert (first.exit_code, again.exit_code) == (0, 0)


def test_who_is_forgotten_has_no_overrun(world: World):
    overrun(world)
    forget_account(world.settings(), "anna")
    assert overruns(world.settings()) == []


def test_a_listener_in_trouble_keeps_nobody_else_from_being_asked(world: World):
    world.connect("anna", "ben")
    play(world, "ben", 5)
    later(world, 10)
    store = TokenStore(world.settings().tokens_dir)
    anna = next(each for each in store.accounts() if each.user_id == "anna")
    store.save(anna, {"access_token": "gone", "refresh_token": "gone", "expires_at": START + 3_600})
    found = polled(world)
    assert found.plays == 1
    assert list(found.problems) == ["anna"]
    assert "connect spotify again" in found.problems["anna"]
    later(world, 60)
    assert polled(world).problems == {}  # not asked again today


def test_a_limit_ends_the_round_and_the_next_goes_on(world: World):
    world.connect("anna", "ben")
    play(world, "anna", 5)
    play(world, "ben", 5)
    later(world, 10)
    world.api.faults["/v1/"] = deque(["429:600"])
    found = polled(world)
    assert found.plays == 0
    assert found.left is not None
    assert found.left.startswith("2 listeners were not asked")
    later(world, 21)
    assert polled(world).plays == 2


def test_a_process_that_dies_between_lake_and_cursor_doubles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    world.connect("anna")
    play(world, "anna", 5, 9)
    later(world, 10)
    with monkeypatch.context() as patch:
        patch.setattr("spotify_assets.accounts.polling.json.dumps", _dies_for_lists)
        with pytest.raises(KeyboardInterrupt):
            polled(world)
    assert landed(world).height == 2
    assert polled(world).plays == 2
    assert landed(world).height == 2


def _dies_for_lists(value: object, **options: object) -> str:
    if isinstance(value, list):
        raise KeyboardInterrupt
    return json.JSONEncoder(**options).encode(value)  # type: ignore[arg-type]


def test_who_is_erased_while_being_asked_is_not_written(world: World, monkeypatch: pytest.MonkeyPatch):
    world.connect("anna")
    play(world, "anna", 5)
    later(world, 10)
    store = TokenStore(world.settings().tokens_dir)
    original = TokenStore.is_connected
    monkeypatch.setattr(
        TokenStore, "is_connected", lambda self, user: store.forget(user) and original(self, user)
    )
    polled(world)
    assert landed(world).is_empty()


def test_without_accounts_nothing_is_called_and_nothing_is_made(world: World):
    assert polled(world) == Polled()
    assert world.api.calls == []
    assert not world.settings().accounts_dir.exists()


def test_who_is_not_connected_is_told_how(world: World):
    with pytest.raises(AccountError, match="connect spotify --user carla"):
        polled(world, only="carla")


def test_plays_of_several_days_lie_in_their_folders(world: World):
    world.connect("anna")
    play(world, "anna", -30, -1, 3)
    later(world, 10)
    polled(world)
    assert layout.landed_event_dates(world.settings().lake) == [date(2026, 2, 28), date(2026, 3, 1)]
    assert datetime.fromtimestamp(START, UTC).date() == date(2026, 3, 1)
