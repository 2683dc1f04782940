"""The IO manager as Dagster uses it; what the stock one does wrong is proved to fail there."""

import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest
from dagster_duckdb_polars import DuckDBPolarsIOManager

from spotify_assets.rows.cleaned import REJECTED_DATE, REJECTED_SCHEMA, Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices
from spotify_assets.warehouse.store import create_table
from tests.warehouse.plays import (
    BY_DAY,
    IN_ONE_RUN,
    MOMENTS,
    PLAYS,
    TEXT_DATES,
    TOTALS,
    PlaysIOManager,
    Warehouse,
    asset,
    day,
    days,
    failures,
    instance_of_runs,
    metadata_of,
    plays,
    window,
)
from tests.warehouse.processes import another_process_can_write, held_open

MIDNIGHT = datetime.fromisoformat("2025-01-01T00:00:00")
EVENING = datetime.fromisoformat("2025-01-02T03:00:00")
"""UTC; in New York it is ten o'clock in the evening of the 1st."""
COLUMNS = [(column.name, column.type) for column in PLAYS.columns]


def trap(reason: str) -> pytest.MarkDecorator:
    """Run a test on our IO manager, and on the stock one, where one of its assertions must fail.

    Steps that must succeed on both use `Warehouse.store`, whose errors are not assertions.
    """
    fails = pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)
    return pytest.mark.parametrize(
        "warehouse",
        [
            pytest.param(PlaysIOManager, id="ours"),
            pytest.param(DuckDBPolarsIOManager, id="stock", marks=fails),
        ],
        indirect=True,
    )


@pytest.fixture
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse.duckdb", getattr(request, "param", PlaysIOManager))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with four rows on three days, for tests that leave it as it is."""
    warehouse = Warehouse(tmp_path_factory.mktemp("stored") / "warehouse.duckdb")
    rows = plays([(1, "a", 5, 1), (2, "a", 6, 2), (2, "b", 7, 0), (3, "a", 8, None)])
    warehouse.store(asset(rows, **IN_ONE_RUN), **days(1, 3))
    return warehouse


# What the stock IO manager does wrong


@trap("dagster#14091: it deletes, then inserts, without a transaction")
def test_a_failed_insert_leaves_the_partition_as_it_was(warehouse: Warehouse) -> None:
    warehouse.store(asset(plays([(1, "a", 5, 1)]), **BY_DAY), **day(1))
    bad = plays([(1, "a", 6, 2)]).with_columns(plays=pl.lit("six"))
    assert not warehouse.attempt(asset(bad, **BY_DAY), **day(1)).success
    assert warehouse.plays() == [(1, "a", 5, 1)]


@pytest.mark.slow
@trap("an exception leaves its connection open, and so the file locked")
def test_an_exception_leaves_no_lock(warehouse: Warehouse) -> None:
    warehouse.store(asset(plays([(1, "a", 5, 1)]), **BY_DAY), **day(1))
    bad = plays([(1, "a", 6, 2)]).with_columns(plays=pl.lit("six"))
    with pytest.raises((duckdb.Error, WarehouseError)) as kept:
        warehouse.store(asset(bad, **BY_DAY), **day(1))
    assert another_process_can_write(warehouse.path)
    assert kept.tb is not None  # as in a notebook or debugger, whoever keeps it keeps its frames


@trap("it inserts by position")
def test_columns_in_another_order_are_stored_by_name(warehouse: Warehouse) -> None:
    warehouse.store(asset(plays([(1, "a", 5, 1)]), **BY_DAY), **day(1))
    reordered = plays([(2, "a", 6, 2)]).select("event_date", "track", "skips", "plays", "note")
    warehouse.store(asset(reordered, **BY_DAY), **day(2))
    assert warehouse.plays() == [(1, "a", 5, 1), (2, "a", 6, 2)]


@trap("dagster#13098, dagster#17058: a new column fails after the delete")
def test_a_new_column_is_refused_before_anything_is_touched(warehouse: Warehouse) -> None:
    warehouse.store(asset(plays([(1, "a", 5, 1)]), **BY_DAY), **day(1))
    wider = plays([(1, "a", 6, 2)]).with_columns(country=pl.lit("SE"))
    assert not warehouse.attempt(asset(wider, **BY_DAY), **day(1)).success
    assert warehouse.plays() == [(1, "a", 5, 1)]


