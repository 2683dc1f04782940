"""A run whose models fail, or that is stopped before them: what is read is there, and claims no more.

The command line over a small lake, without a catalogue of its own.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from spotify_assets.assets import ml
from spotify_assets.cli import app
from spotify_assets.cli.common import READABLE_BEFORE_MODELS
from spotify_assets.settings import Settings
from spotify_assets.warehouse.manifest import PublishedManifest

pytestmark = pytest.mark.slow

MODELS = ("recommendations", "skip_ladder", "skip_model", "skip_survival")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def tables(file: Path) -> dict[str, int]:
    """Rows of each table and view of a DuckDB file."""
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
        ).fetchall()
        return {
            name: connection.execute(f"select count(*) from {name}").fetchall()[0][0] for (name,) in names
        }


def live_in(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("SPOTIFY_DATA_DIR", str(folder))
    patch.setenv("DAGSTER_HOME", str(folder / "dagster_home"))
    patch.setenv("SPOTIFY_TRAINING_DAYS", "5")
    patch.setenv("SPOTIFY_TEST_DAYS", "3")
    patch.chdir(folder)


@pytest.fixture(autouse=True)
def _in_its_folder(stopped: tuple[Settings, Result], monkeypatch: pytest.MonkeyPatch) -> None:
    live_in(stopped[0].data_dir, monkeypatch)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Result]]:
    """The first run of a lake, in which a step fails that only models need."""
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.MonkeyPatch.context() as patch:
        live_in(folder, patch)
        options = ("--users", "20", "--days", "9", "--tracks", "200", "--until", "2025-03-09")
        assert call("generate", *options).exit_code == 0

        def fails(*_: object) -> pl.DataFrame:
            raise RuntimeError("no features today")

        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(ml, "features_of", fails)
            result = call("materialize")
        yield Settings(_env_file=None), result


def test_it_says_what_can_be_looked_at_before_the_models(stopped: tuple[Settings, Result]):
    lines = [" ".join(line.split()) for line in stopped[1].stdout.splitlines()]
    readable = lines.index(f"readable {READABLE_BEFORE_MODELS}")
    assert lines.index("done dbt") < lines.index("done publish__marts")
    assert readable < lines.index("failed ml__model_features")
    assert readable < lines.index("done recommend")
    assert "done publish__serving" not in lines
    assert "no features today" in stopped[1].stderr
    assert stopped[1].exit_code == 1


def test_the_copy_has_the_marts_whole_and_none_of_the_models(stopped: tuple[Settings, Result]):
    settings, _ = stopped
    stored, published = tables(settings.warehouse_path), tables(settings.serving_path)
    marts = {name: rows for name, rows in stored.items() if name.startswith(("marts.", "bi.", "core."))}
    assert marts["marts.fact_listens"] > 0
    assert {name: published.get(name) for name in marts} == marts
    assert "ml.unusual_listening" in published
    assert not {f"ml.{name}" for name in MODELS} & published.keys()
    assert "ml.recommendations" in stored  # made in that run, after the copy


def test_no_file_is_told_to_be_published_that_is_not(stopped: tuple[Settings, Result]):
    manifest = PublishedManifest.read(stopped[0].processed_dir)
    assert (manifest.complete, dict(manifest.files)) == (False, {})
    assert list(stopped[0].processed_dir.glob("*/*/*.parquet")) == []


def test_a_summary_tells_what_there_is_and_that_no_model_is(stopped: tuple[Settings, Result]):
    told = call("summary")
    assert told.exit_code == 0, told.output
    assert "Every row accounted for" in told.stdout
    assert "No model yet: a run trains models last." in " ".join(told.stdout.split())


@pytest.mark.parametrize("command", ["ladder", "recommend"])
def test_who_asks_for_a_model_is_told_in_a_line_what_to_do(stopped: tuple[Settings, Result], command: str):
    with duckdb.connect(str(stopped[0].serving_path), read_only=True) as connection:
        [(user,)] = connection.execute("select min(user_id) from marts.dim_user").fetchall()
    result = call(command, *(("--user", user) if command == "recommend" else ()))
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert {"ladder": "materialise asset ml/", "recommend": "spotify-assets materialize"}[command] in line


def test_the_next_run_makes_and_publishes_what_is_missing(stopped: tuple[Settings, Result]):
    settings, _ = stopped
    again = call("backfill", "--failed-only")
    assert again.exit_code == 0, again.output
    assert tables(settings.serving_path).keys() >= {f"ml.{name}" for name in MODELS}
    manifest = PublishedManifest.read(settings.processed_dir)
    assert manifest.complete
    assert sum(file.rows for path, file in manifest.files.items() if "/fact_listens/" in path) > 0
    assert call("failing").exit_code == 0
