"""From a connected account to the marts: plays and snapshots, then an export that tells of the same plays."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spotify_assets.accounts.tokens import Account, TokenStore
from spotify_assets.settings import Settings
from tests.e2e.server import run_cli
from tests.servers.spotify_api.server import CLIENT_ID, SpotifyApi, serving
from tests.servers.spotify_api.world import duration_ms, id_of

pytestmark = pytest.mark.slow

PLAYS = 12


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpotifyApi]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with serving() as api:
        yield api


def heard() -> list[tuple[datetime, int]]:
    """When each play ended and which track it was: one after the other, the last an hour ago."""
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    found = []
    for number in reversed(range(PLAYS)):
        found.append((moment, number % 7))
        moment -= timedelta(milliseconds=duration_ms(number % 7))
    return found[::-1]


def export(folder: Path, plays: list[tuple[datetime, int]]) -> Path:
    """The extended history of the same plays, the last of which was left early."""
    rows = [
        {
            "ts": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "platform": "android",
            "ms_played": duration_ms(song),
            "conn_country": "DE",
            "master_metadata_track_name": f"Song {song}",
            "master_metadata_album_artist_name": f'Artist {song}; "the {song}th"',
            "master_metadata_album_album_name": f"Album {song}",
            "spotify_track_uri": f"spotify:track:{id_of('track', song)}",
            "reason_start": "trackdone",
            "reason_end": "trackdone",
            "shuffle": False,
            "skipped": False,
            "offline": False,
            "incognito_mode": False,
        }
        for moment, song in plays
    ]
    path = folder / "Streaming_History_Audio_2026.json"
    path.write_text(json.dumps(rows))
    return path


def asked(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "data" / "processed" / "serving.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def plays_reach_the_marts(api: SpotifyApi, folder: Path, variables: dict[str, str]) -> None:
    """Fetch what Anna, who is connected, played, make the marts, and let an export win."""
    plays = heard()
    for number, (moment, song) in enumerate(plays):
        told = moment if number % 2 else moment - timedelta(milliseconds=duration_ms(song))
        api.person("anna").played(round(told.timestamp() * 1_000), song, round(moment.timestamp() * 1_000))

    run_cli(folder, "fetch", "spotify", "--only", "plays", variables=variables)
    selected = ("--select", 'not group:"ml"')
    run_cli(folder, "materialize", *selected, variables=variables)
    sources = "select source, count(*) from marts.fact_listens group by source"
    assert asked(folder, sources) == [("web_api", PLAYS)]

    fetched = run_cli(folder, "fetch", "spotify", "--only", "snapshots", variables=variables)
    assert "Landed 7 tracks" in fetched.stdout
    run_cli(folder, "materialize", *selected, variables=variables)
    popularity = "select track_id, popularity from marts.fact_track_popularity order by track_id"
    assert asked(folder, popularity) == [(id_of("track", song), song) for song in range(7)]
    of_artists = "select popularity, followers from marts.fact_artist_popularity order by popularity"
    assert asked(folder, of_artists) == [(artist, 1_000 * artist + 7) for artist in range(7)]
    described = "select count(*) from marts.dim_track_history where track_name like 'Song %' and is_current"
    assert asked(folder, described) == [(7,)]
    genres = "select count(*) from marts.bridge_track_genre"
    assert asked(folder, genres)[0][0] > 0

    run_cli(folder, "import", str(export(folder, plays)), "--user", "anna", variables=variables)
    run_cli(folder, "materialize", *selected, variables=variables)
    assert asked(folder, sources) == [("extended_history", PLAYS)]
    heard_ms = sum(duration_ms(song) for _, song in plays)
    assert asked(folder, "select sum(ms_played) from marts.fact_listens") == [(heard_ms,)]
    again = "select count(*) from ops.duplicate_plays where reason = 'same_playback_web_api'"
    assert asked(folder, again) == [(PLAYS,)]


def test_plays_and_snapshots_become_marts_and_the_export_wins(api: SpotifyApi, tmp_path: Path):
    api.extended = True
    given = {name: value for name, value in api.settings(tmp_path / "data").items() if value is not None}
    variables = {f"SPOTIFY_{name.upper()}": str(value) for name, value in given.items()}
    token = {**api.grant("anna"), "expires_at": time.time() + 3_600}
    TokenStore(Settings(**given).tokens_dir).save(Account("anna", CLIENT_ID, "2026-03-01"), token)
    plays_reach_the_marts(api, tmp_path, variables)
