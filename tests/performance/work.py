"""The pieces of work that are counted, each one that people wait for: small, and the same every time."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cached_property, partial
from itertools import count
from pathlib import Path

import polars as pl

from spotify_assets.generator.catalogue import generate_catalogue, write_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.dirt import AS_SENT
from spotify_assets.generator.exports import INBOX, Corpus, write_corpus
from spotify_assets.generator.listeners import write_days
from spotify_assets.generator.spotify_files import Export
from spotify_assets.generator.true_plays import Person
from spotify_assets.lake.events import EventLake
from spotify_assets.lake.importing import ImportOptions, Outcome, import_path
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import LISTENING_EVENTS, RAW_EVENTS, TRACKS, Table
from spotify_assets.transforms.events import listening_events
from spotify_assets.transforms.features import TRACK_COLUMNS, model_features
from spotify_assets.transforms.metrics import daily_track_metrics
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.lookback import ListeningHistory
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows
from tests.benchmarks.lakes import clean_catalogue

FIRST = date(2025, 3, 3)
SLICE = Window(FIRST + timedelta(days=2), FIRST + timedelta(days=4))
"""The days that are made; those before are their history."""
WHOLE = Window(FIRST, SLICE.end)
LISTENERS, CATALOGUED = 300, 1_000
"""Come to about 8,500 events in the slice."""
PLAYS = 2_000
"""Of the history that is imported."""
EXPORT = "history.zip"


class Work:
    """The pieces, over a folder that `prepare` has filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(data_dir=folder, _env_file=None)
        self.warehouse = Database(self.settings.warehouse_path, options={"threads": 1})
        self._stored = count()

    @property
    def pieces(self) -> Mapping[str, Callable[[], object]]:
        """The pieces by name, in the order in which a listener's rows pass them."""
        return {
            "import of an export": self.import_export,
            "landed files read": partial(self.landed, SLICE),
            "catalogue cleaned": self.catalogue,
            "events cleaned": self.events,
            "daily metrics counted": lambda: daily_track_metrics(self.slice_of_events),
            "features made": self.features,
            "a slice audited and stored": self.store_slice,
        }

    def prepare(self) -> None:
        """Lay down what the pieces read: a lake of four days, its tables, and a listener's export."""
        write_catalogue(self.settings.lake_dir, generate_catalogue(CATALOGUED, seed=1), FIRST, 1)
        tracks, last = self.catalogue(), WHOLE.end - timedelta(days=1)
        config = GeneratorConfig(users=LISTENERS, seed=1)
        write_days(config, tracks, self.settings.lake_dir, FIRST, last, workers=1)
        store(self.warehouse, RAW_EVENTS, self.landed(WHOLE))
        store(self.warehouse, TRACKS, tracks)
        store(self.warehouse, LISTENING_EVENTS, self.events(WHOLE))
        person = Person(last - timedelta(days=364), last, PLAYS, seed=1)
        whole = (Export(person.first, person.last),)
        corpus = Corpus(person, histories=whole, accounts=(), others=False, rates=AS_SENT)
        write_corpus(self.folder, corpus)
        (self.folder / INBOX / "my_spotify_data_1.zip").rename(self.folder / EXPORT)

    def import_export(self) -> None:
        """Land a listener's history in a lake where nothing is."""
        lake = self.folder / f"imported-{next(self._stored)}"
        outcomes = list(import_path(self.folder / EXPORT, lake, ImportOptions("ann", today=WHOLE.end)))
        assert Outcome.LANDED in {file.outcome for each in outcomes for file in each.files}

    def landed(self, window: Window) -> pl.DataFrame:
        """The raw events of some days, from their files."""
        return EventLake(self.settings.lake_dir).read(window).rows

    def catalogue(self) -> pl.DataFrame:
        """`core.tracks`, from the catalogue's file."""
        return clean_catalogue(self.settings, FIRST)

    def events(self, window: Window = SLICE) -> pl.DataFrame:
        """`core.listening_events` of some days, from the raw events."""
        raw, tracks = self._reader(RAW_EVENTS), self._reader(TRACKS)
        known = tracks.as_of(window, "track_id", ["track_id", "snapshot_date", "duration_ms"])
        return listening_events(raw.read(window), lambda days: raw.read(window.preceding(days)), known).rows

    def features(self) -> pl.DataFrame:
        """`ml.model_features` of the slice."""
        history = ListeningHistory(self._reader(LISTENING_EVENTS), SLICE)
        tracks = self._reader(TRACKS).as_of(SLICE, "track_id", TRACK_COLUMNS)
        return model_features(self.slice_of_events, history, tracks)

    def store_slice(self) -> None:
        """The slice's events into a warehouse where nothing is."""
        file = self.folder / f"stored-{next(self._stored)}.duckdb"
        store(Database(file, options={"threads": 1}), LISTENING_EVENTS, self.slice_of_events)

    @cached_property
    def slice_of_events(self) -> pl.DataFrame:
        """The slice of `core.listening_events`."""
        return self._reader(LISTENING_EVENTS).read(SLICE)

    def _reader(self, table: Table) -> TableReader:
        return TableReader(self.warehouse, table)


def store(warehouse: Database, table: Table, rows: pl.DataFrame) -> None:
    """Audit rows, and put them into a table that is made where it is missing."""
    with warehouse.transaction() as connection:
        create_table(connection, table)
        insert_rows(connection, table, rows, EVERYTHING, label="counted")
