"""Connected accounts by the clock: nothing without one, and runs that tell what they did."""

import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from spotify_assets.accounts.tokens import Account, TokenStore
from spotify_assets.automation.accounts import NOBODY, POLL, SNAPSHOT, account_jobs, account_schedules
from spotify_assets.instance.home import instance_of
from spotify_assets.lake import layout
from spotify_assets.settings import Settings
from tests.servers.spotify_api.server import CLIENT_ID, SpotifyApi, serving


@pytest.fixture
def api() -> Iterator[SpotifyApi]:
    with serving() as api:
        yield api


@pytest.fixture
def settings(api: SpotifyApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "instance"))
    return Settings(**api.settings(tmp_path / "data"), _env_file=None)


def connect(settings: Settings, api: SpotifyApi, name: str) -> None:
    token = {**api.grant(name), "expires_at": time.time() + 3_600}
    TokenStore(settings.tokens_dir).save(Account(name, CLIENT_ID, "2026-03-01"), token)


def tick(settings: Settings, name: str) -> dg.RunRequest | str:
    """What a schedule asks for, or why it asks for nothing."""
    schedule = next(each for each in account_schedules(settings) if each.name == name)
    with instance_of(settings) as instance:
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=datetime.now(UTC))
        found = schedule.evaluate_tick(context)
    return found.run_requests[0] if found.run_requests else str(found.skip_message)


def run(settings: Settings, name: str) -> dg.ExecuteInProcessResult:
    job = next(each for each in account_jobs(settings) if each.name == name)
    return job.execute_in_process(instance=dg.DagsterInstance.ephemeral())


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    (event,) = (event for event in result.all_events if event.is_successful_output)
    return {name: value.value for name, value in event.step_output_data.metadata.items()}


@pytest.mark.parametrize("name", [POLL, SNAPSHOT])
def test_without_an_account_nothing_is_asked_for(settings: Settings, api: SpotifyApi, name: str):
    assert tick(settings, name) == NOBODY
    assert run(settings, name).success
    assert api.calls == []
    assert not settings.accounts_dir.exists()


@pytest.mark.slow
def test_a_listener_is_asked_and_then_left_alone(settings: Settings, api: SpotifyApi):
    connect(settings, api, "anna")
    api.person("anna").played(round((time.time() - 600) * 1_000), 7)
    assert isinstance(tick(settings, POLL), dg.RunRequest)
    told = metadata(run(settings, POLL))
    assert (told["listeners"], told["plays"], told["calls"]) == (1, 1, 1)
    assert layout.landed_event_dates(settings.lake) != []
    assert tick(settings, POLL) == "It is no listener's turn yet."


def test_a_run_that_meets_a_limit_ends_green_and_says_what_is_left(settings: Settings, api: SpotifyApi):
    connect(settings, api, "anna")
    api.faults["/v1/"] = deque(["429:3600"])
    result = run(settings, POLL)
    assert result.success
    assert metadata(result)["plays"] == 0
    assert isinstance(tick(settings, POLL), dg.RunRequest)


def test_a_listener_who_is_to_connect_again_fails_no_run(settings: Settings, api: SpotifyApi):
    connect(settings, api, "anna")
    api.access.clear()
    api.refresh.clear()
    assert metadata(run(settings, POLL))["to connect again"] == 1


def test_snapshots_are_taken_of_what_was_heard(
    settings: Settings, api: SpotifyApi, monkeypatch: pytest.MonkeyPatch
):
    connect(settings, api, "anna")
    heard = ["track00000000000000007", "track00000000000000008"]
    monkeypatch.setattr("spotify_assets.warehouse.heard.heard_tracks", lambda _: heard)
    told = metadata(run(settings, SNAPSHOT))
    assert (told["tracks"], told["calls"], told["popularity not told"]) == (2, 6, 2)
    again = metadata(run(settings, SNAPSHOT))
    assert (again["calls"], again["calls saved"]) == (0, 2)
