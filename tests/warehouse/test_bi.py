"""The views for BI tools: every row once, the numbers of the playbacks, a comment on every column."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml  # type: ignore[import-untyped]

from spotify_assets.settings import PROJECT_ROOT, Settings
from spotify_assets.warehouse.database import Database
from tests.dbt import test_kpis as kpis
from tests.figures.recount import playbacks

FOLDER = PROJECT_ROOT / "dbt_project" / "models" / "bi"
VIEWS = {
    model["name"].removeprefix("bi_"): model
    for path in FOLDER.glob("*.yml")
    for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
}
"""What dbt declares of each view, by the name that BI users see."""


@pytest.fixture
def connection(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Database(Settings(data_dir=published, _env_file=None).serving_path).reader() as opened:
        yield opened


def view(connection: duckdb.DuckDBPyConnection, name: str) -> pl.DataFrame:
    rows: pl.DataFrame = connection.sql(f"from bi.{name}").pl()
    return rows


def test_publishing_shows_every_view_with_a_comment_on_each_column(connection):
    found = connection.execute(
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'bi'"
    ).fetchall()
    declared = {(name, c["name"], c["description"]) for name, one in VIEWS.items() for c in one["columns"]}
    assert declared == set(found)
    grains = connection.execute(
        "select view_name, comment from duckdb_views() where schema_name = 'bi'"
    ).fetchall()
    assert dict(grains) == {name: one["description"] for name, one in VIEWS.items()}


def test_listens_has_every_playback_once_with_its_names(connection):
    listens, expected = view(connection, "listens"), kpis.all_playbacks()
    assert listens.height == expected.height == listens["event_id"].n_unique()
    assert set(listens["event_id"]) == set(expected["event_id"])
    assert listens["minutes_played"].sum() == pytest.approx(expected["ms_played"].sum() / 60_000)
    assert (
        listens.select("track", "artist", "country", "device", "local_weekday")
        .null_count()
        .sum_horizontal()[0]
        == 0
    )
    weekday = pl.col("local_date").dt.strftime("%A")
    assert listens.filter(pl.col("local_weekday") != weekday).is_empty()


def test_totals_of_the_views_are_those_of_the_playbacks(connection):
    rows = playbacks()
    for name in ("tracks", "artists", "listeners", "daily_metrics", "daily_locations"):
        totals = view(connection, name)
        assert totals["plays"].sum() == rows.height, name
        assert totals["streams"].sum() == rows["is_stream"].sum(), name
        assert totals["skips"].sum() == rows["is_skip"].sum(), name
        assert totals["minutes_played"].sum() == pytest.approx(rows["ms_played"].sum() / 60_000), name
        assert (totals["skips"] / totals["plays"]).to_list() == pytest.approx(totals["skip_rate"].to_list())


def test_a_grain_has_no_row_twice(connection):
    for name, key in (
        ("tracks", ["track_id"]),
        ("artists", ["artist_id"]),
        ("listeners", ["listener"]),
        ("daily_metrics", ["local_date"]),
        ("daily_locations", ["event_date", "country_code", "device"]),
    ):
        rows = view(connection, name)
        assert rows.height > 0
        assert not rows.select(key).is_duplicated().any(), name


def test_no_view_reads_a_personal_field():
    personal = {"username", "user_name", "ip", "agent", "city", "email", "serial", "latitude", "longitude"}
    for path in FOLDER.glob("*.sql"):
        assert not personal & set(re.findall(r"[a-z_]+", path.read_text())), path.name
