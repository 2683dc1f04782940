"""Column lineage: every declared source exists, and columns lead back to the lake's tables."""

import dagster as dg
import pytest

from spotify_assets.assets.lineage import DERIVED, column_lineage
from spotify_assets.definitions import build_defs
from spotify_assets.settings import Settings
from spotify_assets.tables import TABLES


@pytest.fixture(scope="module")
def lineage(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, set[str]]]:
    """The sources of each column, by table."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), _env_file=None)
    found = {}
    for spec in build_defs(settings).resolve_all_asset_specs():
        value = spec.metadata.get("dagster/column_lineage")
        value = getattr(value, "column_lineage", value)
        if isinstance(value, dg.TableColumnLineage):
            found[".".join(spec.key.path)] = {
                column: {f"{'.'.join(dep.asset_key.path)}.{dep.column_name}" for dep in deps}
                for column, deps in value.deps_by_column.items()
            }
    return found


def test_every_declared_column_and_source_is_in_the_catalogue():
    known = {f"{table.full_name}.{name}" for table in TABLES.values() for name in table.column_names}
    declared = {f"{table}.{column}" for table, columns in DERIVED.items() for column in columns}
    sources = {source for columns in DERIVED.values() for found in columns.values() for source in found}
    assert declared - known == set()
    assert sources - known == set()


def test_columns_of_the_same_name_come_from_the_inputs():
    found = column_lineage("marts.any", ["track_id", "plays"], {"core.tracks": ["track_id", "energy"]})
    assert {name: [dep.column_name for dep in deps] for name, deps in found.deps_by_column.items()} == {
        "track_id": ["track_id"]
    }


def test_the_skip_of_a_features_row_leads_back_to_the_raw_reason(lineage: dict[str, dict[str, set[str]]]):
    assert lineage["ml.model_features"]["is_skip"] == {"core.listening_events.outcome"}
    assert "raw.raw_events.reason_end" in lineage["core.listening_events"]["outcome"]


def test_most_columns_of_the_core_tables_have_a_source(lineage: dict[str, dict[str, set[str]]]):
    core = [table for table in TABLES.values() if table.schema == "core" and table.full_name in lineage]
    assert len(core) >= 8
    for table in core:
        without = set(table.column_names) - lineage[table.full_name].keys()
        assert len(without) <= len(table.columns) / 3, (table.full_name, without)


def test_dbt_models_have_lineage(lineage: dict[str, dict[str, set[str]]]):
    assert lineage["marts.fact_listens"]["ms_played"]
