"""What is odd about the listening, against playbacks counted one by one and against planted oddities."""

import shutil
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import nbformat
import polars as pl
import pytest
from nbclient import NotebookClient

from spotify_assets.figures.exploration import EXPLORATIONS, explore
from spotify_assets.settings import PROJECT_ROOT, Settings
from tests.dbt.generated import core_tables
from tests.dbt.test_kpis import UNKNOWN, all_playbacks, music

NOTEBOOK = PROJECT_ROOT / "notebooks" / "exploration.ipynb"
EVERYTHING = {"days": 1000}


@pytest.fixture
def settings(published: Path) -> Settings:
    return Settings(data_dir=published, _env_file=None)


def test_gaps_are_the_days_between_days_with_playbacks(settings):
    wanted = []
    for (user,), rows in all_playbacks().partition_by("user_id", as_dict=True).items():
        days = sorted(set(rows["local_date"]))
        wanted += [
            (user, before, after, (after - before).days - 1)
            for before, after in pairwise(days)
            if (after - before).days > 2
        ]
    found = explore(settings, "listening_gaps", least_days=2, top=100_000)
    assert len(wanted) > 5
    assert sorted(found.rows()) == sorted(wanted)


def test_bursts_are_days_beyond_the_median(settings):
    days = all_playbacks().group_by("user_id", "local_date").len(name="playbacks")
    medians = days.group_by("user_id").agg(median=pl.col("playbacks").median())
    wanted = days.join(medians, on="user_id").filter(pl.col("playbacks") >= 3 * pl.col("median"))
    found = explore(settings, "listening_bursts", times=3, top=100_000, **EVERYTHING)
    assert wanted.height > 0
    assert sorted(found.select("user_id", "local_date", "playbacks", "median_playbacks").rows()) == sorted(
        wanted.select("user_id", "local_date", "playbacks", "median").rows()
    )


def test_overlaps_are_what_the_clock_has_no_room_for(settings):
    counted = (
        core_tables()["core.listening_hours"]
        .group_by("user_id")
        .agg(pl.col("ms_overlapping").sum() / 60_000, pl.col("ms_listened").sum() / 60_000)
    )
    found = explore(settings, "overlapping_playbacks", top=1000)
    assert found["overlapping_share"].is_sorted(descending=True)
    columns = ("user_id", "minutes_overlapping", "minutes_listened")
    for left, right in zip(sorted(found.select(columns).rows()), sorted(counted.rows()), strict=True):
        assert left[0] == right[0]
        assert left[1:] == pytest.approx(right[1:], abs=0.051)


def test_unknown_tracks_are_those_that_no_snapshot_has(settings):
    catalogue = core_tables()["core.tracks"]["track_id"].implode()
    found = explore(settings, "unknown_tracks", **EVERYTHING).row(
        by_predicate=pl.col("content_type") == "music", named=True
    )
    plays = music()
    assert found["playbacks"] == plays.height
    outside = (~plays["track"].is_in(catalogue)).mean()
    assert found["share_outside_catalogue"] == pytest.approx(outside, abs=1e-4)
    nameless = (plays["track"] == UNKNOWN).mean()
    assert found["share_without_name"] == pytest.approx(nameless, abs=1e-4)


def test_flags_that_disagree_with_the_outcome(settings):
    plays = music()
    wanted = plays.filter(pl.col("skipped").is_not_null(), pl.col("skipped") != pl.col("is_skip")).height
    found = explore(settings, "skip_flag_disagreement", **EVERYTHING)
    assert found["plays"].sum() == plays.height
    assert found.filter("is_disagreeing")["plays"].sum() == wanted


def test_a_planted_gap_and_a_planted_burst_come_first(published, tmp_path):
    """A month is taken from one listener, and forty playbacks of another end at one moment."""
    settings = Settings(data_dir=tmp_path, _env_file=None)
    settings.processed_dir.mkdir()
    shutil.copyfile(Settings(data_dir=published, _env_file=None).serving_path, settings.serving_path)
    users = sorted(all_playbacks()["user_id"].unique())
    days = all_playbacks().filter(pl.col("user_id") == users[1])["local_date"].unique().sort()
    before, after = days[2], next(day for day in days if day > days[2] + timedelta(days=30))
    with duckdb.connect(str(settings.serving_path)) as connection:
        connection.execute(
            "delete from marts.fact_user_activity where user_id = ? and local_date > ? and local_date < ?",
            [users[1], before, after],
        )
        connection.execute(
            "insert into marts.fact_listens select one.* replace ('planted' || copy as event_id) "
            "from (from marts.fact_listens where user_id = ? order by event_id limit 1) as one, "
            "range(400) as copies (copy)",
            [users[2]],
        )

    gap = explore(settings, "listening_gaps", top=1)
    assert gap.rows() == [(users[1], before, after, (after - before).days - 1)]
    burst = explore(settings, "listening_bursts", top=1, **EVERYTHING).row(0, named=True)
    assert burst["user_id"] == users[2]
    assert burst["most_at_one_moment"] == 401


def test_what_explores_nothing_is_refused(settings):
    with pytest.raises(ValueError, match="retention explores nothing: choose one of listening_gaps"):
        explore(settings, "retention")


@pytest.mark.slow
def test_the_notebook_runs_on_what_is_published(published, monkeypatch):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)

    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()

    shown = ["".join(str(out["data"].get("text/plain", "")) for out in cell.outputs) for cell in cells]
    assert all("shape: (" in text and "shape: (0," not in text for text in shown[1:])
    source = "".join(cell.source for cell in cells)
    assert all(f'"{name}"' in source for name in EXPLORATIONS)