@trap("dagster#13287: an empty frame creates no table")
def test_an_empty_frame_becomes_an_empty_table(warehouse: Warehouse) -> None:
    warehouse.store(asset(plays([]), **BY_DAY), **day(1))
    stored = warehouse.sql(
        "select column_name, data_type from duckdb_columns() where table_name = 'plays' order by column_index"
    )
    assert stored == COLUMNS


@trap("an all-null first partition fixes the type of a column: INTEGER on DuckDB 1.5, NULL on 2.0")
def test_an_all_null_column_gets_its_type_from_the_catalogue(warehouse: Warehouse) -> None:
    nothing_noted = plays([(1, "a", 5, 1)]).with_columns(note=pl.lit(None))
    warehouse.store(asset(nothing_noted, **BY_DAY), **day(1))
    [(kind,)] = warehouse.sql("select data_type from duckdb_columns() where column_name = 'note'")
    assert kind == "VARCHAR"


@trap("rows outside the partition are inserted and never deleted")
def test_rows_outside_the_partition_do_not_pile_up(warehouse: Warehouse) -> None:
    warehouse.store(asset(plays([(2, "b", 7, 0)]), **BY_DAY), **day(2))
    stray = asset(plays([(1, "a", 5, 1), (2, "b", 7, 0)]), **BY_DAY)
    warehouse.attempt(stray, **day(1))
    assert warehouse.plays().count((2, "b", 7, 0)) == 1


@trap("a VARCHAR date compares as text with a moment, so a re-run deletes nothing")
@pytest.mark.parametrize("table", [PLAYS, TEXT_DATES], ids=["catalogued as DATE", "catalogued as VARCHAR"])
def test_a_date_stored_as_text_does_not_duplicate(warehouse: Warehouse, table: Any) -> None:
    rows = table.empty().clear(1).with_columns(event_date=pl.lit("2025-01-01"))
    if table is PLAYS:
        rows = rows.with_columns(track=pl.lit("a"), plays=pl.lit(1, pl.Int64))
    texts = asset(rows, table, **BY_DAY)
    warehouse.attempt(texts, **day(1))
    warehouse.attempt(texts, **day(1))
    if has_table(warehouse, table.name):
        [(stored,)] = warehouse.sql(f"select count(*) from {table.full_name}")
        assert stored <= 1


@trap("dagster#30171: bounds are formatted without their offset")
def test_a_day_of_another_time_zone_is_compared_in_utc(warehouse: Warehouse) -> None:
    new_york = dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-02-01", timezone="America/New_York")
    late = pl.DataFrame({"played_at": [EVENING], "track": ["a"]})
    evening = asset(late, MOMENTS, partitions_def=new_york, metadata={"partition_expr": "played_at"})
    warehouse.store(evening, **day(1))
    warehouse.store(evening, **day(1))
    assert warehouse.sql("from core.moments") == [(EVENING, "a")]


@trap("it has no handler for LazyFrame")
def test_a_lazy_frame_is_stored(warehouse: Warehouse) -> None:
    lazy = asset(plays([(1, "a", 5, 1)]).lazy(), **BY_DAY)
    assert "does not have a handler for type" not in failures(warehouse.attempt(lazy, **day(1)))
    assert warehouse.plays() == [(1, "a", 5, 1)]


@pytest.mark.slow
@trap("it opens the file for writing even to read")
def test_a_read_succeeds_beside_another_reader(warehouse: Warehouse, naps: list[float]) -> None:
    upstream = asset(plays([(1, "a", 5, 1)]), **BY_DAY)
    warehouse.store(upstream, **day(1))
    seen: list[pl.DataFrame] = []
    with held_open(warehouse.path, "read"):
        result = warehouse.attempt(upstream, reading(pl.DataFrame, seen), selection=["seen"], **day(1))
    assert "Could not set lock" not in failures(result)
    assert result.success
    assert seen[0].equals(plays([(1, "a", 5, 1)]))


@trap("it retries for 102 s even where the folder is missing")
def test_a_missing_folder_is_made(warehouse: Warehouse, naps: list[float], attempts: list[str]) -> None:
    warehouse.path = warehouse.path.parent / "new" / "folder" / "warehouse.duckdb"
    result = warehouse.attempt(asset(plays([(1, "a", 5, 1)]), **BY_DAY), **day(1))
    assert naps == []
    assert len(attempts) == 1
    assert result.success
    assert warehouse.plays() == [(1, "a", 5, 1)]


