"""Days that are too large for memory are made in shares, and come out as they do in one piece."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from spotify_assets.lake.events import EventLake
from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.share import HashedShares, Share
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.warehouse import buckets, reader, slices
from spotify_assets.warehouse.buckets import PREFIX
from spotify_assets.warehouse.door import warehouse_of
from spotify_assets.warehouse.reader import TableReader
from tests.cluster import worlds

pytestmark = pytest.mark.slow

SHARED = ("raw.raw_events", "core.listening_events", "core.daily_track_metrics", "core.played_tracks")
SHARED_TOO = ("core.listening_hours", "ml.model_features")
OF_EVENTS = {f"core.listening_events by {name}" for name in ("user_id", "track_id", "track_key")}
BEFORE = ("raw.raw_tracks", "core.user_profiles")
DAYS = 3
SOME_DAYS = Window(worlds.FIRST, worlds.FIRST + timedelta(days=DAYS))
SECOND = worlds.FIRST + timedelta(days=1)
AGAIN = "a-told-again.parquet"
TOLD = 5
"""Events of a day that are told of two listeners."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of a few listeners, each day in three files, some rows of which come twice.

    On two days that follow each other some are told of two listeners.
    """
    folder = tmp_path_factory.mktemp("shares")
    worlds.write_world(folder / "data" / "raw", folder / "scratch", users=8)
    for file in list((folder / "data" / "raw").rglob("date=2025*/*.parquet")):
        if "events" in str(file):
            rows = pl.read_parquet(file, glob=False, hive_partitioning=False)
            rows = rows.drop("source_file", "source_row")  # else they say that they are another file's
            third = -(-rows.height // 3)
            for number in range(3):
                part = rows.slice(number * third, third + 5)  # five rows of the next part, too
                part.write_parquet(file.with_stem(f"{file.stem}-{number}"))
            file.unlink()
    for day in (worlds.FIRST, SECOND):
        tell_again(folder / "data", day)
    return folder / "data"


def made(lake: Path, folder: Path) -> Settings:
    settings = worlds.settings_of(folder / "data", lake_url=str(lake))
    keys = [dg.AssetKey(name.split(".")) for name in (*BEFORE, *SHARED, *SHARED_TOO)]
    tracks = [dg.AssetKey(["core", name]) for name in ("tracks", "artists", "track_artists", "track_genres")]
    assert worlds.make_tables(settings, window=SOME_DAYS, assets=[*keys, *tracks]).failures == {}
    return settings


@pytest.fixture(scope="module")
def whole(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return made(lake, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def in_shares(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Counter[str]]:
    """The same where sixty rows are too many, and how many shares were made of each table."""
    found: Counter[str] = Counter()
    in_shares, read_share = TableReader.in_shares, EventLake.read_share

    def noted(
        self: TableReader, window: Window, asked: HashedShares, columns: Sequence[str] | None = None
    ) -> Iterator[TableReader]:
        found[f"{self.table.full_name} by {asked.column}"] += asked.of
        return in_shares(self, window, asked, columns)

    def noted_of_lake(self: EventLake, window: Window, share: Share) -> Cleaned:
        found["the lake"] += 1
        return read_share(self, window, share)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "SHARES_OF_A_TABLE", 2)
        patch.setattr(buckets, "SHARES_OF_A_BUCKET", 2)
        patch.setattr(slices, "MOST_ROWS", 60)
        patch.setattr(slices, "ROWS_AT_ONCE", 30)
        patch.setattr(reader, "MOST_ROWS", 8)
        patch.setattr(reader, "ROWS_AT_ONCE", 4)
        patch.setattr(TableReader, "in_shares", noted)
        patch.setattr(EventLake, "read_share", noted_of_lake)
        return made(lake, tmp_path_factory.mktemp("shared")), found


def test_what_is_made_in_shares_is_what_is_made_in_one_piece(
    whole: Settings, in_shares: tuple[Settings, Counter[str]]
):
    shared, shares = in_shares
    assert set(shares) == {"the lake", "raw.raw_events by user_id", *OF_EVENTS}
    assert min(shares.values()) > 2 * DAYS
    assert not list(shared.warehouse_path.parent.glob(f"{PREFIX}*"))
    found, wanted = worlds.contents(warehouse_of(shared)), worlds.contents(warehouse_of(whole))
    for name, rows in wanted.items():
        if name != '"ops"."run_costs"':
            assert found[name] == rows, name
    duplicates = [row for row in wanted['"ops"."row_counts"'] if "same_event" in row]
    assert duplicates


def test_an_event_that_is_told_of_two_listeners_is_told_in_one_share(
    lake: Path, in_shares: tuple[Settings, Counter[str]]
):
    """On a day, and on the day before it: of both tellings one is an event."""
    rows = pl.concat(pl.read_parquet(file, hive_partitioning=False) for file in lake.rglob(AGAIN))
    told = rows["event_id"].unique()
    assert told.len() == 2 * TOLD
    with warehouse_of(in_shares[0]).reader() as connection:
        counts = dict(
            connection.execute(
                "select event_id, count(*) from core.listening_events where list_contains(?, event_id) "
                "group by all",
                [told.to_list()],
            ).fetchall()
        )
    assert counts == dict.fromkeys(told, 1)


def tell_again(lake: Path, day: date) -> None:
    """The first and the last events of a day once more, of somebody else: a file of the lake."""
    [folder] = {file.parent for file in lake.rglob("*.parquet") if f"/date={day}/" in str(file)}
    rows = pl.concat(
        pl.read_parquet(file, glob=False, hive_partitioning=False) for file in folder.iterdir()
    ).sort("ended_at")
    listeners = rows["user_id"].unique().sort()
    others = dict(zip(listeners, [*listeners[1:], listeners[0]], strict=True))
    of_another = pl.format("{} ", pl.col("user_id").replace_strict(others))
    told = pl.concat([rows.head(2), rows.tail(TOLD - 2)]).with_columns(user_id=of_another)
    told.write_parquet(folder / AGAIN)
