"""Erasing a listener from the lake: nothing of them is left, everything of the others is."""

import gzip
import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.lake import layout
from spotify_assets.lake.erasing import ERASED, erase_from_lake
from spotify_assets.lake.events import EventLake
from spotify_assets.lake.exclusions import add_exclusion, read_exclusions
from spotify_assets.lake.importing import ImportOptions, Outcome, import_path
from spotify_assets.lake.inbox import import_inbox, pending
from spotify_assets.lake.kept_out import Why
from spotify_assets.lake.profiles import Profile, read_profiles, write_profile
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.rows.window import Window
from spotify_assets.transforms.exclusions import Exclusion
from tests.lake.events import contents, event_rows
from tests.lake.exports import plays, write_json

GONE, OTHER = "gone-listener", "other-listener"
START = datetime(2021, 5, 30, 8)  # noqa: DTZ001
DAY = date(2021, 6, 1)
EVERYTHING = Window(date(2021, 1, 1), date(2022, 1, 1))
TODAY = date(2026, 11, 20)


def ours(number: int, user: str, **changes: object) -> dict[str, object]:
    """An event of our own."""
    return {
        "event_id": f"e{number}",
        "user_id": user,
        "started_at": "2021-06-01T12:00:00",
        "ended_at": "2021-06-01T12:03:00",
        "event_date": "2021-06-01",
        "action": "play",
        "ms_played": 180_000,
        "source": "stream",
        "content_type": "music",
    } | changes


def ndjson(*rows: dict[str, object]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_csv(*rows: dict[str, object]) -> bytes:
    header = ",".join(rows[0])
    return "\r\n".join([header, *(",".join(map(str, row.values())) for row in rows), ""]).encode()


@pytest.fixture
def settings(make_settings):
    return make_settings()


@pytest.fixture
def full(settings, tmp_path):
    """A lake with imports of both listeners, a shared import, and producers' files of every form."""
    for user, hours in ((GONE, 0), (OTHER, 1)):
        rows = [*plays(START.replace(hour=8 + hours), 20), {"ts": "never", "ms_played": 1}]
        path = write_json(tmp_path / f"{user}.json", rows)
        list(import_path(path, settings.lake_dir, ImportOptions(user, TODAY)))
        write_profile(settings.lake_dir, Profile(user, "Europe/Berlin"))
        add_exclusion(settings.exclusions_path, Exclusion(user_id=user, artist="Noise"))
    shared = tmp_path / "shared.ndjson"
    refused = [ours(8, GONE, ended_at="never"), ours(9, OTHER, ended_at="never")]
    shared.write_bytes(ndjson(ours(1, GONE), ours(2, OTHER), ours(3, GONE), *refused))
    list(import_path(shared, settings.lake_dir, ImportOptions("nobody", TODAY)))
    folder = layout.events_dir(settings.lake_dir, DAY)
    both = pl.concat([event_rows([datetime(2021, 6, 1, 5)], user=user) for user in (GONE, OTHER)])  # noqa: DTZ001
    both = both.with_columns(source_file=pl.lit("both"), source_row=pl.int_range(1, pl.len() + 1))
    layout.write_parquet(folder / "both.parquet", both)
    layout.write_parquet(folder / "only.parquet", both.head(1).with_columns(source_file=pl.lit("only")))
    layout.write_bytes(folder / "hour=12" / "a.ndjson", ndjson(ours(4, GONE), ours(5, OTHER)))
    layout.write_bytes(
        folder / "hour=12" / "b.ndjson.gz", gzip.compress(ndjson(ours(6, OTHER), ours(7, GONE)))
    )
    layout.write_bytes(folder / "hour=13" / "c.csv", as_csv(ours(10, GONE), ours(11, OTHER)))
    layout.write_bytes(folder / "hour=13" / "only.csv", as_csv(ours(12, GONE)))
    layout.write_bytes(
        folder / "hour=13" / "cut.ndjson", ndjson(ours(13, OTHER)) + ndjson(ours(14, GONE))[:47]
    )
    return settings


def rows_of(settings, user: str) -> pl.DataFrame:
    found = EventLake(settings.lake_dir).read(EVERYTHING)
    return found.rows.filter(pl.col("user_id") == user).sort("source_file", "source_row", "event_id")


def readable(folder: Path) -> str:
    """All that is in the files below a folder, unpacked."""
    parts = []
    for name, content in contents(folder).items():
        parts.append(name)
        if name.endswith(".parquet"):
            parts.append(pl.read_parquet(folder / name, hive_partitioning=False).write_ndjson())
        else:
            parts.append(
                (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8", "replace")
            )
    return "\n".join(parts)


def test_nothing_of_the_listener_is_left_and_all_of_the_others_is(full):
    assert rows_of(full, GONE).height > 0
    assert GONE in readable(full.lake_dir)
    before = rows_of(full, OTHER).drop("source_row")
    kept_receipt = next(r for r in read_receipts(full.lake_dir) if r.user_id == OTHER)

    erased = erase_from_lake(full, GONE)

    everything = readable(full.data_dir)
    assert GONE not in everything
    assert OTHER in everything
    after = rows_of(full, OTHER)
    assert after.drop("source_row").sort("event_id").equals(before.sort("event_id"))
    assert kept_receipt in read_receipts(full.lake_dir)
    assert [profile.user_id for profile in read_profiles(full.lake_dir)] == [OTHER]
    assert [rule.user_id for rule in read_exclusions(full.exclusions_path)] == [OTHER]
    assert erased.rows["exclusion rules"] == erased.rows["profile"] == erased.rows["receipts"] == 1
    assert DAY in erased.dates
    assert erased.rows["events of producers"] == 6 + 1
    assert erased.rows["imported events"] == 22


def test_the_receipt_of_a_shared_file_still_adds_up(full):
    erase_from_lake(full, GONE)
    [receipt] = [r for r in read_receipts(full.lake_dir) if r.kind == "events"]
    assert (receipt.rows_in, receipt.loaded, sum(receipt.rejected.values())) == (5, 1, 1)
    assert receipt.duplicates == {ERASED: 3}
    assert receipt.reconciles


def test_doing_it_again_removes_nothing_more(full):
    erase_from_lake(full, GONE)
    before = contents(full.data_dir)
    assert erase_from_lake(full, GONE).rows == {}
    assert contents(full.data_dir) == before


def test_originals_in_the_inbox_are_named_stay_and_do_not_come_back(settings):
    path = write_json(settings.inbox_dir / "endsong_0.json", plays(START, 3))
    list(import_inbox(settings, ImportOptions(GONE, TODAY)))
    erased = erase_from_lake(settings, GONE)
    assert erased.originals == [path]
    assert path.exists()
    assert pending(settings) == []
    [handed] = import_path(path, settings.lake_dir, ImportOptions(OTHER, TODAY))
    assert handed.files[0].outcome is Outcome.KEPT_OUT
    [handed] = import_path(path, settings.lake_dir, ImportOptions(OTHER, TODAY, lets_in=frozenset(Why)))
    assert handed.files[0].outcome is Outcome.LANDED


def test_a_listener_whom_nobody_knows(settings):
    assert erase_from_lake(settings, GONE).rows == {}