@trap("it retries for 102 s what waiting cannot help")
@pytest.mark.parametrize("obstacle", ["a file where the folder should be", "a folder", "another file format"])
def test_a_path_that_cannot_be_opened_fails_at_once(
    warehouse: Warehouse, naps: list[float], attempts: list[str], obstacle: str
) -> None:
    if obstacle == "a folder":
        warehouse.path.mkdir()
    else:
        warehouse.path.write_text("not a database\n" * 1000)
    if obstacle.startswith("a file"):
        warehouse.path /= "warehouse.duckdb"
    result = warehouse.attempt(asset(plays([(1, "a", 5, 1)]), **BY_DAY), **day(1))
    if result.success:
        raise RuntimeError("the obstacle is none")
    assert naps == []
    assert len(attempts) <= 1
    assert str(warehouse.path) in failures(result)


@trap("its metadata keys are not Dagster's")
def test_metadata_has_dagsters_keys(warehouse: Warehouse) -> None:
    warehouse.store(asset(plays([(1, "a", 5, 1)]), **BY_DAY), **day(1))
    result = warehouse.store(asset(plays([(2, "a", 6, 2), (2, "b", 7, 0)]), **BY_DAY), **day(2))
    [metadata] = metadata_of(result)
    schema = metadata.get("dagster/column_schema", dg.TableSchema([]))
    assert [(column.name, column.type) for column in schema.columns] == COLUMNS
    assert metadata["dagster/row_count"] == 3
    assert metadata["dagster/partition_row_count"] == 2
    assert metadata["dagster/table_name"] == "core.plays"


@trap("it writes durations, which it cannot read")
def test_a_duration_is_refused_with_what_to_store_instead(warehouse: Warehouse) -> None:
    lengths = plays([(1, "a", 5, 1)]).with_columns(skips=pl.duration(milliseconds=1))
    result = warehouse.attempt(asset(lengths, **BY_DAY), **day(1))
    assert not result.success
    assert "Durations are stored as integer milliseconds" in failures(result)


# What it stores


@pytest.mark.slow
def test_a_rerun_replaces_its_partition_and_no_other(warehouse: Warehouse) -> None:
    warehouse.store(asset(plays([(1, "a", 5, 1), (1, "b", 2, 0)]), **BY_DAY), **day(1))
    warehouse.store(asset(plays([(2, "a", 6, 2)]), **BY_DAY), **day(2))
    warehouse.store(asset(plays([(1, "a", 9, 9)]), **BY_DAY), **day(1))
    assert warehouse.plays() == [(1, "a", 9, 9), (2, "a", 6, 2)]


def test_an_unpartitioned_table_is_replaced_as_a_whole(warehouse: Warehouse) -> None:
    totals = plays([(1, "a", 5, 1), (1, "b", 2, 0)]).drop("event_date")
    warehouse.store(asset(totals, TOTALS))
    result = warehouse.store(asset(totals.head(1), TOTALS))
    assert warehouse.sql("select track, plays from core.totals") == [("a", 5)]
    [metadata] = metadata_of(result)
    assert metadata["dagster/row_count"] == 1
    assert "dagster/partition_row_count" not in metadata


@pytest.mark.parametrize(
    ("definition", "key"),
    [
        (dg.StaticPartitionsDefinition(["a", "b"]), "a"),
        (dg.DynamicPartitionsDefinition(name="tracks"), "a"),
        (
            dg.MultiPartitionsDefinition(
                {
                    "day": dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-02-01"),
                    "track": dg.StaticPartitionsDefinition(["a", "b"]),
                }
            ),
            dg.MultiPartitionKey({"day": "2025-01-01", "track": "a"}),
        ),
    ],
)
def test_partitions_that_are_no_windows_of_time_are_refused(
    warehouse: Warehouse, definition: dg.PartitionsDefinition, key: str
) -> None:
    warehouse.store(asset(plays([(1, "a", 5, 1)]), **BY_DAY), **day(1))
    kept = asset(plays([(1, "b", 5, 1)]), partitions_def=definition, metadata={"partition_expr": "track"})
    instance_of_runs().add_dynamic_partitions("tracks", ["a"])
    result = warehouse.attempt(kept, partition_key=key)
    assert f"core.plays has {type(definition).__name__}: a partition of a table is a window" in failures(
        result
    )
    assert warehouse.plays() == [(1, "a", 5, 1)]


