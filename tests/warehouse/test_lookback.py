"""Features by the history that DuckDB counts are those by a history that is held and counted plainly."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import generate_days
from spotify_assets.rows.window import Window
from spotify_assets.tables import LISTENING_EVENTS
from spotify_assets.transforms.events import listening_events
from spotify_assets.transforms.features import EVENT_COLUMNS, HISTORY_DAYS, model_features
from spotify_assets.transforms.tracks import clean_tracks
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.lookback import ListeningHistory
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows
from tests.transforms.before import Before

FIRST = date(2025, 3, 1)
DAYS = HISTORY_DAYS + 12


@pytest.fixture(scope="module")
def tracks() -> pl.DataFrame:
    rows = generate_catalogue(60, seed=5).with_columns(
        snapshot_date=pl.lit(FIRST), source_file=pl.lit("f"), source_row=pl.int_range(1, pl.len() + 1)
    )
    return clean_tracks(rows).tracks.rows


@pytest.fixture(scope="module")
def events(tracks: pl.DataFrame) -> pl.DataFrame:
    last = FIRST + timedelta(days=DAYS - 1)
    raw = pl.concat(rows for _, rows in generate_days(GeneratorConfig(users=6, seed=5), tracks, FIRST, last))
    return listening_events(raw, lambda _: raw.clear(), tracks).rows


@pytest.fixture(scope="module")
def reader(events: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TableReader]:
    database = Database(Path(tmp_path_factory.mktemp("history")) / "warehouse.duckdb")
    with database.transaction() as connection:
        create_table(connection, LISTENING_EVENTS)
        insert_rows(connection, LISTENING_EVENTS, events, EVERYTHING, label="all")
    yield TableReader(database, LISTENING_EVENTS)


@pytest.mark.parametrize("length", [1, 2, 7, HISTORY_DAYS + 2])
@pytest.mark.parametrize("carried", [0, 1, 3])
def test_features_do_not_depend_on_where_their_history_is_counted(
    events: pl.DataFrame, reader: TableReader, tracks: pl.DataFrame, length: int, carried: int
):
    window = Window(FIRST + timedelta(days=DAYS - length), FIRST + timedelta(days=DAYS))
    in_window = pl.col("event_date") >= window.start
    slice_ = events.filter(in_window).select(EVENT_COLUMNS)
    first = slice_["started_at"].arg_min()
    # One playback of the slice began so many days before it.
    slice_ = slice_.with_row_index().with_columns(
        started_at=pl.when(pl.col("index") == first)
        .then(pl.lit(window.start).cast(pl.Datetime("us")) - timedelta(days=carried) + timedelta(hours=9))
        .otherwise("started_at")
    )
    before = Before(events.filter(~in_window), window.start)
    plain = model_features(slice_.drop("index"), before, tracks)
    counted = model_features(slice_.drop("index"), ListeningHistory(reader, window), tracks)
    assert counted["user_plays"].max() > HISTORY_DAYS  # type: ignore[operator]
    assert_frame_equal(counted, plain)
