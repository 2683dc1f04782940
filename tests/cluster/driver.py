"""A process that replaces a day and its books in a lakehouse, to be killed while it does."""

import sys
from datetime import date

from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.warehouse.books import Books
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.making import MadeHere
from spotify_assets.warehouse.store import Predicate, create_table, delete_rows
from tests.warehouse.plays import PLAYS, plays

DAY = Window(date(2025, 1, 1), date(2025, 1, 2))
ROWS = 20


def write(lakehouse: Warehouse, number: int, day: Window = DAY) -> None:
    """Replace a day by rows that all say a number, with their books, as the IO manager does."""
    rows = plays([(day.start.day, f"track {row}", number, 0) for row in range(ROWS)])
    part, books = MadeHere([day], Cleaned(rows, rows_in=ROWS)), Books(PLAYS)
    with lakehouse.transaction() as connection:
        create_table(connection, PLAYS)
        delete_rows(connection, PLAYS, Predicate.window("event_date", day))
        part.insert(connection, PLAYS)
        books.add(part.group, part.account)
        books.write(connection, day)


if __name__ == "__main__":
    write(Lakehouse(sys.argv[1], sys.argv[2], lock_timeout_seconds=60.0), int(sys.argv[3]))
