"""spotify-assets recommend: the newest list, new tracks, what sounds alike, playlists, and refusals."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.lake.exclusions import add_exclusion
from spotify_assets.settings import Settings
from spotify_assets.tables import LISTENING_EVENTS, RECOMMENDATIONS, TRACKS
from spotify_assets.transforms.exclusions import Exclusion
from spotify_assets.warehouse.database import Database
from tests.recommend.rows import catalogue_of, track_id

OLDER, NEWEST = date(2026, 9, 29), date(2026, 9, 30)


def listed(cutoff: date, user: str, task: str, tracks: list[int]) -> list[tuple[object, ...]]:
    return [
        (cutoff, user, task, rank, track_id(track), 1.0, f"reason {track}")
        for rank, track in enumerate(tracks, start=1)
    ]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, make_settings: Callable[..., Settings]) -> Settings:
    """Two listeners, of whom one has lists of two cut-offs; tracks 1 to 8 sound louder and louder."""
    made = make_settings()
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(made.data_dir))
    made.processed_dir.mkdir(parents=True)
    tracks = catalogue_of(9, {number: number / 10 for number in range(9)})
    rows = [
        *listed(OLDER, "me", "next", [7]),
        *listed(NEWEST, "me", "next", [1, 2, 3]),
        *listed(NEWEST, "me", "new", [4, 5]),
    ]
    lists = pl.DataFrame(rows, schema=RECOMMENDATIONS.polars_schema, orient="row")
    heard = pl.DataFrame({"user_id": ["me", "me"], "track_id": [track_id(1), track_id(4)]})
    with Database(made.serving_path).transaction() as connection:
        for schema in ("marts", "ml", "core"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table marts.dim_user as select *, 'UTC' as time_zone, 'declared' as time_zone_source, "
            "date '2026-09-01' as first_listen_date, date '2026-09-30' as last_listen_date "
            "from (values ('me', 9), ('you', 3)) as known(user_id, listening_days)"
        )
        for table, frame in ((RECOMMENDATIONS, lists), (TRACKS, tracks), (LISTENING_EVENTS, heard)):
            connection.register("frame", frame)
            connection.execute(f"create table {table.full_name} as select * from frame")
            connection.unregister("frame")
    return made


def said(*arguments: str, fails: bool = False) -> str:
    result = CliRunner().invoke(app, ["recommend", *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == int(fails), result.output
    return " ".join(result.output.split())


def test_the_newest_list_is_shown_with_its_reasons(settings: Settings):
    shown = said("--user", "me")
    assert shown.index("Song 1") < shown.index("Song 2") < shown.index("Song 3")
    assert "reason 1" in shown
    assert "Song 7" not in shown
    new = said("--user", "me", "--new", "--limit", "1")
    assert "Song 4" in new and "Song 5" not in new


def test_what_is_excluded_since_the_list_was_made_is_left_out(settings: Settings):
    add_exclusion(settings.exclusions_path, Exclusion(user_id="me", track="song 2"))
    add_exclusion(settings.exclusions_path, Exclusion(user_id="you", track="song 1"))
    shown = said("--user", "me")
    assert "Song 1" in shown and "Song 2" not in shown and "Song 3" in shown


def test_what_sounds_like_a_track_comes_nearest_first_and_new_only_where_asked(settings: Settings):
    shown = said("--user", "me", "--like", "song 5", "--limit", "2")
    assert "Song 4" in shown and "Song 6" in shown
    new = said("--user", "me", "--new", "--like", f"spotify:track:{track_id(5)}", "--limit", "2")
    assert "Song 6" in new and "Song 4" not in new and "sounds like Song 5" in new


def test_playlists_hold_the_tracks_in_order(settings: Settings, tmp_path: Path):
    said("--user", "me", "-o", str(tmp_path / "x.m3u8"))
    assert (tmp_path / "x.m3u8").read_text().splitlines() == [
        "#EXTM3U",
        *(
            line
            for number in (1, 2, 3)
            for line in (f"#EXTINF:-1,Band - Song {number}", f"spotify:track:{track_id(number)}")
        ),
    ]
    said("--user", "me", "--new", "-o", str(tmp_path / "x.csv"))
    rows = pl.read_csv(tmp_path / "x.csv", glob=False)
    assert rows["uri"].to_list() == [f"spotify:track:{track_id(4)}", f"spotify:track:{track_id(5)}"]
    assert rows["reason"].to_list() == ["reason 4", "reason 5"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "whose? there are 2 listeners"),
        (("--user", "you"), "there is no list for you"),
        (("--user", "nobody"), "nobody"),
        (("--user", "me", "--like", "Song 55"), "Song 5"),
        (("--user", "me", "-o", "x.txt"), "x.txt: give the playlist a name in .m3u8 or .csv"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_line(settings: Settings, arguments: tuple[str, ...], says: str):
    assert says in said(*arguments, fails=True)
