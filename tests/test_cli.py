"""The command line as a person uses it: what it prints, and one clear line when something is wrong."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.cli.common import assets_of
from spotify_assets.definitions import build_defs
from spotify_assets.settings import Settings
from tests.warehouse.processes import held_open

HEADER = "track_id,artists,album_name,track_name,popularity,duration_ms,danceability,energy,tempo,track_genre"
ROWS = (
    "4ChVFOiAIPwnKLgWGUcErS,Nat King Cole,Carols,O Holy Night,10,176226,0.1,0.2,82.0,jazz",
    "4ChVFOiAIPwnKLgWGUcErS,Nat King Cole,Carols,O Holy Night,10,176226,0.1,0.2,82.0,soul",
    "2lD57M0GugEFIP6kKEA5GT,,,,17,0,0.0,0.9,0,grindcore",
)


@pytest.fixture(autouse=True)
def data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "data"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "tracks.csv"
    path.write_text("\n".join([HEADER, *ROWS]))
    return path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def fails_with_one_line(result: Result) -> str:
    assert result.exit_code == 1
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    assert "Traceback" not in result.output
    return lines[0]


def landed(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "raw").rglob("*") if path.is_file()] if data_dir.exists() else []


def test_importing_a_catalogue_prints_its_receipt(catalogue: Path, data_dir: Path):
    result = call("import", str(catalogue), "--as", "tracks", "--snapshot-date", "2025-03-01")

    assert result.exit_code == 0, result.output
    assert re.search(r"│ in +│ +3 │", result.stdout)
    assert re.search(r"│ loaded +│ +3 │", result.stdout)
    assert (data_dir / "raw" / "spotify_tracks" / "snapshot_date=2025-03-01").is_dir()


def test_importing_the_same_file_again_changes_nothing(catalogue: Path, data_dir: Path):
    arguments = ("import", str(catalogue), "--snapshot-date", "2025-03-01")
    call(*arguments)
    before = {path: path.stat().st_mtime_ns for path in landed(data_dir)}

    result = call(*arguments)

    assert "nothing changed" in result.stdout
    assert {path: path.stat().st_mtime_ns for path in landed(data_dir)} == before


def test_a_missing_file(data_dir: Path):
    line = fails_with_one_line(call("import", "nothing.csv"))

    assert "nothing.csv" in line
    assert landed(data_dir) == []


def test_a_file_of_the_wrong_format(tmp_path: Path, data_dir: Path):
    (tmp_path / "notes.txt").write_text("remember the milk")

    assert "notes.txt" in fails_with_one_line(call("import", "notes.txt"))
    assert not list((data_dir / "raw").glob("_receipts/*"))


def test_a_csv_without_a_track_id(tmp_path: Path, data_dir: Path):
    (tmp_path / "songs.csv").write_text("title,plays\nHey Jude,3\n")

    line = fails_with_one_line(call("import", "songs.csv"))

    assert "songs.csv" in line
    assert not list((data_dir / "raw").glob("_receipts/*"))


def test_a_date_that_does_not_parse(catalogue: Path, data_dir: Path):
    result = call("import", str(catalogue), "--snapshot-date", "yesterday")

    assert result.exit_code == 2
    assert "'yesterday' does not match" in result.stderr
    assert landed(data_dir) == []


@pytest.mark.parametrize("day", ["2019-01-01", "2199-01-01"])
def test_a_snapshot_outside_the_configured_partitions(
    catalogue: Path, data_dir: Path, day: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SPOTIFY_START_DATE", "2025-01-01")

    line = fails_with_one_line(call("import", str(catalogue), "--snapshot-date", day))

    assert day in line
    assert "SPOTIFY_START_DATE" in line
    assert landed(data_dir) == []


def test_a_range_outside_the_configured_partitions(data_dir: Path):
    line = fails_with_one_line(call("materialize", "--from", "2019-01-01", "--to", "2019-01-02"))

    assert "2019-01-01 to 2019-01-02" in line
    assert not (data_dir / "warehouse.duckdb").exists()


def test_an_unknown_kind(catalogue: Path):
    result = call("import", str(catalogue), "--as", "podcasts")

    assert result.exit_code == 2
    assert "tracks" in result.stderr


def test_materialising_an_empty_lake():
    assert "import a file or generate listening first" in fails_with_one_line(call("materialize"))


def test_a_summary_before_anything_was_published():
    assert "spotify-assets materialize" in fails_with_one_line(call("summary"))


def test_a_summary_of_a_copy_that_was_half_made_tells_what_there_is_and_what_lacks(data_dir: Path):
    serving = Settings(_env_file=None, data_dir=data_dir).serving_path
    serving.parent.mkdir(parents=True)
    with duckdb.connect(str(serving)) as connection:
        connection.execute("create schema core; create table core.tracks as select 1 as track_id")
    result = call("summary")
    assert "core.tracks" in result.stdout
    [line] = result.stderr.splitlines()
    assert "only partly made, it has no ops.row_counts, core.daily_track_metrics" in line
    assert "spotify-assets materialize" in line
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        ("nonsense(", "is no selection: write e.g."),
        ('key:"nope/nope"', "finds no asset"),
        ("group:nope", "finds no asset"),
    ],
)
def test_a_selection_that_means_nothing_is_one_line(catalogue: Path, selection: str, words: str):
    call("import", str(catalogue))
    line = fails_with_one_line(call("materialize", "--select", selection))
    assert f"--select {selection} {words}" in line


def test_part_of_what_one_step_makes_brings_the_rest(capsys: pytest.CaptureFixture[str]):
    graph = build_defs(Settings(_env_file=None)).resolve_asset_graph()
    together = {
        dg.AssetKey(["core", name]) for name in ("tracks", "artists", "track_artists", "track_genres")
    }
    assert assets_of('key:"core/artists"', graph, "everything") == together
    [line] = capsys.readouterr().out.splitlines()
    assert (
        line == "Made by the same steps, and so made too: core/track_artists, core/track_genres, core/tracks"
    )
    artists = dg.AssetKey(["core", "artists"])
    assert assets_of('key:"core/artists"', graph, "checks", alone=True) == {artists}
    assert assets_of("group:core", graph, "everything") > together
    assert capsys.readouterr().out == ""


def test_a_setting_that_does_not_validate_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SPOTIFY_PARTITION_GRAIN", "week")

    assert "SPOTIFY_PARTITION_GRAIN" in fails_with_one_line(call("summary"))


def test_generating_needs_no_catalogue_and_then_keeps_to_it(data_dir: Path):
    arguments = ("--users", "3", "--days", "2", "--until", "2025-03-02", "--tracks", "50")
    result = call("generate", *arguments)
    again = call("generate", *arguments)

    assert result.exit_code == 0, result.output
    assert "Generated a catalogue of 50 tracks" in result.stdout
    assert "Generated a catalogue" not in again.stdout
    days = sorted(path.name for path in (data_dir / "raw" / "listening_events").iterdir())
    assert days == ["date=2025-03-01", "date=2025-03-02"]


def test_generated_listening_is_over_the_imported_tracks(catalogue: Path, data_dir: Path):
    call("import", str(catalogue), "--snapshot-date", "2025-03-01")
    call("generate", "--users", "3", "--days", "2", "--until", "2025-03-02")

    events = pl.read_parquet(data_dir / "raw" / "listening_events" / "**" / "*.parquet")
    assert set(events["track_id"].drop_nulls()) == {"4ChVFOiAIPwnKLgWGUcErS"}


@pytest.mark.slow
def test_a_warehouse_locked_by_another_process_is_one_line_that_names_it(
    catalogue: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SPOTIFY_LOCK_TIMEOUT_SECONDS", "0.5")
    call("import", str(catalogue), "--snapshot-date", "2025-03-01")
    warehouse = data_dir / "warehouse.duckdb"
    duckdb.connect(str(warehouse)).close()
    with held_open(warehouse, "write") as holder:
        result = call("materialize", "--select", 'key:"raw/raw_tracks"')

    line = fails_with_one_line(result)
    assert f"process {holder.pid}" in line
    assert "Nothing was changed" in line
    again = call("materialize", "--select", 'key:"raw/raw_tracks"')
    assert again.exit_code == 0, again.output


def test_export_writes_csv_and_names_the_tables_it_knows(tmp_path: Path, data_dir: Path):
    serving = data_dir / "processed" / "serving.duckdb"
    serving.parent.mkdir(parents=True)
    with duckdb.connect(str(serving)) as connection:
        connection.execute("create schema marts; create table marts.days as select date '2025-03-01' as day")

    assert call("export", "marts.days", "-o", "days.csv").exit_code == 0
    assert (tmp_path / "days.csv").read_text() == f"day\n{date(2025, 3, 1)}\n"
    assert "marts.days" in fails_with_one_line(call("export", "marts.nothing", "-o", "x.csv"))


@pytest.mark.slow
def test_migrating_says_what_it_did_and_what_remains(data_dir: Path):
    assert "does not exist yet" in fails_with_one_line(call("migrate"))
    data_dir.mkdir(parents=True)
    warehouse = str(data_dir / "warehouse.duckdb")
    with duckdb.connect(warehouse) as connection:
        connection.execute("create schema ops; create table ops.row_counts as select 'core.x' as table_name")

    planned = call("migrate", "--dry-run")
    assert planned.exit_code == 1
    assert "would be done" in planned.stdout
    done = call("migrate")
    assert done.exit_code == 1
    assert "core.listening_events" in done.stdout
    assert "slice_date is missing" in " ".join(done.stdout.split())

    with duckdb.connect(warehouse) as connection:
        connection.execute("drop table ops.row_counts")
    assert call("migrate").exit_code == 0
    assert "Every table is as the catalogue declares it." in call("migrate").stdout