def test_narrower_numbers_and_categories_are_widened(warehouse: Warehouse) -> None:
    narrow = plays([(1, "a", 5, 1)]).with_columns(
        pl.col("plays").cast(pl.UInt8), pl.col("skips").cast(pl.Int32), pl.col("track").cast(pl.Categorical)
    )
    warehouse.store(asset(narrow, **BY_DAY), **day(1))
    assert warehouse.plays() == [(1, "a", 5, 1)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: rows.with_columns(extra=pl.lit(1)), "extra is unknown"),
        (lambda rows: rows.drop("note"), "note is missing"),
        (lambda rows: rows.with_columns(plays=pl.lit(1.0)), "plays is Float64, the catalogue says Int64"),
        (lambda rows: rows.with_columns(plays=pl.lit(1, pl.UInt64)), "plays is UInt64"),
        (lambda rows: rows.with_columns(event_date=pl.lit("2025-01-01")), "event_date is String"),
        (lambda rows: rows.with_columns(event_date=date(2025, 1, 2)), "1 rows lie outside the slice"),
        (lambda rows: rows.with_columns(event_date=pl.lit(None)), "1 rows lie outside the slice"),
        (lambda rows: rows.with_columns(plays=pl.lit(-1)), "ranges (plays is below 0: 1 rows)"),
        (lambda rows: rows.with_columns(track=pl.lit(None)), "not_null (track is null: 1 rows)"),
        (lambda rows: pl.concat([rows, rows]), "unique_key ((event_date, track) repeats: 1 rows)"),
        (lambda rows: rows.to_dicts(), "not list"),
        (lambda rows: None, "not NoneType"),
    ],
)
def test_what_does_not_belong_is_refused_by_name_and_nothing_changes(
    stored: Warehouse, change: Any, says: str
) -> None:
    before = stored.plays(), stored.books()
    result = stored.attempt(asset(change(plays([(1, "a", 9, 9)])), **BY_DAY), **day(1))
    assert says in failures(result)
    assert "core.plays" in failures(result)
    assert "Nothing was written" in failures(result)
    assert (stored.plays(), stored.books()) == before


def test_a_table_that_is_not_in_the_catalogue_is_refused(warehouse: Warehouse) -> None:
    @dg.asset(key=["core", "surprise"])
    def surprise() -> pl.DataFrame:
        return plays([])

    result = warehouse.attempt(surprise)
    assert "asset core/surprise is not in the table catalogue: declare core.surprise there" in failures(
        result
    )


