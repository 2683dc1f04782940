"""What the definitions say of a warehouse and of slices elsewhere, before any server is asked."""

import json
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr, ValidationError

from spotify_assets.assets.spec import pool_of
from spotify_assets.definitions import build_defs
from spotify_assets.settings import Settings
from spotify_assets.tables import TABLES
from spotify_assets.warehouse.door import as_of_moment, warehouse_of
from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.warehouse.making import INDEPENDENT, InProcess
from spotify_assets.warehouse.on_spark import OnSpark, maker_of

AWAY = "ducklake:postgres:host=127.0.0.1 port=1 dbname=lake user=etl password=told-to-nobody"
UPKEEP = dg.AssetKey(["upkeep", "lakehouse"])
ANYWHERE = {
    *("raw/raw_tracks", "raw/raw_events", "core/listening_events", "core/daily_track_metrics"),
    *("core/played_tracks", "core/listening_hours", "ml/model_features"),
}


@pytest.fixture
def definitions(make_settings: Callable[..., Settings]) -> dg.Definitions:
    return build_defs(make_settings(warehouse_url=SecretStr(AWAY)))


def test_a_lakehouse_is_looked_after_by_a_job_and_a_schedule_of_its_own(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    node = graph.get(UPKEEP)
    assert node.owners
    assert node.description
    assert node.kinds == {"duckdb", "parquet"}
    assert [key.name for key in graph.asset_check_keys if key.asset_key == UPKEEP] == [
        "counts_scans_and_books_agree"
    ]
    assert set(definitions.resolve_job_def("upkeep").asset_layer.selected_asset_keys) == {UPKEEP}
    assert definitions.resolve_schedule_def("lakehouse_upkeep").job_name == "upkeep"
    for job in ("everything", "data"):
        assert UPKEEP not in definitions.resolve_job_def(job).asset_layer.selected_asset_keys


@pytest.mark.slow
def test_every_step_in_a_lakehouse_is_in_the_pool_of_that_one(
    make_settings: Callable[..., Settings], tmp_path: Path
):
    in_store = make_settings(warehouse_url=SecretStr(AWAY), lake_url="s3://bucket/deep/lake")
    assert pool_of(in_store) == "lakehouse_s3_bucket_deep_lake_warehouse"
    names = set()
    for folder in ("one", "other"):
        settings = make_settings(warehouse_url=SecretStr(AWAY), lake_url=str(tmp_path / folder))
        definitions = build_defs(settings)
        for job in ("everything", "upkeep"):
            pools = [node.definition.pools for node in definitions.resolve_job_def(job).graph.nodes]
            assert {frozenset({pool_of(settings)}), frozenset()} >= set(map(frozenset, pools))
        names.add(pool_of(settings))
    assert len(names) == 2


def test_a_backfill_is_cut_into_runs_where_the_settings_say_so(make_settings: Callable[..., Settings]):
    graph = build_defs(make_settings(backfill_partitions=30)).resolve_asset_graph()
    policies = {
        graph.get(key).backfill_policy
        for key in graph.materializable_asset_keys
        if graph.get(key).partitions_def is not None and ".".join(key.path) in TABLES
    }
    assert policies == {dg.BackfillPolicy.multi_run(30)}


def test_a_warehouse_that_is_a_file_needs_no_upkeep(make_settings: Callable[..., Settings]):
    graph = build_defs(make_settings()).resolve_asset_graph()
    assert UPKEEP not in graph.get_all_asset_keys()


def test_the_password_of_the_catalogue_is_shown_nowhere(definitions: dg.Definitions):
    repository = definitions.get_repository_def()
    shown = [repr(settings) for settings in (warehouse_of(Settings(warehouse_url=SecretStr(AWAY))),)]
    shown += [json.dumps(list(repository.get_top_level_resources())), repr(repository)]
    assert "told-to-nobody" not in "".join(shown)


def test_the_assets_say_whose_slices_may_be_made_anywhere(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    found = {
        key.to_user_string() for key in graph.get_all_asset_keys() if INDEPENDENT in graph.get(key).metadata
    }
    assert found == ANYWHERE
    for key in map(dg.AssetKey.from_user_string, ANYWHERE):
        assert "side by side" in (graph.get(key).description or "")


def test_slices_are_made_here_unless_a_cluster_is_named(make_settings: Callable[..., Settings]):
    assert isinstance(maker_of(make_settings()), InProcess)
    assert maker_of(make_settings(spark_master="local[2]")) == OnSpark(
        "local[2]", make_settings().data_dir / "staged"
    )


@pytest.mark.parametrize(
    ("address", "lake", "words"),
    [
        ("postgres:host=db", None, "begins with ducklake:postgres:"),
        ("ducklake:postgres:", None, "how Postgres is reached"),
        ("ducklake:sqlite:lake.db", None, "begins with ducklake:postgres:"),
        (AWAY, "gs://bucket/lake", "in a folder or S3, not in gs://"),
    ],
)
def test_an_address_that_is_none_is_refused_without_being_told(
    make_settings: Callable[..., Settings], address: str, lake: str | None, words: str
):
    with pytest.raises(ValidationError, match=words) as caught:
        make_settings(warehouse_url=address, lake_url=lake)
    assert "told-to-nobody" not in str(caught.value)


def test_rows_lie_beside_the_lake(make_settings: Callable[..., Settings]):
    settings = make_settings(warehouse_url=SecretStr(AWAY))
    assert str(warehouse_of(settings)) == f"the lakehouse at {settings.data_dir / 'warehouse'}"
    in_store = make_settings(warehouse_url=SecretStr(AWAY), lake_url="s3://bucket/lake")
    assert str(warehouse_of(in_store)) == "the lakehouse at s3://bucket/lake/warehouse"


def test_a_file_keeps_no_earlier_state(make_settings: Callable[..., Settings]):
    from datetime import UTC, datetime

    with pytest.raises(WarehouseError, match="keeps no earlier states"):
        as_of_moment(make_settings(), datetime(2026, 1, 1, tzinfo=UTC))
