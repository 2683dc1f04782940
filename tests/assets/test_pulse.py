"""The plot on the published copy's page: the right figures, as a picture."""

import base64
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from spotify_assets.assets.pulse import DAYS, daily_figures, pulse_markdown
from spotify_assets.tables import DAILY_TRACK_METRICS
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.store import create_table

LAST = date(2025, 6, 30)
PNG = b"\x89PNG"


@pytest.fixture
def published(tmp_path: Path) -> Database:
    """A copy with two tracks on each of 200 days: 3 plays with 1 skip, and 7 plays with 2."""
    path = tmp_path / "serving.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema core")
        create_table(connection, DAILY_TRACK_METRICS)
        for track, plays, skips in (("a" * 22, 3, 1), ("b" * 22, 7, 2)):
            connection.execute(
                "insert into core.daily_track_metrics by name "
                "select ? - n::int as event_date, ? as track_id, "
                "? as plays, ? as skips, 0 as streams, 0 as completes, 0 as abandons, 0 as unknowns, "
                "1 as listeners, 0 as ms_played, 0 as playlist_adds, 0 as pauses from range(200) days(n)",
                [LAST, track, plays, skips],
            )
    return Database(path)


def test_the_last_days_are_summed_over_tracks(published: Database):
    figures = daily_figures(published)
    assert figures["event_date"].to_list() == [LAST - timedelta(days=n) for n in reversed(range(DAYS))]
    assert set(figures["plays"]) == {10}
    assert set(figures["skip_rate"]) == {0.3}


def test_the_page_gets_a_picture(published: Database):
    markdown = pulse_markdown(published)
    assert markdown is not None
    picture = base64.b64decode(markdown.split("base64,", 1)[1].rstrip(")"))
    assert picture.startswith(PNG)


def test_without_listening_there_is_no_picture(tmp_path: Path):
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    assert pulse_markdown(Database(path)) is None
