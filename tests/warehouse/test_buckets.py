"""Rows in shares: written once, each in one of them, and nothing of it left behind."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import psutil  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.rows.share import HashedShares
from spotify_assets.rows.window import Window
from spotify_assets.warehouse import buckets, slices
from spotify_assets.warehouse import reader as readers
from spotify_assets.warehouse.buckets import PREFIX
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseMissingError
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices
from spotify_assets.warehouse.store import EVERYTHING, create_table, delete_rows, insert_rows
from spotify_assets.warehouse.upkeep import ABANDONED
from tests.examples import examples
from tests.warehouse.plays import BY_DAY, PLAYS, Warehouse, asset, day, failures, plays, window

Play = tuple[int, str, int, int | None]
"""Day of January 2025, track, plays, skips."""
TEN_DAYS: list[Play] = [
    (number, f"{'  ' * (number % 2)}track {number % 4}", number, None) for number in range(1, 11)
]
rows_of_plays = st.lists(
    st.tuples(
        st.integers(1, 9),
        st.sampled_from(["", " ", "a", " a", "a\xa0", "b", "it's", "é", "é "]),
        st.integers(0, 5),
        st.none() | st.integers(0, 5),
    ),
    max_size=20,
    unique_by=lambda row: row[:2],
)
spans = st.tuples(st.integers(1, 9), st.integers(1, 9)).map(lambda span: window(*sorted(span)))
ways = st.builds(
    HashedShares,
    st.just("track"),
    st.integers(1, 7),
    st.lists(st.sampled_from(["a", "é", "it's", ""]), max_size=2),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, duckdb.DuckDBPyConnection]]:
    database = Database(tmp_path_factory.mktemp("buckets") / "warehouse.duckdb")
    with database.writer() as connection:
        yield database, connection


@pytest.fixture(autouse=True, scope="module")
def few() -> Iterator[None]:
    """Three shares have buckets, of which two have one; rows are put there three at a time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(buckets, "SHARES_OF_A_TABLE", 2)
        patched.setattr(buckets, "SHARES_OF_A_BUCKET", 2)
        patched.setattr(buckets, "ROWS_AT_A_TIME", 3)
        yield


def stored(connection: duckdb.DuckDBPyConnection, rows: list[Play]) -> pl.DataFrame:
    create_table(connection, PLAYS)
    delete_rows(connection, PLAYS, EVERYTHING)
    insert_rows(connection, PLAYS, plays(rows), EVERYTHING, label="test")
    return plays(rows)


def filled(folder: Path) -> TableReader:
    database = Database(folder / "warehouse.duckdb", lock_timeout_seconds=0)
    with database.transaction() as connection:
        stored(connection, TEN_DAYS)
    return TableReader(database, PLAYS)


def left_in(folder: Path) -> list[str]:
    return [file.name for file in folder.glob(f"{PREFIX}*")]


def counted(reader: TableReader, asked: Window) -> pl.DataFrame:
    return reader.query(
        f"select * from {reader.relation(asked)} where event_date >= $start and event_date < $end", asked
    )


@pytest.mark.slow
@examples(60)
@given(rows_of_plays, spans, spans, ways)
def test_each_row_of_any_window_is_in_one_share_with_all_of_its_text(
    shared: tuple[Database, duckdb.DuckDBPyConnection],
    rows: list[Play],
    written: Window,
    asked: Window,
    shares: HashedShares,
) -> None:
    database, connection = shared
    frame = stored(connection, rows)
    reader = TableReader(database, PLAYS)
    inside = frame.filter(pl.col("event_date").is_between(asked.start, asked.end, closed="left"))
    for wanted, read in (
        (inside, lambda share: share.read(asked)),
        (inside, lambda share: counted(share, asked)),
        (frame, TableReader.read),
    ):
        parts = [read(share) for share in reader.in_shares(written, shares)]
        assert len(parts) == shares.of
        assert sorted(pl.concat(parts).rows()) == sorted(wanted.rows())
        texts = [set(part["track"].str.strip_chars()) for part in parts]
        assert sum(map(len, texts)) == len(set().union(*texts))
        assert not set(shares.together) & set().union(*texts[1:])


@pytest.mark.slow
def test_a_share_that_is_still_too_large_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    reader = filled(tmp_path)
    monkeypatch.setattr(readers, "MOST_ROWS", 3)
    monkeypatch.setattr(readers, "ROWS_AT_ONCE", 1)
    for share in reader.in_shares(window(1, 9), HashedShares("note", 3)):
        whole, pieces = share.read(window(2, 9)), list(share.pieces(window(2, 9), "track"))
        assert len(pieces) == max(1, whole.height)
        assert sorted(pl.concat(pieces).rows()) == sorted(whole.rows())
        texts = [set(piece["track"].str.strip_chars()) for piece in pieces]
        assert sum(map(len, texts)) == len(set().union(*texts))
    [whole] = reader.pieces(window(2, 9), "track")
    assert whole.height == 8


