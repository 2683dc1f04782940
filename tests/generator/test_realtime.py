"""Live files: where they appear, when, how fast, and that the lake can read them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.generator import realtime
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.realtime import stream
from spotify_assets.sources.landed import read_landed
from spotify_assets.tables import RAW_EVENTS
from tests.generator.worlds import playbacks, small_catalogue

RATE, SECONDS = 12, 40
"""A rate has a population, which is most of what a stream costs."""


class FakeClock:
    """Time passes when somebody sleeps; remembers what was there to be seen before each nap."""

    def __init__(self, start: datetime, lake: Path) -> None:
        self.time = start
        self.lake = lake
        self.unfinished: list[Path] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.unfinished += [path for path in files(self.lake) if path.suffix != ".ndjson"]
        self.time += timedelta(seconds=seconds)


def files(lake: Path) -> list[Path]:
    return sorted(path for path in (lake / "listening_events").rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def streamed(tmp_path_factory) -> tuple[Path, FakeClock, int]:
    """A stream that runs over midnight."""
    lake = tmp_path_factory.mktemp("lake")
    clock = FakeClock(datetime(2026, 10, 1, 23, 59, 39, 400_000, tzinfo=UTC), lake)
    written = stream(GeneratorConfig(seed=2), small_catalogue(), lake, RATE, SECONDS, clock=clock)
    return lake, clock, written


def read(lake: Path) -> pl.DataFrame:
    landed = read_landed(files(lake), RAW_EVENTS, lake)
    assert landed.rejected.is_empty()
    return landed.rows


def test_the_rate_is_kept_and_time_passes(streamed):
    lake, clock, written = streamed
    assert written == read(lake).height
    assert RATE * SECONDS * 0.85 < written < RATE * SECONDS * 1.15
    assert clock.time == datetime(2026, 10, 2, 0, 0, 20, tzinfo=UTC)


def test_files_stand_in_the_folder_of_their_date_and_hour(streamed):
    lake, _, _ = streamed
    folders = {path.parent.relative_to(lake).as_posix() for path in files(lake)}
    assert folders == {
        "listening_events/date=2026-10-01/hour=23",
        "listening_events/date=2026-10-02/hour=00",
    }
    for path in files(lake):
        ended = pl.read_ndjson(path)["ended_at"].str.to_datetime()
        assert (ended.dt.strftime("date=%Y-%m-%d/hour=%H") == "/".join(path.parts[-3:-1])).all()
        assert ended.is_sorted()


def test_a_file_holds_one_second_and_appears_whole_after_it(streamed):
    lake, clock, _ = streamed
    assert clock.unfinished == []
    for path in files(lake):
        ended = pl.read_ndjson(path)["ended_at"].str.to_datetime()
        begin = datetime.strptime(path.stem.rsplit("-", 1)[1], "%Y%m%dT%H%M%S")  # noqa: DTZ007
        assert ended.is_between(begin, begin + timedelta(seconds=1), closed="left").all()


@pytest.mark.slow
def test_no_file_is_written_before_its_second_is_over(tmp_path, monkeypatch):
    monkeypatch.setattr(realtime, "PILOT_USERS", 2_000)
    early: list[Path] = []

    class Watching(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            limit = self.time - timedelta(seconds=1)
            early.extend(p for p in files(self.lake) if p.stem.rsplit("-", 1)[1] > f"{limit:%Y%m%dT%H%M%S}")

    clock = Watching(datetime(2026, 10, 1, 12, tzinfo=UTC), tmp_path)
    stream(GeneratorConfig(seed=2), small_catalogue(), tmp_path, 20, 5, clock=clock)
    assert early == []


def test_events_are_possible_and_marked_as_streamed(streamed):
    rows = read(streamed[0])
    assert rows.schema == RAW_EVENTS.polars_schema
    assert rows["source"].unique().to_list() == ["stream"]
    assert rows["event_id"].is_unique().all()
    plays = playbacks(rows)
    assert plays.filter(pl.col("started_at") < pl.col("ended_at").shift(1).over("user_id")).is_empty()


@pytest.mark.slow
def test_the_length_of_the_windows_made_ahead_changes_nothing(streamed, tmp_path, monkeypatch):
    lake, _, written = streamed
    monkeypatch.setattr(realtime, "WINDOW_SECONDS", 17)
    clock = FakeClock(datetime(2026, 10, 1, 23, 59, 39, 400_000, tzinfo=UTC), tmp_path)
    assert stream(GeneratorConfig(seed=2), small_catalogue(), tmp_path, RATE, SECONDS, clock=clock) == written
    assert [p.read_bytes() for p in files(tmp_path)] == [p.read_bytes() for p in files(lake)]


@pytest.mark.parametrize(("rate", "seconds"), [(0, 1), (-1, 1), (1, 0)])
def test_no_rate_or_no_time_is_refused(tmp_path, rate, seconds):
    with pytest.raises(ValueError, match="above 0"):
        stream(GeneratorConfig(), small_catalogue(), tmp_path, rate, seconds)
