"""A run that has its slices made by Spark and commits them with their books, to be killed while it does."""

import sys
import time
from collections.abc import Callable
from datetime import date

import polars as pl

from spotify_assets.places import place_of
from spotify_assets.rows.cleaned import REJECTED_SCHEMA, Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.warehouse.books import Books
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.making import Maker
from spotify_assets.warehouse.on_spark import OnSpark
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices
from spotify_assets.warehouse.store import Predicate, create_table, delete_rows
from tests.cluster.driver import DAY
from tests.warehouse.plays import PLAYS, plays

DAYS = tuple(Window(date(2025, 1, day), date(2025, 1, day + 1)) for day in range(2, 8))
WRITTEN = Window(DAYS[0].start, DAYS[-1].end)


def made_from_first_day(reader: TableReader, number: int, seconds: float) -> Callable[[Window], Cleaned]:
    """Each day has the tracks of the first day, as many plays as a number says, and a refused row."""

    def make(window: Window) -> Cleaned:
        time.sleep(seconds)
        first = reader.read(DAY)
        rows = pl.concat(
            [
                plays([(day.day, track, number * 100 + day.day, None) for track in first["track"]])
                for day in window.days()
            ]
        )
        refused = [
            {"source_file": f"{number}", "source_row": 1, "reason": "bad", "detail": "-", "original": "{}"}
        ]
        rejected = pl.DataFrame(refused, schema=REJECTED_SCHEMA)
        return Cleaned(rows, rows.height + 1, rejected)

    return make


def write_days(warehouse: Warehouse, maker: Maker, number: int, seconds: float = 0.0) -> None:
    """Replace the days with their books, as the IO manager does; a slice takes so many seconds more."""
    reader = TableReader(maker.reads(warehouse), PLAYS)
    # Windows whose refused rows have no date are made one by one.
    slices, books = Slices.of(DAYS, made_from_first_day(reader, number, seconds)), Books(PLAYS)
    with maker.parts(slices, PLAYS, warehouse) as parts, warehouse.transaction() as connection:
        create_table(connection, PLAYS)
        delete_rows(connection, PLAYS, Predicate.window("event_date", WRITTEN))
        for part in parts:
            part.insert(connection, PLAYS)
            books.add(part.group, part.account)
        books.write(connection, WRITTEN)


if __name__ == "__main__":
    address, data, master, number, seconds = sys.argv[1:]
    lakehouse = Lakehouse(address, data, lock_timeout_seconds=60.0)
    maker = OnSpark(master, place_of(data) / "staged")
    write_days(lakehouse, maker, int(number), float(seconds))
