"""The inbox sensor and its job, on files as people drop them."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from spotify_assets.automation.inbox import INBOX_FILES, LAND_INBOX, inbox_sensor, land_inbox_job
from spotify_assets.instance.home import instance_of
from spotify_assets.lake.layout import landed_dates
from spotify_assets.settings import Settings

PLAY = {
    "ts": "2025-03-10T08:00:00Z",
    "platform": "android",
    "ms_played": 60_000,
    "conn_country": "DE",
    "master_metadata_track_name": "A song",
    "master_metadata_album_artist_name": "A band",
    "master_metadata_album_album_name": "An album",
    "spotify_track_uri": "spotify:track:" + "a" * 22,
    "reason_start": "clickrow",
    "reason_end": "trackdone",
    "shuffle": False,
    "skipped": False,
    "offline": False,
    "incognito_mode": False,
}


class Inbox:
    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.settings, self.instance = settings, instance
        self.definitions = dg.Definitions(
            jobs=[land_inbox_job(settings)], sensors=[inbox_sensor(settings)], executor=dg.in_process_executor
        )

    def drop(self, name: str, text: str, age_seconds: float = 60) -> Path:
        """Put a file there that was last written to so long ago."""
        path = self.settings.inbox_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        written = path.stat().st_mtime - age_seconds
        os.utime(path, (written, written))
        return path

    def tick(self) -> dg.RunRequest | str:
        """What the sensor asks for, or why it asks for nothing."""
        context = dg.build_sensor_context(self.instance, definitions=self.definitions)
        found = self.definitions.resolve_sensor_def(INBOX_FILES)(context)
        if isinstance(found, dg.RunRequest):
            return found
        assert isinstance(found, dg.SkipReason)
        return str(found.skip_message)

    def run(self, request: dg.RunRequest) -> bool:
        job = self.definitions.resolve_job_def(LAND_INBOX)
        return job.execute_in_process(
            instance=self.instance, tags=dict(request.tags), raise_on_error=False
        ).success


@pytest.fixture
def inbox(make_settings: Callable[..., Settings]) -> Iterator[Inbox]:
    settings = make_settings()
    with instance_of(settings) as instance:
        yield Inbox(settings, instance)


def test_a_dropped_export_is_landed_once_and_stays_where_it_is(inbox: Inbox):
    file = inbox.drop("Streaming_History_Audio_2025_0.json", json.dumps([PLAY]))
    request = inbox.tick()
    assert isinstance(request, dg.RunRequest)
    assert inbox.run(request)
    assert [str(day) for day in landed_dates(inbox.settings.lake_dir)] == ["2025-03-10"]
    assert file.exists()
    assert inbox.tick() == "Nothing new in the inbox."


def test_listeners_have_folders_of_their_own(inbox: Inbox):
    for number, listener in enumerate(("anna", "ben")):
        plays = [PLAY | {"ts": f"2025-03-10T08:0{number}:00Z"}]
        inbox.drop(f"{listener}/Streaming_History_Audio_2025_0.json", json.dumps(plays))
    request = inbox.tick()
    assert isinstance(request, dg.RunRequest)
    assert inbox.run(request)
    landed = pl.read_parquet(inbox.settings.lake_dir / "listening_events" / "**" / "*.parquet")
    assert sorted(landed["user_id"]) == ["anna", "ben"]
    assert inbox.tick() == "Nothing new in the inbox."


def test_a_file_that_is_still_written_waits(inbox: Inbox):
    inbox.drop("Streaming_History_Audio_2025_0.json", json.dumps([PLAY]), age_seconds=0)
    assert inbox.tick() == "Nothing new in the inbox."


def test_what_nobody_knows_is_moved_aside_with_the_reason(inbox: Inbox):
    inbox.drop("shopping.txt", "milk and eggs\n")
    request = inbox.tick()
    assert isinstance(request, dg.RunRequest)
    assert inbox.run(request)
    rejected = inbox.settings.inbox_dir / "rejected"
    assert {path.name for path in rejected.iterdir()} == {"shopping.txt", "shopping.txt.reason.txt"}
    assert inbox.tick() == "Nothing new in the inbox."


def test_no_second_run_while_one_is_landing(inbox: Inbox):
    inbox.drop("Streaming_History_Audio_2025_0.json", json.dumps([PLAY]))
    inbox.instance.create_run_for_job(inbox.definitions.resolve_job_def(LAND_INBOX))
    said = inbox.tick()
    assert isinstance(said, str)
    assert said.endswith("is landing files.")


@pytest.mark.slow
def test_a_run_that_fails_is_asked_for_again_a_bounded_number_of_times(inbox: Inbox):
    inbox.drop("Streaming_History_Audio_2025_0.json", json.dumps([PLAY]))
    inbox.settings.lake_dir.parent.mkdir(parents=True, exist_ok=True)
    inbox.settings.lake_dir.write_text("a file where the lake should be")
    first = inbox.tick()
    assert isinstance(first, dg.RunRequest)
    assert not inbox.run(first)
    second = inbox.tick()
    assert isinstance(second, dg.RunRequest)
    for _ in range(4):
        inbox.run(second)
    said = inbox.tick()
    assert isinstance(said, str)
    assert "5 runs left 1 files in the inbox" in said