def test_a_stored_table_that_differs_from_the_catalogue_is_left_alone(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(
            "create schema core; create table core.plays as select date '2025-01-01' event_date"
        )
    result = warehouse.attempt(asset(plays([(1, "a", 5, 1)]), **BY_DAY), **day(1))
    assert "core.plays in the warehouse is not the table of the catalogue: track is missing" in failures(
        result
    )
    assert warehouse.sql("from core.plays") == [(date(2025, 1, 1),)]


@pytest.mark.slow
def test_a_column_that_is_new_in_the_catalogue_is_added_by_the_write_or_not_at_all(tmp_path: Path) -> None:
    older = replace(PLAYS, columns=tuple(c for c in PLAYS.columns if c.name != "note"))
    with Database(tmp_path / "w.duckdb").transaction() as connection:
        create_table(connection, older)
        connection.execute("insert into core.plays values ('2025-01-01', 'a', 5, 1)")
    warehouse = Warehouse(tmp_path / "w.duckdb")
    outside = asset(plays([(3, "a", 6, 2)]), **BY_DAY)
    assert not warehouse.attempt(outside, **day(2)).success
    assert "note" not in warehouse.sql("select list(column_name) from (describe core.plays)")[0][0]
    warehouse.store(asset(plays([(2, "b", 6, 2)]).with_columns(note=pl.lit("new")), **BY_DAY), **day(2))
    assert warehouse.sql("select track, note from core.plays order by all") == [("a", None), ("b", "new")]


def test_a_time_partition_of_a_text_column_is_an_error(warehouse: Warehouse) -> None:
    rows = pl.DataFrame({"event_date": ["2025-01-01"], "plays": [1]})
    result = warehouse.attempt(asset(rows, TEXT_DATES, **BY_DAY), **day(1))
    assert "core.text_dates.event_date is VARCHAR: a time partition needs a DATE or" in failures(result)


def test_hours_of_a_date_column_are_an_error(warehouse: Warehouse) -> None:
    hours = dg.HourlyPartitionsDefinition("2025-01-01-00:00", end_date="2025-01-03-00:00")
    hourly = asset(plays([(1, "a", 5, 1)]), partitions_def=hours)
    for key in ("2025-01-01-10:00", "2025-01-01-23:00"):
        result = warehouse.attempt(hourly, partition_key=key)
        assert "partitions that do not start at midnight need a TIMESTAMP column" in failures(result)


@pytest.mark.slow
def test_hours_of_a_moment_are_stored(warehouse: Warehouse) -> None:
    hours = dg.HourlyPartitionsDefinition("2025-01-01-00:00", end_date="2025-01-03-00:00")
    for hour in (10, 11, 10):
        rows = pl.DataFrame({"played_at": [MIDNIGHT + timedelta(hours=hour, minutes=59)], "track": ["a"]})
        warehouse.store(asset(rows, MOMENTS, partitions_def=hours), partition_key=f"2025-01-01-{hour:02}:00")
    assert warehouse.sql("select hour(played_at) from core.moments order by 1") == [(10,), (11,)]


# What it loads


def reading(kind: Any, seen: list[Any], **arguments: Any) -> dg.AssetsDefinition:
    """An asset `seen` that keeps what it receives of `core.plays`."""
    arguments = {"partitions_def": BY_DAY["partitions_def"]} | arguments
    metadata = arguments.pop("input_metadata", None)

    def see(rows: kind) -> None:
        seen.append(rows)

    ins = {"rows": dg.AssetIn(["core", "plays"], metadata=metadata)}
    seeing: dg.AssetsDefinition = dg.asset(name="seen", ins=ins, **arguments)(see)
    return seeing


def load(warehouse: Warehouse, kind: Any, run: dict[str, Any], **arguments: Any) -> Any:
    """What an asset receives of `core.plays` in a run."""
    seen: list[Any] = []
    upstream = asset(plays([]), **IN_ONE_RUN)
    warehouse.store(upstream, reading(kind, seen, **arguments), selection=["seen"], **run)
    return seen[0]


def test_an_input_is_the_partition_of_the_run(stored: Warehouse) -> None:
    assert load(stored, pl.DataFrame, day(2)).equals(plays([(2, "a", 6, 2), (2, "b", 7, 0)]))
    assert load(stored, Any, day(3)).equals(plays([(3, "a", 8, None)]))


def test_an_input_can_be_lazy(stored: Warehouse) -> None:
    lazy = load(stored, pl.LazyFrame, day(3))
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().equals(plays([(3, "a", 8, None)]))


def test_an_input_can_be_read_on_demand(stored: Warehouse) -> None:
    reader = load(stored, TableReader, day(3))
    assert reader.read(window(1)).equals(plays([(1, "a", 5, 1)]))
    assert reader.read(columns=["plays"])["plays"].sort().to_list() == [5, 6, 7, 8]


def test_an_input_of_chosen_columns_has_them_in_the_order_asked_for(stored: Warehouse) -> None:
    rows = load(stored, pl.DataFrame, day(1), input_metadata={"columns": ["plays", "track"]})
    assert rows.equals(pl.DataFrame({"plays": [5], "track": ["a"]}))


def test_an_unpartitioned_asset_receives_every_partition(stored: Warehouse) -> None:
    assert load(stored, pl.DataFrame, {}, partitions_def=None).height == 4


def test_an_empty_partition_is_an_empty_frame_with_types(stored: Warehouse) -> None:
    rows = load(stored, pl.DataFrame, day(9))
    assert rows.is_empty()
    assert rows.schema == PLAYS.polars_schema


def test_an_input_of_no_partition_is_an_empty_frame(stored: Warehouse) -> None:
    seen: list[pl.DataFrame] = []

    @dg.asset(
        name="seen",
        partitions_def=dg.DailyPartitionsDefinition("2024-12-30", end_date="2025-02-01"),
        ins={
            "rows": dg.AssetIn(
                ["core", "plays"],
                partition_mapping=dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True),
            )
        },
    )
    def early(rows: pl.DataFrame) -> None:
        seen.append(rows)

    stored.store(asset(plays([]), **BY_DAY), early, selection=["seen"], partition_key="2024-12-31")
    assert seen[0].equals(PLAYS.empty())


