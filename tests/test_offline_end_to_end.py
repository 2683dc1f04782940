"""Offline listening through the command line and the graph: where it was heard, once, at any grain; an older
lake is brought there by the commands that it is told."""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.lake.importing import ImportOptions, import_path
from tests.lake.exports import account_row, plays, write_json, write_zip
from tests.lake.test_redating import as_landed_before, offline
from tests.test_import_end_to_end import ANNA, RAW_AND_CORE, Person, in_folder

pytestmark = pytest.mark.slow

FLIGHT = datetime(2024, 3, 5, 11)  # noqa: DTZ001
LANDED = datetime(2024, 3, 6, 20)  # noqa: DTZ001
TWICE = datetime(2024, 2, 28, 16, 33, 47)  # noqa: DTZ001
SECONDS = 200
LISTENING = ("raw.raw_events", "core.listening_events", "core.daily_track_metrics", "core.listening_hours")


def flight(ts: datetime) -> list[dict[str, object]]:
    """Ten songs heard one right after the other."""
    starts = (FLIGHT + timedelta(seconds=SECONDS * n) for n in range(10))
    return [offline(n, began, ts) | {"ms_played": SECONDS * 1000} for n, began in enumerate(starts)]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flight, a song that was uploaded twice, days apart, and the account data of the same listening."""
    twice = [offline(77, TWICE, TWICE + timedelta(hours=hours), unit=1000) for hours in (2, 82)]
    folder = tmp_path_factory.mktemp("export")
    rows = [*flight(LANDED), *twice]
    write_zip(folder / "history.zip", {"Streaming_History_Audio_2024.json": rows})
    write_json(folder / "StreamingHistory_music_0.json", [account_row(row) for row in rows])
    return folder


def judged(person: Person) -> pl.DataFrame:
    events = person.table("core.listening_events").sort("started_at")
    assert events.height == 11
    assert events["started_at"].to_list() == [
        TWICE,
        *(FLIGHT + timedelta(seconds=SECONDS * n) for n in range(10)),
    ]
    assert events["event_date"].unique().sort().to_list() == [date(2024, 2, 28), date(2024, 3, 5)]
    on_flight = events.filter(pl.col("started_at") >= FLIGHT)
    assert on_flight["session_id"].n_unique() == 1
    hours = person.table("core.listening_hours").filter(pl.col("event_date") == FLIGHT.date())
    assert hours["ms_listened"].sum() == 10 * SECONDS * 1000
    assert hours["hour_starts_at"].unique().to_list() == [FLIGHT]
    return events


MONTHS = {"SPOTIFY_PARTITION_GRAIN": "month"}
DAYS = {"SPOTIFY_PARTITION_GRAIN": "day", "SPOTIFY_START_DATE": "2024-02-25"}


@pytest.mark.parametrize("grain", [MONTHS, DAYS], ids=["month", "day"])
def test_listening_stands_where_it_was_heard_and_counts_once(export, tmp_path_factory, grain):
    with in_folder(tmp_path_factory.mktemp("person"), **grain) as person:
        told = person.works("import", *map(str, sorted(export.iterdir())), "--user", ANNA)
        assert "12 rows tell of offline listening that was uploaded later" in told
        person.works("materialize", "--select", RAW_AND_CORE, "--to", "2024-03-10")
        judged(person)
        dropped = person.table("ops.duplicate_plays")
        assert sorted(dropped["reason"]) == ["same_playback_account_data"] * 12 + ["uploaded_again"]
        found = person.works("check", "--select", 'key:"core/listening_events"')
        assert "reported_after_heard" not in found


def test_an_older_lake_is_brought_to_the_tables_of_a_fresh_import(export, tmp_path_factory):
    with in_folder(tmp_path_factory.mktemp("fresh")) as fresh:
        fresh.works("import", *map(str, sorted(export.iterdir())), "--user", ANNA)
        fresh.works("materialize", "--select", RAW_AND_CORE)
        judged(fresh)
        expected = {name: fresh.table(name) for name in LISTENING}
    with in_folder(tmp_path_factory.mktemp("older")) as older:
        lake = older.settings.lake_dir
        for path in sorted(export.iterdir()):
            list(import_path(path, lake, ImportOptions(ANNA, date(2025, 1, 1))))
        as_landed_before(lake)
        told = older.works("materialize", "--select", RAW_AND_CORE)
        assert "spotify-assets migrate" in told
        assert older.table("core.listening_events")["reported_at"].null_count() == 11
        assert "would be written again" in older.works("migrate", "--dry-run")
        told = older.works("migrate")
        assert "12 rows of 1 imports now stand where they were heard" in told
        assert "backfill --again --from 2024-02-28 --to 2024-03-06" in told
        older.works(
            "backfill", "--again", "--from", "2024-02-28", "--to", "2024-03-06", "--select", RAW_AND_CORE
        )
        for name, rows in expected.items():
            assert older.table(name).equals(rows), name


def test_account_data_and_history_in_either_order_are_the_tables_of_both_at_once(tmp_path_factory):
    """The history has a burst without names, three weeks before its upload; the account data tell of the
    upload alone, with the names. Whichever comes later, both days are made again."""
    heard = LANDED - timedelta(weeks=3)
    rows = [offline(n, heard + n * timedelta(minutes=4), LANDED) for n in range(4)]
    before, after = plays(datetime(2024, 1, 5), 9), plays(datetime(2024, 4, 2), 9)  # noqa: DTZ001
    folder = tmp_path_factory.mktemp("handed_in")
    account = write_json(folder / "StreamingHistory_music_0.json", [account_row(row) for row in rows])
    nameless = [row | dict.fromkeys(name for name in row if name.startswith("master_")) for row in rows]
    history = write_json(folder / "Streaming_History_Audio_2024.json", [*before, *nameless, *after])
    tables: list[list[pl.DataFrame]] = []
    for steps in ([account, history],), ([account], [history]), ([history], [account]):
        with in_folder(tmp_path_factory.mktemp("person")) as person:
            for paths in steps:
                person.works("import", *map(str, paths), "--user", ANNA)
                person.works("backfill", "--select", RAW_AND_CORE)
            tables.append([person.table(name) for name in LISTENING])
    events = tables[0][1]
    assert events.height == 22
    assert events.filter(pl.col("reported_at").is_not_null())["track_name"].null_count() == 0
    for other in tables[1:]:
        for name, one, rows_of_other in zip(LISTENING, tables[0], other, strict=True):
            assert rows_of_other.equals(one), name
