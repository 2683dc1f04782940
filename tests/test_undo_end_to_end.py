"""Imports undone, files deleted by hand and start dates moved, by commands and through the whole graph."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.lake.due import owed
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.settings import Settings
from tests.lake.exports import play, plays, write_json

pytestmark = pytest.mark.slow

JANUARY, FEBRUARY, MARCH = (datetime(2024, month, 10, 8) for month in (1, 2, 3))  # noqa: DTZ001
DATED = ("event_date", "first_event_date", "snapshot_date", "cutoff_date", "event_month")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Three months of anna's in overlapping files and one of bert's, imported and materialised."""
    folder = tmp_path_factory.mktemp("undo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPOTIFY_DATA_DIR", str(folder / "data"))
        patch.setenv("DAGSTER_HOME", str(folder / "home"))
        patch.setenv("SPOTIFY_PARTITION_GRAIN", "month")
        patch.setenv("SPOTIFY_MODEL_CUTOFFS", "0")  # so few plays teach nothing
        patch.setenv("SPOTIFY_LADDER_CUTOFFS", "0")
        made = Settings(_env_file=None)
        shared = play(FEBRUARY, 3)
        write_json(made.inbox_dir / "anna" / "1.json", plays(JANUARY, 2))
        write_json(made.inbox_dir / "anna" / "2.json", [shared, *plays(FEBRUARY.replace(day=12), 2)])
        write_json(made.inbox_dir / "anna" / "3.json", [shared, *plays(MARCH, 2)])
        write_json(made.inbox_dir / "bert" / "2.json", plays(FEBRUARY, 2))
        works("import")
        works("materialize")
        yield made


@pytest.fixture(autouse=True)
def no_settings_from_outside() -> None:
    """The module's fixture sets the environment itself."""


def works(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output + str(result.exception)
    return " ".join(result.stdout.split())


def months(settings: Settings, path: Path) -> dict[str, set[str]]:
    """The months of which each table of a database has rows, by every column that says so."""
    found: dict[str, set[str]] = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            "where list_contains(?, column_name) and data_type = 'DATE' and not internal",
            [list(DATED)],
        ).fetchall()
        for table, column in columns:
            for (month,) in connection.execute(
                f"select distinct strftime({column}, '%Y-%m') from {table} where {column} is not null"
            ).fetchall():
                found.setdefault(month, set()).add(table)
    return found


def events(settings: Settings) -> dict[tuple[str, str], int]:
    """Playbacks of each listener and month, in the table and in the published copy, which must agree."""
    counted = []
    for path, table in (
        (settings.warehouse_path, "core.listening_events"),
        (settings.warehouse_path, "marts.fact_listens"),
        (settings.serving_path, "marts.fact_listens"),
    ):
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute(
                f"select user_id, strftime(event_date, '%Y-%m'), count(*) from {table} group by all"
            ).fetchall()
        counted.append({(user, month): count for user, month, count in rows})
    assert counted[0] == counted[1] == counted[2]
    return counted[0]


def published(settings: Settings, month: str) -> list[Path]:
    return list(settings.processed_dir.glob(f"*/*/month={month}"))


WHOLE = {("anna", "2024-01"): 2, ("anna", "2024-02"): 3, ("anna", "2024-03"): 2, ("bert", "2024-02"): 2}
WITHOUT_JANUARY = {key: count for key, count in WHOLE.items() if key[1] != "2024-01"}


def nowhere(settings: Settings, month: str) -> bool:
    tables = months(settings, settings.warehouse_path) | months(settings, settings.serving_path)
    return month not in tables and not published(settings, month) and not owed(settings.lake_dir)


def test_a_later_start_takes_out_what_is_before_and_none_brings_it_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    assert events(settings) == WHOLE
    assert published(settings, "2024-01")
    with monkeypatch.context() as patch:
        patch.setenv("SPOTIFY_START_DATE", "2024-02-01")
        assert "before 2024-02-01, leave the tables" in works("materialize")
        assert events(settings) == WITHOUT_JANUARY
        assert nowhere(settings, "2024-01")
    works("backfill")
    assert events(settings) == WHOLE


def test_a_deleted_file_leaves_every_table_and_the_original_restores_it(settings: Settings):
    [file] = (settings.lake_dir / "listening_events" / "month=2024-01").iterdir()
    file.unlink()
    assert "Files of 2024-01-10 are no longer in the lake" in works("materialize")
    assert events(settings) == WITHOUT_JANUARY
    assert nowhere(settings, "2024-01")
    assert "are missing" in works("failing")
    works("import", str(settings.inbox_dir / "anna" / "1.json"), "--user", "anna")
    works("backfill")
    assert events(settings) == WHOLE
    assert "are missing" not in works("failing")


def test_an_import_is_undone_and_what_another_export_tells_of_stays(settings: Settings):
    by_file = {(each.user_id, each.input_file): each.receipt_id for each in read_receipts(settings.lake_dir)}
    works("import", "--undo", by_file["anna", "2.json"])
    assert events(settings) == WHOLE | {("anna", "2024-02"): 1}
    works("import", "--undo", by_file["anna", "1.json"])
    assert events(settings) == WITHOUT_JANUARY | {("anna", "2024-02"): 1}
    assert nowhere(settings, "2024-01")
    assert "Nothing new" in works("import")


def test_when_the_last_import_is_undone_no_table_has_a_row(settings: Settings):
    works("import", "--undo", *[receipt.receipt_id for receipt in read_receipts(settings.lake_dir)])
    assert events(settings) == {}
