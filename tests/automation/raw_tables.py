"""The raw tables of a lake, written without an orchestrator."""

from spotify_assets.assets.raw import landed_tracks
from spotify_assets.automation.stale import stale
from spotify_assets.lake.events import EventLake
from spotify_assets.settings import Settings
from spotify_assets.tables import RAW_EVENTS, RAW_TRACKS
from spotify_assets.warehouse.books import Books
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.store import Predicate, create_table, delete_rows, insert_rows


def load(settings: Settings) -> None:
    """Bring the raw tables up to date for everything there is, as a run does."""
    everything = stale(settings).everything
    assert everything is not None
    with Database(settings.warehouse_path).transaction() as connection:
        landed = EventLake(settings.lake).read(everything), landed_tracks(settings, everything)
        for table, rows in zip((RAW_EVENTS, RAW_TRACKS), landed, strict=True):
            create_table(connection, table)
            books = Books(table)
            target = Predicate.window(str(table.partition_column), everything)
            delete_rows(connection, table, target)
            insert_rows(connection, table, rows.rows, target, label="all")
            books.add([everything], rows)
            books.write(connection, everything)
