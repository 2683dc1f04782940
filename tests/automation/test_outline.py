"""The outline of the graph that health reads: as the graph itself, and never of a graph that was."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from dagster_dbt.dbt_manifest import read_manifest_path

from spotify_assets.assets.dbt_tests import FILE as TESTS
from spotify_assets.automation import outline
from spotify_assets.automation.outline import FILE, outline_of
from spotify_assets.definitions import build_defs
from spotify_assets.partitions import partitions
from spotify_assets.settings import PROJECT_ROOT, Settings

FAR_AHEAD = 4e9
"""A manifest of this moment is newer than any file of its project."""


@dg.asset(group_name="core")
def tracks() -> int:
    return 1


@dg.asset_check(asset=tracks)
def sound() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


class Built:
    """A build of a small graph that counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, settings: Settings) -> dg.Definitions:
        self.times += 1
        definition = partitions(settings)

        @dg.asset(group_name="marts", partitions_def=definition)
        def plays() -> int:
            return 1

        return dg.Definitions([tracks, plays], asset_checks=[sound])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A dbt project of one model, with its manifest."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "target").mkdir()
    (folder / "dbt_project.yml").write_text("name: small\n")
    (folder / "models" / "a.sql").write_text("select 1 as a")
    write_manifest(folder, "{}")
    return folder


def write_manifest(project: Path, text: str) -> None:
    for name, written in {"manifest.json": text, TESTS: "{}"}.items():
        (project / "target" / name).write_text(written)
        os.utime(project / "target" / name, (FAR_AHEAD, FAR_AHEAD))


@pytest.mark.slow
@pytest.mark.parametrize("grain", ["day", "month"])
def test_the_outline_is_that_of_the_graph(make_settings: Callable[..., Settings], grain: str):
    settings = make_settings(partition_grain=grain)
    graph = build_defs(settings).resolve_asset_graph()
    for _ in ("built", "kept"):
        found = outline_of(settings, build_defs)
        assert found.materializable_asset_keys == graph.materializable_asset_keys
        assert found.asset_check_keys == graph.asset_check_keys
        for key in graph.materializable_asset_keys:
            assert found.get(key).group_name == graph.get(key).group_name
            assert found.get(key).partitions_def == graph.get(key).partitions_def, key


def test_a_graph_that_did_not_change_is_built_once(make_settings: Callable[..., Settings], project: Path):
    settings, build = make_settings(dbt_project_dir=project), Built()
    first = outline_of(settings, build)
    assert outline_of(settings, build) == first
    assert build.times == 1


def _a_model(project: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "models" / "b.sql").write_text("select 2 as b")


def _a_model_less(project: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "models" / "a.sql").unlink()


def _a_word_of_a_model(project: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "models" / "a.sql").write_text("select 2 as a")


def _the_manifest(project: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    write_manifest(project, '{"nodes": {}}')


def _the_code(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = project.with_name("package")
    package.mkdir()
    (package / "assets.py").write_text("assets = []\n")
    monkeypatch.setattr(outline, "_PACKAGE", package)


def _a_library(_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "version", lambda name: f"99 of {name}")


def _the_file(_project: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    (Path(os.environ["DAGSTER_HOME"]) / FILE).write_text("[] of somebody's own")


@pytest.mark.parametrize(
    "change",
    [_a_model, _a_model_less, _a_word_of_a_model, _the_manifest, _the_code, _a_library, _the_file],
)
def test_whatever_changes_the_graph_is_built_anew(
    make_settings: Callable[..., Settings],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path, pytest.MonkeyPatch], None],
):
    settings, build = make_settings(dbt_project_dir=project), Built()
    outline_of(settings, build)
    change(project, monkeypatch)
    outline_of(settings, build)
    assert build.times == 2


@pytest.mark.parametrize(
    "changed", [{"partition_grain": "month"}, {"start_date": "2020-01-01"}, {"docs_url": "http://docs"}]
)
def test_other_settings_are_another_graph(
    make_settings: Callable[..., Settings], project: Path, changed: dict[str, str]
):
    build = Built()
    outline_of(make_settings(dbt_project_dir=project), build)
    settings = make_settings(dbt_project_dir=project, **changed)
    assert outline_of(settings, build).get(dg.AssetKey("plays")).partitions_def == partitions(settings)
    assert build.times == 2


def test_what_changes_while_the_graph_is_built_is_not_taken_for_known(
    make_settings: Callable[..., Settings], project: Path
):
    settings, build = make_settings(dbt_project_dir=project), Built()

    def built_meanwhile(of: Settings) -> dg.Definitions:
        (project / "models" / "a.sql").write_text("select 3 as a -- while it is read")
        return build(of)

    outline_of(settings, built_meanwhile)
    outline_of(settings, build)
    assert build.times == 2


def test_where_partitions_begin_follows_the_lake_and_is_not_kept(
    make_settings: Callable[..., Settings], project: Path
):
    settings, build = make_settings(dbt_project_dir=project), Built()
    outline_of(settings, build)
    folder = settings.lake_dir / "listening_events" / "date=2014-03-05"
    folder.mkdir(parents=True)
    (folder / "part.parquet").touch()
    definition = outline_of(settings, build).get(dg.AssetKey("plays")).partitions_def
    assert definition is not None
    assert definition.get_first_partition_key() == "2014-03-05"
    assert build.times == 1


@pytest.mark.slow
def test_a_model_that_somebody_adds_is_in_the_next_outline(
    make_settings: Callable[..., Settings], tmp_path: Path
):
    project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT_ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("logs"))
    settings = make_settings(dbt_project_dir=project)
    before = outline_of(settings, build_defs)
    (project / "models" / "marts" / "brand_new.sql").write_text("select 1 as one\n")
    read_manifest_path.cache_clear()  # a command is a process of its own
    new = outline_of(settings, build_defs).materializable_asset_keys - before.materializable_asset_keys
    assert new == {dg.AssetKey(["marts", "brand_new"])}