def test_another_type_of_input_is_an_error(stored: Warehouse) -> None:
    upstream = asset(plays([]), **BY_DAY)
    result = stored.attempt(upstream, reading(dict, []), selection=["seen"], **day(1))
    assert "annotate the input as pl.DataFrame, pl.LazyFrame or TableReader" in failures(result)


def test_loading_what_was_never_made_says_what_to_materialise(warehouse: Warehouse) -> None:
    upstream = asset(plays([]), **BY_DAY)
    result = warehouse.attempt(upstream, reading(pl.DataFrame, []), selection=["seen"], **day(1))
    assert f"{warehouse.path} does not exist yet" in failures(result)
    warehouse.store(asset(plays([]).drop("event_date"), TOTALS))
    result = warehouse.attempt(upstream, reading(pl.DataFrame, []), selection=["seen"], **day(1))
    assert "core.plays does not exist yet: materialise asset core/plays first" in failures(result)


EARLIER: dict[str, Any] = {
    "ins": {
        "before": dg.AssetIn(
            ["core", "plays"],
            partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1),
        )
    }
}


@pytest.mark.slow
@pytest.mark.parametrize("first", [1, 2], ids=["its first partition", "a later one"])
def test_an_asset_that_reads_its_own_earlier_partition_finds_nothing_there_the_first_time(
    warehouse: Warehouse, first: int
) -> None:
    def carry(before: pl.DataFrame) -> pl.DataFrame:
        played = sum(before["plays"])
        return (
            plays([(first, "a", played + 1, 0)]) if not played else plays([(first + 1, "a", 1 + played, 0)])
        )

    carried = dg.asset(key=["core", "plays"], **BY_DAY, **EARLIER)(carry)
    warehouse.store(carried, **day(first))
    warehouse.store(carried, **day(first + 1))
    assert warehouse.plays() == [(first, "a", 1, 0), (first + 1, "a", 2, 0)]


# Ranges, slice by slice


def test_a_range_is_made_and_stored_slice_by_slice(warehouse: Warehouse) -> None:
    made: list[Window] = []

    def make(part: Window) -> pl.DataFrame:
        made.append(part)
        return plays([(part.start.day, "a", part.start.day, 0)])

    result = warehouse.store(
        asset(Slices.of([window(n) for n in (1, 2, 3)], make), **IN_ONE_RUN), **days(1, 3)
    )
    assert made == [window(1), window(2), window(3)]
    assert warehouse.plays() == [(1, "a", 1, 0), (2, "a", 2, 0), (3, "a", 3, 0)]
    assert [entry for entry in warehouse.books() if entry[1] == "loaded"] == [
        (n, "loaded", "", 1) for n in (1, 2, 3)
    ]
    assert len(metadata_of(result)) == 3


def test_the_rows_of_a_range_are_not_claimed_for_each_of_its_partitions(warehouse: Warehouse) -> None:
    rows = plays([(1, "a", 5, 1), (2, "a", 6, 2), (2, "b", 7, 0)])
    for metadata in metadata_of(warehouse.store(asset(rows, **IN_ONE_RUN), **days(1, 2))):
        assert "dagster/partition_row_count" not in metadata
        assert metadata["rows written"] == 3
        assert metadata["dagster/row_count"] == 3


