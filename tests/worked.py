"""A published copy that models were trained for, files were imported into, and checks were run on.

The published world of `tests.conftest` has marts and no rows beside them; here are small planted ones, so
that what figures and pages say of them is known.
"""

import shutil
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from spotify_assets.assets.plots import skip_model_summary
from spotify_assets.settings import Settings
from spotify_assets.skip.model import train_skip_model
from spotify_assets.skip.report import skip_model_coefficients
from spotify_assets.skip.sampling import training_and_test
from spotify_assets.skip.training import ENTRY_COLUMNS, Registry, skip_ladder
from spotify_assets.tables import (
    CHECK_RESULTS,
    IMPORT_RECEIPTS,
    MODEL_REGISTRY,
    REJECTED_ROWS,
    ROW_COUNTS,
    SKIP_MODEL,
    SKIP_MODEL_COEFFICIENTS,
    SKIP_PREDICTIONS,
    TABLES,
    Table,
)
from spotify_assets.warehouse.incidents import Incident, write_incidents
from tests.skip.rows import DAYS, FIRST, IN_TEST, TEST_DAYS, feature_rows

CUTOFF = FIRST + timedelta(days=DAYS - 1)
OLDER_CUTOFF = CUTOFF - timedelta(days=1)
"""The ladder was climbed at the newer one only."""
MOMENT = datetime(2025, 4, 3, 6)  # noqa: DTZ001 - naive UTC
BROKEN = Incident(
    "run", "Failed: core__tracks for 2025-04-01", "the_disk is full", ("core/tracks",), "", "12ab34cd56", True
)
Row = Mapping[str, object]


def make_worked(published: Path, folder: Path) -> Path:
    """Copy a published data folder and plant the rows; returns the new data folder."""
    settings = Settings(data_dir=folder, _env_file=None)
    settings.processed_dir.mkdir(parents=True)
    shutil.copyfile(Settings(data_dir=published, _env_file=None).serving_path, settings.serving_path)
    with duckdb.connect(str(settings.serving_path)) as connection:
        for name, rows in {**_models(connection), **_operations()}.items():
            table = next(table for table in TABLES.values() if table.name == name)
            connection.register("planted", rows.select(table.column_names).to_arrow())
            connection.execute(f"insert into {table.full_name} by name select * from planted")
    write_incidents(settings.processed_dir, [BROKEN])
    return folder


def _models(connection: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    rows = feature_rows(1)
    empty = MODEL_REGISTRY.empty()
    made = skip_ladder(
        rows.filter(~IN_TEST),
        rows.filter(IN_TEST),
        Registry(lambda: empty.select(ENTRY_COLUMNS), lambda name: name),
        cutoff=CUTOFF,
        windows=training_and_test(CUTOFF, training_days=DAYS - TEST_DAYS, test_days=TEST_DAYS),
        sampled_from=rows.height,
    )
    complete = rows.with_columns(
        valence=pl.col("danceability").shuffle(seed=1), tempo=60 + 120 * pl.col("energy").shuffle(seed=2)
    )
    trained = [
        train_skip_model(complete, cutoff, training_days=DAYS - TEST_DAYS - 1, test_days=TEST_DAYS)
        for cutoff in (OLDER_CUTOFF, CUTOFF)
    ]
    known = connection.sql(
        "select track_id, popularity from marts.track_totals where popularity is not null order by track_rank"
    ).pl()
    return {
        **made,
        SKIP_MODEL.name: pl.concat(skip_model_summary(model) for model in trained),
        SKIP_MODEL_COEFFICIENTS.name: pl.concat(skip_model_coefficients(model) for model in trained),
        SKIP_PREDICTIONS.name: predictions(known),
    }


def predictions(known: pl.DataFrame) -> pl.DataFrame:
    """Planted rows of `ml.skip_predictions`: probabilities that rise by place, every third rare."""
    place = pl.int_range(pl.len())
    return known.select(
        pl.lit(CUTOFF).alias("cutoff_date"),
        "track_id",
        pl.lit(f"skip/gradient_boosting/{CUTOFF}").alias("model_id"),
        pl.when(place % 3 == 0).then(5).otherwise(20 + place).cast(pl.Int64).alias("playbacks"),
        (0.2 + 0.6 * place / pl.len()).alias("skip_probability"),
        (0.1 + 0.6 * place / pl.len()).alias("skip_rate"),
        "popularity",
    ).cast(SKIP_PREDICTIONS.polars_schema)


def _operations() -> dict[str, pl.DataFrame]:
    day, next_day = date(2025, 4, 1), date(2025, 4, 2)
    entries = {
        ("in", ""): 100,
        ("loaded", ""): 90,
        ("rejected", "missing_name"): 3,
        ("duplicate", "same_event"): 7,
    }
    books: list[Row] = [
        {
            "table_name": table,
            "slice_date": start,
            "slice_end": start + timedelta(days=1),
            "outcome": outcome,
            "reason": reason,
            # raw.raw_events lost a row of its second day
            "rows": rows - (table == "raw.raw_events" and start == next_day and outcome == "loaded"),
            "written_at": MOMENT,
        }
        for table in ("core.tracks", "raw.raw_events")
        for start in (day, next_day)
        for (outcome, reason), rows in entries.items()
    ]
    receipts: list[Row] = [
        {
            "receipt_id": name,
            "landed_at": MOMENT - timedelta(hours=age),
            "input_file": f"archive.zip/{name}.json",
            "input_sha256": "0" * 64,
            "kind": "extended_history",
            "target": "raw.raw_events",
            "first_date": day,
            "last_date": next_day,
            "outcome": outcome,
            "reason": reason,
            "rows": rows,
        }
        for age, name in enumerate(("newer", "older"))
        for (outcome, reason), rows in entries.items()
    ]
    refused: list[Row] = [
        {
            "table_name": "core.tracks",
            "slice_date": start,
            "source_file": "tracks.csv@0",
            "source_row": row,
            "reason": "missing_name",
            "detail": "the track has no name",
            "original": "{}",
        }
        for start in (day, next_day)
        for row in (1, 2, 3)
    ]
    evaluations = [
        ("unique_key", None, 0, 5),
        ("unique_key", day, 1, 0),  # of a slice, after the whole table failed
        ("ranges", day, 0, 4),
        ("ranges", day, 1, 0),  # mended
        ("ranges", next_day, 0, 2),  # not mended
        ("not_null", next_day, 0, 9),
        ("not_null", None, 1, 0),  # the whole table, after a slice failed
    ]
    results: list[Row] = [
        {
            "checked_at": MOMENT + timedelta(hours=hour),
            "table_name": "core.tracks",
            "check_name": check,
            "slice_date": slice_date,
            "passed": failing == 0,
            "severity": "ERROR",
            "failing_rows": failing,
            "detail": f"{failing} rows" if failing else "",
        }
        for check, slice_date, hour, failing in evaluations
    ]
    return {
        table.name: _frame(table, rows)
        for table, rows in (
            (ROW_COUNTS, books),
            (IMPORT_RECEIPTS, receipts),
            (REJECTED_ROWS, refused),
            (CHECK_RESULTS, results),
        )
    }


def _frame(table: Table, rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=table.polars_schema)
