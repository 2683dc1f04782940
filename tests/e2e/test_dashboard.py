"""The dashboard as people get it: its command, a browser, every page on a desk and on a phone."""

import csv
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spotify_assets.dashboard.app import PAGES
from spotify_assets.figures.view import Period, known_days
from spotify_assets.settings import PROJECT_ROOT
from tests.e2e.browser import opened_browser
from tests.e2e.dashboard import MILLISECONDS, PATIENCE, Watched, open_page
from tests.e2e.looks import serious
from tests.e2e.server import environment, free_port

VIEWPORTS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1300, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
        "has_touch": True,
        "color_scheme": "dark",
    },
}


@pytest.fixture(scope="module")
def dashboard(folder: Path) -> Iterator[str]:
    """The address of a dashboard on the folder that the tests share."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("spotify-assets")), "dashboard", "--no-browser"]
    with (folder / "dashboard.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=PROJECT_ROOT,
            env=environment(folder),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/_stcore/health", process)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    raise TimeoutError(f"{url} does not answer")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as found:
        yield found


@pytest.fixture(params=list(VIEWPORTS))
def shown(request: pytest.FixtureRequest, browser: Any) -> Iterator[Watched]:
    context = browser.new_context(**VIEWPORTS[request.param], accept_downloads=True)
    context.set_default_timeout(PATIENCE * MILLISECONDS)
    watched = Watched(context.new_page())
    watched.watch()
    yield watched
    context.close()


@pytest.fixture(scope="module")
def serving(folder: Path) -> Path:
    return folder / "data" / "processed" / "serving.duckdb"


def default_period(serving: Path) -> Period:
    """The period that pages begin with, but for that of one listener."""
    with duckdb.connect(str(serving), read_only=True) as connection:
        known = known_days(connection)
    assert known is not None
    return known.default()


def number(serving: Path, sql: str) -> Any:
    """The one number of a query over the default period, named `$first` and `$last` where it needs it."""
    period = default_period(serving)
    with duckdb.connect(str(serving), read_only=True) as connection:
        days = {"first": period.first, "last": period.last} if "$first" in sql else {}
        [(value,)] = connection.execute(sql, days).fetchall()
    return value


@pytest.mark.parametrize("module", [page.module for page in PAGES])
def test_a_page_opens_without_an_error_and_fits_the_screen(module, shown, dashboard):
    open_page(shown, f"{dashboard}/{'' if module == PAGES[0].module else module}")

    assert shown.page.locator("[data-testid=stException]").count() == 0
    assert shown.wrong == []
    width = shown.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, "the page is wider than the screen"
    assert serious(shown.page) == []


BY_DAY = "select sum({}) from marts.daily_aggregates where event_date between $first and $last"


@dataclass(frozen=True)
class Tile:
    """A tile of a page, and how its number is asked for and written."""

    address: str
    label: str
    sql: str
    form: str


@dataclass(frozen=True)
class Download:
    """A CSV of a page, and the query that gives the sum of one of its columns."""

    module: str
    name: str
    column: str
    sql: str


@pytest.mark.parametrize(
    "wanted",
    [
        Tile("", "Streams", BY_DAY.format("streams"), "{:,}"),
        Tile("", "Minutes heard", BY_DAY.format("ms_played / 60000"), "{:,.0f}"),
        Tile(
            "tracks?of=Artists&id={artist}",
            "Streams",
            "select count(*) from marts.fact_listens inner join marts.dim_track using (track_id) "
            "where is_music and is_stream and event_date between $first and $last "
            "and primary_artist_id = (select artist_id from marts.artist_totals where artist_rank = 1)",
            "{:,}",
        ),
        Tile(
            "listener?user={user}&from={first}&to={last}",
            "Streams",
            "select count(*) from marts.fact_listens where is_music and is_stream "
            "and local_date between $first and $last and user_id = (select min(user_id) from marts.dim_user)",
            "{:,}",
        ),
    ],
)
def test_a_tile_shows_what_sql_says(wanted, shown, dashboard, serving):
    artist = number(serving, "select artist_id from marts.artist_totals where artist_rank = 1")
    user = number(serving, "select min(user_id) from marts.dim_user")

    period = default_period(serving)
    address = wanted.address.format(artist=artist, user=user, first=period.first, last=period.last)

    open_page(shown, f"{dashboard}/{address}")

    tile = shown.page.locator("[data-testid=stMetric]").filter(
        has=shown.page.get_by_text(wanted.label, exact=True)
    )
    assert tile.locator("[data-testid=stMetricValue]").inner_text() == wanted.form.format(
        number(serving, wanted.sql)
    )
    assert shown.wrong == []


PLAYS = "select sum(plays) from marts.daily_location_metrics where event_date between $first and $last"


@pytest.mark.parametrize(
    "wanted",
    [
        Download(
            "tracks",
            "top_tracks_by_streams",
            "streams",
            "select sum(streams) from (select count(*) as streams from marts.fact_listens "
            "where is_music and is_stream and event_date between $first and $last and track_id <> 'unknown' "
            "group by track_id order by streams desc limit 100)",
        ),
        Download("genres", "genres", "plays", PLAYS),
        Download("skips", "skip_rate_by_device", "plays", PLAYS),
        Download("places", "countries", "plays", PLAYS),
        Download(
            "audience",
            "active_users",
            "daily_active_users",
            "select sum(daily_active_users) from marts.daily_active_users "
            "where local_date between $first and $last",
        ),
        Download(
            "catalogue",
            "popularity_distribution",
            "tracks",
            "select sum(tracks) from marts.popularity_by_snapshot",
        ),
    ],
)
def test_a_download_holds_what_sql_says(wanted, shown, dashboard, serving, tmp_path):
    open_page(shown, f"{dashboard}/{wanted.module}")
    button = shown.page.locator(f".st-key-csv-{wanted.name} button:visible")

    with shown.page.expect_download() as download:
        button.click()
    download.value.save_as(tmp_path / "found.csv")

    assert download.value.suggested_filename == f"{wanted.name}.csv"
    with (tmp_path / "found.csv").open(newline="") as rows:
        total = sum(float(row[wanted.column] or 0) for row in csv.DictReader(rows))
    assert total == pytest.approx(float(number(serving, wanted.sql)))
    assert shown.wrong == []


def test_a_chart_can_be_taken_as_a_picture(shown, dashboard, tmp_path):
    open_page(shown, dashboard)
    with shown.page.expect_download() as download:
        shown.page.locator(".st-key-png-streams_by_day button:visible").click()
    download.value.save_as(tmp_path / "chart.png")
    assert download.value.suggested_filename == "streams_by_day.png"
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_filters_stay_when_the_page_changes(browser, dashboard, serving):
    context = browser.new_context(**VIEWPORTS["desk"])
    context.set_default_timeout(PATIENCE * MILLISECONDS)
    shown = Watched(context.new_page())
    country = number(
        serving,
        "select country from marts.daily_location_metrics group by 1 order by sum(plays) desc limit 1",
    )
    open_page(shown, f"{dashboard}/?country={country}&compare=none")

    shown.page.get_by_role("link", name="Genres").click()
    shown.page.get_by_role("heading", name="Genres", exact=True).wait_for()
    shown.page.wait_for_function("() => location.search.includes('country=')")

    assert f"country={country}" in shown.page.url
    assert "compare=none" in shown.page.url
    context.close()


def test_the_menu_is_reached_by_keyboard(browser, dashboard):
    context = browser.new_context(**VIEWPORTS["desk"])
    context.set_default_timeout(PATIENCE * MILLISECONDS)
    shown = Watched(context.new_page())
    open_page(shown, dashboard)

    for _ in range(40):
        shown.page.keyboard.press("Tab")
        if shown.page.evaluate("() => document.activeElement.innerText.includes('Skips')"):
            break
    shown.page.keyboard.press("Enter")

    shown.page.get_by_role("heading", name="Skips", exact=True).wait_for()
    context.close()


def test_a_new_copy_is_shown_without_a_reload(browser, dashboard, serving):
    context = browser.new_context(**VIEWPORTS["desk"])
    context.set_default_timeout(PATIENCE * MILLISECONDS)
    shown = Watched(context.new_page())
    open_page(shown, dashboard)
    streams = int(number(serving, BY_DAY.format("streams")))
    shown.page.get_by_text(f"{streams:,}", exact=True).wait_for()
    kept, new = serving.with_name("kept.duckdb"), serving.with_name("new.duckdb")
    shutil.copyfile(serving, kept)
    shutil.copyfile(serving, new)
    with duckdb.connect(str(new)) as connection:
        connection.execute("update marts.daily_aggregates set streams = streams + 1000")

    try:
        new.replace(serving)
        wanted = int(number(serving, BY_DAY.format("streams")))
        shown.page.get_by_text(f"{wanted:,}", exact=True).wait_for()
    finally:
        kept.replace(serving)
        context.close()
    assert wanted > streams
