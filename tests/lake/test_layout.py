"""Which dates the lake has, by folders and by rows."""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.lake import layout
from spotify_assets.start_date import keep_partitions, outside, start_of, with_start
from tests.lake.events import chunk, event_rows, handed_in, land_events

OLD = [datetime(2014, 5, 17, 8), datetime(2014, 6, 2, 9), datetime(2014, 5, 17, 9)]  # noqa: DTZ001


def land(lake: Path, moments: list[datetime]):
    return land_events(handed_in(), [chunk(event_rows(moments))], lake)


def test_dates_of_a_file_are_those_of_its_rows_or_of_its_folder(tmp_path):
    receipt = land(tmp_path, OLD)
    dates = [layout.dates_of(tmp_path / name) for name in receipt.landed_files]
    assert dates == [[date(2014, 5, 17)], [date(2014, 6, 2)]]
    hourly = layout.events_dir(tmp_path, date(2025, 3, 1)) / "hour=07" / "part.ndjson"
    assert layout.dates_of(hourly) == [date(2025, 3, 1)]
    snapshot = layout.tracks_dir(tmp_path, date(2025, 3, 2)) / "part.parquet"
    assert layout.dates_of(snapshot) == [date(2025, 3, 2)]


def test_landed_dates_are_of_catalogues_producers_and_imports(tmp_path):
    land(tmp_path, OLD)
    layout.events_dir(tmp_path, date(2025, 3, 1)).mkdir(parents=True)
    layout.tracks_dir(tmp_path, date(2025, 3, 2)).mkdir(parents=True)
    assert layout.landed_dates(tmp_path) == [
        date(2014, 5, 17),
        date(2014, 6, 2),
        date(2025, 3, 1),
        date(2025, 3, 2),
    ]


def test_folders_that_are_none_of_ours_do_not_count(tmp_path):
    for name in ("date=soon", "date=2025-02-31", "month=2025-13", "month=x", "dated=2025-01-01"):
        (tmp_path / layout.EVENTS / name).mkdir(parents=True)
    assert layout.landed_dates(tmp_path) == []
    assert layout.first_date(tmp_path) is None


def test_partitions_begin_where_the_oldest_file_begins(make_settings):
    settings = make_settings()
    assert start_of(settings) == date(2025, 1, 1)
    layout.events_dir(settings.lake_dir, date(2025, 6, 5)).mkdir(parents=True)
    assert start_of(settings) == date(2025, 6, 5)
    land(settings.lake_dir, OLD)
    assert start_of(settings) == date(2014, 5, 17)
    assert with_start(settings).start_date == date(2014, 5, 17)
    assert start_of(make_settings(partition_grain="month")) == date(2014, 5, 1)


def test_a_start_stays_where_it_was_when_files_go(make_settings):
    settings = make_settings()
    folder = layout.events_dir(settings.lake_dir, date(2025, 6, 5))
    layout.events_dir(settings.lake_dir, date(2025, 6, 7)).mkdir(parents=True)
    folder.mkdir()
    keep_partitions(settings)
    folder.rmdir()
    assert start_of(settings) == date(2025, 6, 5)
    assert keep_partitions(settings) is None


@pytest.mark.parametrize(
    ("days", "made_before", "grain"), [(28, False, "day"), (731, False, "month"), (731, True, "day")]
)
def test_the_grain_is_chosen_once_for_the_first_files(make_settings, days, made_before, grain):
    settings = make_settings()
    first = date(2020, 1, 1)
    for day in (first, first + timedelta(days=days)):
        layout.events_dir(settings.lake_dir, day).mkdir(parents=True)
    if made_before:
        settings.warehouse_path.touch()
    words = keep_partitions(settings)
    assert words == f"Partitions are of a {grain} and begin on 2020-01-01."
    assert settings.grain == grain
    layout.events_dir(settings.lake_dir, first + timedelta(days=5_000)).mkdir(parents=True)
    assert keep_partitions(settings) is None
    assert settings.grain == grain


def test_an_empty_lake_keeps_nothing(make_settings):
    settings = make_settings()
    assert keep_partitions(settings) is None
    assert settings.kept_partitions is None


def test_a_start_that_was_set_stays(make_settings):
    settings = make_settings(start_date=date(2020, 1, 1))
    land(settings.lake_dir, OLD)
    assert start_of(settings) == date(2020, 1, 1)


@pytest.mark.parametrize(
    ("moments", "says"),
    [
        (OLD, "2 days of landed files, 2014-05-17 to 2014-06-02.*set it to 2014-05-01 or earlier"),
        ([datetime(2099, 1, 1)], "1 days of landed files, 2099-01-01 to 2099-01-01, lie in the future"),  # noqa: DTZ001
    ],
)
def test_what_lies_outside_the_partitions_is_told(make_settings, moments, says):
    settings = make_settings(start_date=date(2020, 1, 1))
    land(settings.lake_dir, moments)
    words = outside(settings)
    assert words is not None
    import re

    assert re.search(says, words)


def test_nothing_is_told_where_everything_lies_inside(make_settings):
    settings = make_settings()
    land(settings.lake_dir, OLD)
    assert outside(settings) is None


def test_dates_are_read_across_the_columns_of_versions(tmp_path):
    """Files of one lake come from versions that knew fewer columns, and from later ones."""
    older, newer = (
        land_events(handed_in(sha256=sha), [chunk(event_rows(OLD))], tmp_path)
        for sha in ("ab" * 32, "cd" * 32)
    )
    for receipt in (older, newer):
        for name in receipt.landed_files:
            path = tmp_path / name
            rows = pl.read_parquet(path, hive_partitioning=False)
            rows = rows.drop("reported_at") if receipt is older else rows.with_columns(later=1)
            layout.write_parquet(path, rows)
    assert layout.landed_event_dates(tmp_path) == [date(2014, 5, 17), date(2014, 6, 2)]


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:200])


def leads_nowhere(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.with_name("gone.parquet"))


def no_parquet(file: Path) -> None:
    file.write_text("event_date\n2014-05-17\n")


@pytest.mark.parametrize("damage", [cut, leads_nowhere, no_parquet])
def test_an_imported_file_that_cannot_be_read_keeps_the_dates_of_its_receipt(tmp_path, damage):
    """So that a run of those dates fails and names it, where all commands would fail before any run."""
    receipt = land(tmp_path, OLD)
    earlier = chunk(event_rows([datetime(2014, 5, 3, 8)]))  # noqa: DTZ001
    other = land_events(handed_in(sha256="f" * 64, source_file="other"), [earlier], tmp_path)
    assert layout.heard_and_reported(tmp_path) == set()
    damage(tmp_path / receipt.landed_files[0])
    found = layout.landed_event_dates(tmp_path)
    assert {date(2014, 5, 3), date(2014, 5, 17), date(2014, 6, 2)} <= set(found)
    assert set(found) <= {date(2014, 5, 3), date(2014, 6, 2), *(date(2014, 5, 17 + n) for n in range(15))}
    assert layout.first_date(tmp_path) == date(2014, 5, 3)
    assert layout.heard_and_reported(tmp_path) == set()
    assert layout.dates_of(tmp_path / other.landed_files[0]) == [date(2014, 5, 3)]
    layout.receipt_path(tmp_path, Path(receipt.landed_files[0]).stem).write_text("{}")
    assert layout.landed_event_dates(tmp_path) == [date(2014, 5, 3), date(2014, 6, 2)]
