"""docs/bi.md says what is so: its SQL runs, its commands exist, its container is the one that is built."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml  # type: ignore[import-untyped]
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.dashboard.serve import HOST
from spotify_assets.settings import PROJECT_ROOT, Settings
from tests.warehouse.test_bi import VIEWS

PAGE = (PROJECT_ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
BLOCKS = [block.split("\n", 1) for block in PAGE.split("```")[1::2]]


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture
def folder(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with `data/processed` in it, as the page has it."""
    (tmp_path / "data").symlink_to(published)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@pytest.mark.parametrize("sql", blocks("sql"), ids=lambda sql: sql.split("\n")[0])
def test_every_question_is_answered_read_only(folder: Path, sql: str):
    serving = folder / "data" / "processed" / "serving.duckdb"
    with duckdb.connect(str(serving), read_only=True) as connection:
        assert connection.sql(sql).fetchall()


@pytest.mark.usefixtures("folder")
def test_every_export_command_writes_its_file():
    lines = [line for text in blocks("sh") for line in text.splitlines()]
    commands = [line.split() for line in lines if line.startswith("spotify-assets ")]
    assert len(commands) == 2
    serving = Settings().serving_path
    for command in commands:
        result = CliRunner().invoke(app, command[1:])
        assert result.exit_code == 0, result.output
        name, target = command[2], Path(command[-1])
        read = pl.read_parquet if target.suffix == ".parquet" else pl.read_csv
        with duckdb.connect(str(serving), read_only=True) as connection:
            assert read(target).height == connection.sql(f"from {name}").pl().height > 0


@pytest.mark.usefixtures("folder")
@pytest.mark.filterwarnings("ignore:duckdb-engine doesn't yet support reflection")
def test_the_sqlalchemy_example_runs_on_the_installed_version(capsys: pytest.CaptureFixture[str]):
    [program] = blocks("python")
    names: dict[str, Any] = {}
    exec(program, names)
    names["engine"].dispose()
    said = capsys.readouterr().out
    for view in VIEWS:
        assert repr(view) in said
    assert "'artist_totals'" in said
    assert "one row per recording that was played" in said
    assert "artist_rank" in said
    assert "The artist's name." in said


def test_every_column_of_the_marts_says_what_it_is(published: Path):
    """The serving file has the description of every table and column that dbt makes as its comment."""
    serving = Settings(data_dir=published, _env_file=None).serving_path
    with duckdb.connect(str(serving), read_only=True) as connection:
        columns = connection.execute(
            "select table_name || '.' || column_name, comment from duckdb_columns() "
            "where schema_name in ('marts', 'bi')"
        ).fetchall()
        tables = connection.execute(
            "select table_name, comment from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
    assert len(columns) > 400
    assert [name for name, comment in columns + tables if not comment] == []


def test_the_page_lists_every_view():
    for view in VIEWS:
        assert f"| `bi.{view}` |" in PAGE


def test_the_copy_is_one_step_away_from_the_next(folder: Path):
    """A reader keeps the copy that it opened; the one that opens later sees the new one."""
    serving = folder / "serving.duckdb"
    shutil.copyfile(Settings().serving_path, serving)
    new = folder / "new.duckdb"
    with duckdb.connect(str(new)) as connection:
        connection.execute("create table only_in_the_new_one as select 1 as n")
    before = duckdb.connect(str(serving), read_only=True)
    new.replace(serving)
    assert before.execute("select count(*) from bi.tracks").fetchall()[0][0] > 0
    before.close()
    with duckdb.connect(str(serving), read_only=True) as after:
        assert after.execute("select n from only_in_the_new_one").fetchall() == [(1,)]


def test_the_public_container_can_write_nothing_and_sees_the_published_folder_only():
    service = yaml.safe_load((PROJECT_ROOT / "compose.dashboard.yml").read_text())["services"]["dashboard"]
    assert service["read_only"] is True
    assert service["volumes"] == ["./data/processed:/data/processed:ro"]
    assert service["cap_drop"] == ["ALL"]
    dockerfile = (PROJECT_ROOT / "Dockerfile").read_text()
    assert f"FROM runtime AS {service['build']['target']}\n" in dockerfile
    assert '"--host", "0.0.0.0"' in dockerfile
    assert HOST == "127.0.0.1"


def test_the_image_has_what_it_copies():
    """What a COPY of the Dockerfile names is let through by .dockerignore, and is there."""
    let_through = {
        line.removeprefix("!").rstrip("/")
        for line in (PROJECT_ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    for line in (PROJECT_ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert source in let_through, source
                assert (PROJECT_ROOT / source).exists(), source