@pytest.mark.slow
def test_each_partition_of_a_range_has_its_own_numbers(warehouse: Warehouse) -> None:
    """As `ops.row_counts` has them, whether slices are made one by one or together."""

    def make(part: Window) -> Cleaned:
        days = [day.day for day in part.days()]
        refused = [
            ("file.csv", row, "no_track", "wrong", "{}", date(2025, 1, n))
            for n in days
            for row in range(1, n)
        ]
        schema = REJECTED_SCHEMA | {REJECTED_DATE: pl.Date()}
        rejected = pl.DataFrame(refused, schema=schema, orient="row")
        rows = plays([(n, f"track {number}", 1, 0) for n in days for number in range(n)])
        return Cleaned(rows, rows.height + rejected.height, rejected)

    for expected in (None, dict.fromkeys(window(1).days() + window(2).days() + window(3).days(), 1)):
        slices = Slices.of(
            [window(n) for n in (1, 2, 3)], make, rows=expected, files=lambda part: [f"{part.start}.csv"] * 30
        )
        told = metadata_of(warehouse.store(asset(slices, **IN_ONE_RUN), **days(1, 3)))
        assert [each["dagster/partition_row_count"] for each in told] == [1, 2, 3]
        assert [each.get("rows in") for each in told] == [None, 3, 5]
        assert [each.get("rows rejected") for each in told] == [None, {"no_track": 1}, {"no_track": 2}]
        assert [each["dagster/row_count"] for each in told] == [6, 6, 6]
        assert [each["source files"][0] for each in told] == [f"2025-01-0{n}.csv" for n in (1, 2, 3)]
        assert {each["source files"][-1] for each in told} == {"and 10 more"}
        assert "rows written" not in told[0]


@pytest.mark.parametrize("fault", ["raises", "breaks a rule", "does not add up"])
def test_one_bad_slice_leaves_every_partition_as_it_was(stored: Warehouse, fault: str) -> None:
    before = stored.plays(), stored.books()

    def make(part: Window) -> pl.DataFrame | Cleaned:
        fresh = plays([(part.start.day, "new", 1, 0)])
        if part == window(3) and fault == "raises":
            raise ZeroDivisionError("in the asset's own code")
        if part == window(3) and fault == "breaks a rule":
            return fresh.with_columns(plays=pl.lit(-1))
        return Cleaned(fresh, rows_in=2 if part == window(3) and fault == "does not add up" else 1)

    slices = Slices.of([window(n) for n in (1, 2, 3)], make)
    assert not stored.attempt(asset(slices, **IN_ONE_RUN), **days(1, 3)).success
    assert (stored.plays(), stored.books()) == before


def test_a_slice_may_be_lazy(warehouse: Warehouse) -> None:
    slices = Slices.of([window(1)], lambda part: plays([(1, "a", 5, 1)]).lazy())
    warehouse.store(asset(slices, **IN_ONE_RUN), **day(1))
    assert warehouse.plays() == [(1, "a", 5, 1)]


@pytest.mark.parametrize(
    ("windows", "says"),
    [
        ([window(1), window(2), window(3)], "slice 2025-01-03 is not part of this run"),
        ([window(1), window(2, 3)], "slice 2025-01-02 to 2025-01-03 is not part of this run"),
        ([window(1)], "the slices do not cover each date of this run (2025-01-01 to 2025-01-02) once"),
        ([window(1), window(1), window(2)], "the slices do not cover each date"),
        ([window(1, 2), window(2)], "the slices do not cover each date"),
        ([], "the slices do not cover each date"),
    ],
)
def test_slices_that_are_not_those_of_the_run_are_refused(
    stored: Warehouse, windows: list[Window], says: str
) -> None:
    before = stored.plays(), stored.books()
    slices = Slices.of(windows, lambda part: plays([(part.start.day, "new", 1, 0)]))
    result = stored.attempt(asset(slices, **IN_ONE_RUN), **days(1, 2))
    assert says in failures(result)
    assert (stored.plays(), stored.books()) == before


def test_slices_of_an_unpartitioned_table_are_refused(warehouse: Warehouse) -> None:
    slices = Slices.of([window(1)], lambda part: plays([]).drop("event_date"))
    assert "is not part of this run (none)" in failures(warehouse.attempt(asset(slices, TOTALS)))


@pytest.mark.slow
def test_a_slice_sees_the_committed_rows_while_it_is_made(warehouse: Warehouse) -> None:
    """An asset may read its own table from before the run: the write that is under way is not seen."""
    warehouse.store(asset(plays([(1, "a", 5, 1), (2, "a", 6, 2)]), **IN_ONE_RUN), **days(1, 2))
    seen = []

    def make(part: Window) -> pl.DataFrame:
        seen.append(TableReader(warehouse.database, PLAYS).read().height)
        return plays([])

    warehouse.store(asset(Slices.of([window(1), window(2)], make), **IN_ONE_RUN), **days(1, 2))
    assert seen == [2, 2]
    assert warehouse.plays() == []