def test_the_rows_of_the_window_are_read_once(tmp_path: Path):
    reader = filled(tmp_path)
    found = 0
    for share in reader.in_shares(window(2, 9), HashedShares("track", 4), ["track", "event_date"]):
        with reader.warehouse.transaction() as connection:
            delete_rows(connection, PLAYS, EVERYTHING)
        found += share.read(columns=["track"]).height
    assert found == 8


def test_what_was_written_is_gone_at_the_end_and_when_it_is_closed(tmp_path: Path):
    reader = filled(tmp_path)
    shares = reader.in_shares(window(1, 9), HashedShares("track", 3))
    next(shares)
    [folder] = left_in(tmp_path)
    assert list((tmp_path / folder).glob("*.parquet"))
    shares.close()
    assert not left_in(tmp_path)
    assert len(list(reader.in_shares(window(1, 9), HashedShares("track", 3)))) == 3
    assert not left_in(tmp_path)


def test_what_a_killed_process_left_goes_with_the_next_one_a_day_later(tmp_path: Path):
    reader = filled(tmp_path)
    old, young = tmp_path / f"{PREFIX}old", tmp_path / f"{PREFIX}young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "0-0.parquet").touch()
    long_ago = time.time() - (ABANDONED + timedelta(minutes=1)).total_seconds()
    os.utime(old, (long_ago, long_ago))
    list(reader.in_shares(window(1), HashedShares("track", 2)))
    assert left_in(tmp_path) == [young.name]


def test_a_table_that_was_never_made_says_what_to_materialise(tmp_path: Path):
    database = Database(tmp_path / "warehouse.duckdb")
    with database.transaction():
        pass
    with pytest.raises(WarehouseMissingError, match="materialise asset core/plays first"):
        next(TableReader(database, PLAYS).in_shares(window(1), HashedShares("track", 2)))


@pytest.mark.parametrize("wrong", ["no more", "outside the slice"])
def test_a_share_that_fails_undoes_the_day_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
):
    monkeypatch.setattr(slices, "MOST_ROWS", 2)
    monkeypatch.setattr(slices, "ROWS_AT_ONCE", 3)
    reader = filled(tmp_path)
    warehouse = Warehouse(tmp_path / "other" / "warehouse.duckdb")
    before = plays([(1, "before", 1, 0)])
    warehouse.store(asset(before, **BY_DAY), **day(1))

    def make_shares(part: Window, of: int):
        for number, share in enumerate(reader.in_shares(part, HashedShares("track", of))):
            assert left_in(tmp_path)
            if number == 1 and wrong == "no more":
                raise ValueError(wrong)
            yield share.read(part if number == 0 else window(2, 9))

    returned = Slices.of([window(1)], lambda part: before, rows={window(1).start: 9}, make_shares=make_shares)
    attempt = warehouse.attempt(asset(returned, **BY_DAY), **day(1))
    assert wrong in failures(attempt)
    assert warehouse.plays() == [(1, "before", 1, 0)]
    assert not left_in(tmp_path)


def test_rows_are_put_into_buckets_while_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """When the first is written, memory does not yet hold the others."""
    rows = 1_000_000
    database = Database(tmp_path / "warehouse.duckdb")
    with database.transaction() as connection:
        create_table(connection, PLAYS)
        connection.execute(
            f"insert into {PLAYS.full_name} by name select date '2025-01-01' as event_date, "
            f"repeat('a long name ', 20) || range as track, range as plays from range({rows})"
        )
    process, held = psutil.Process(), list[int]()
    written = pl.DataFrame.write_parquet

    def noted(part: pl.DataFrame, file: Path, **options: Any) -> None:
        held.append(process.memory_info().rss)
        written(part, file, **options)

    monkeypatch.setattr(buckets, "ROWS_AT_A_TIME", 20_000)
    monkeypatch.setattr(pl.DataFrame, "write_parquet", noted)
    with database.reader() as connection:
        before = process.memory_info().rss
        shares = HashedShares("track", buckets.SHARES_OF_A_TABLE + 1)
        with buckets.in_buckets(connection, PLAYS, window(1), shares, PLAYS.column_names) as of_each:
            files = {file for share in of_each for file in share.files}
            assert pl.scan_parquet(sorted(files)).select(pl.len()).collect().item() == rows
    assert held[0] - before < 150e6 < rows * 240