# The books


def cleaned(kept: int, *reasons: str, **duplicates: int) -> Cleaned:
    """A slice of the first day with so many kept rows, and one rejected row for each reason."""
    rejected = pl.DataFrame(
        [("file.csv", number, reason, "wrong", "{}") for number, reason in enumerate(reasons, start=1)],
        schema=REJECTED_SCHEMA,
        orient="row",
    )
    rows = plays([(1, f"track {number}", 1, 0) for number in range(kept)])
    return Cleaned(rows, kept + len(reasons) + sum(duplicates.values()), rejected, duplicates)


def test_the_books_say_what_became_of_every_row(warehouse: Warehouse) -> None:
    slice_ = cleaned(3, "no_track", "no_track", "too_long", same_row=4)
    [metadata] = metadata_of(warehouse.store(asset(slice_, **BY_DAY), **day(1)))
    assert warehouse.books() == [
        (1, "duplicate", "same_row", 4),
        (1, "in", "", 10),
        (1, "loaded", "", 3),
        (1, "rejected", "no_track", 2),
        (1, "rejected", "too_long", 1),
    ]
    assert warehouse.sql(
        "select table_name, slice_date, source_file, source_row, reason, detail "
        "from ops.rejected_rows order by all"
    ) == [
        ("core.plays", date(2025, 1, 1), "file.csv", row, reason, "wrong")
        for row, reason in [(1, "no_track"), (2, "no_track"), (3, "too_long")]
    ]
    assert metadata["rows in"] == 10
    assert metadata["rows rejected"] == {"no_track": 2, "too_long": 1}
    assert metadata["rows duplicate"] == {"same_row": 4}
    assert metadata["dagster/partition_row_count"] == 3


@pytest.mark.slow
def test_a_rerun_replaces_the_books_of_its_slice_and_no_other(warehouse: Warehouse) -> None:
    warehouse.store(asset(cleaned(3, "no_track", same_row=4), **BY_DAY), **day(1))
    warehouse.store(asset(plays([(2, "a", 1, 0)]), **BY_DAY), **day(2))
    warehouse.store(asset(cleaned(2), **BY_DAY), **day(1))
    assert warehouse.books() == [
        (1, "in", "", 2),
        (1, "loaded", "", 2),
        (2, "in", "", 1),
        (2, "loaded", "", 1),
    ]
    assert warehouse.sql("from ops.rejected_rows") == []


def test_books_that_do_not_add_up_refuse_the_slice(warehouse: Warehouse) -> None:
    account = Cleaned(plays([(1, "a", 1, 0)]), rows_in=3)
    result = warehouse.attempt(asset(account, **BY_DAY), **day(1))
    assert "3 rows came in, 1 are accounted for (1 loaded, rejected {}, duplicate {})" in failures(result)
    assert not has_table(warehouse, "plays")


def test_rejected_rows_of_a_table_without_books_are_refused_not_dropped(warehouse: Warehouse) -> None:
    slice_ = cleaned(1, "no_track")
    totals = Cleaned(slice_.rows.drop("event_date"), slice_.rows_in, slice_.rejected)
    assert "there are no books of tables without date partitions" in failures(
        warehouse.attempt(asset(totals, TOTALS))
    )


def test_rejected_rows_that_break_their_own_rules_refuse_the_slice(warehouse: Warehouse) -> None:
    slice_ = cleaned(1, "no_track")
    nameless = slice_.rejected.with_columns(source_file=pl.lit(None, pl.String))
    result = warehouse.attempt(asset(Cleaned(slice_.rows, 2, nameless), **BY_DAY), **day(1))
    assert "ops.rejected_rows, slice 2025-01-01: not_null (source_file is null" in failures(result)
    assert not has_table(warehouse, "plays")


# Helpers


def has_table(warehouse: Warehouse, name: str) -> bool:
    return bool(warehouse.sql("select 1 from duckdb_tables() where table_name = ?", name))


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of every sleep of the test, none of which is slept."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The path of every attempt to open a database."""
    connect, paths = duckdb.connect, []

    def counted(database: str, *args: Any, **kwargs: Any) -> duckdb.DuckDBPyConnection:
        paths.append(database)
        return connect(database, *args, **kwargs)

    monkeypatch.setattr(duckdb, "connect", counted)
    return paths
