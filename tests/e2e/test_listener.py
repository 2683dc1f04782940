"""My listening as it is seen: four listeners, four widths, both themes; numbers beside SQL; journeys."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spotify_assets.figures.view import Period
from spotify_assets.report.language import day
from spotify_assets.warehouse.database import Database
from tests.e2e.browser import opened_browser
from tests.e2e.dashboard import MILLISECONDS, PATIENCE, Watched, open_page, served
from tests.e2e.looks import SAID, cut_off, overlaps, serious
from tests.report import listeners as world

VIEWS = {
    "a day": (world.DAY, Period(date(2025, 12, 30), date(2025, 12, 30))),
    "a month": (world.MONTH, Period(date(2025, 11, 1), date(2025, 11, 30))),
    "fifteen years": (world.YEARS, Period(world.FIRST, world.LAST)),
    "one year of fifteen": (world.YEARS, Period(date(2016, 1, 1), date(2016, 12, 31))),
    "podcasts only": (world.PODCASTS, Period(date(2025, 1, 1), date(2025, 10, 27))),
}
WIDTHS = (360, 390, 768, 1440)
ALWAYS = {"Listening time", "Hours of the week", "Sessions", "What the data cannot say"}
OF_MUSIC = {"Tracks", "Artists", "Albums", "Discovered artists", "First listens", "Streaks", "Milestones"}
OF_MUSIC |= {"How playbacks end"}
SECTIONS = {
    "a day": ALWAYS | OF_MUSIC,
    "a month": ALWAYS | OF_MUSIC | {"Ranks over time"},
    "fifteen years": ALWAYS
    | OF_MUSIC
    | {"Ranks over time", "Obsessions", "Forgotten favourites", "On this day", "Journeys", "Eras of taste"},
    "one year of fifteen": ALWAYS | OF_MUSIC | {"Ranks over time", "Obsessions", "Journeys", "On this day"},
    "podcasts only": ALWAYS | {"Podcasts, audiobooks and videos"},
}
"""Headings that have to be there."""
TABLES = """
() => Object.fromEntries([...document.querySelectorAll('.told')].map(one => [
  one.getAttribute('aria-label'),
  [...one.querySelectorAll('tbody tr')].map(
    row => [...row.querySelectorAll('td')].map(cell => cell.innerText.trim().replace(/\\s*\\n\\s*/g, ' · '))
  )
]))
"""
"""The cells of every table by its caption, as they are read."""
MARKS = "() => [...document.querySelectorAll('svg.marks')].map(one => one.getBoundingClientRect().width + '')"
OWN = """
with zoned as (
  select *, started_at at time zone 'UTC' at time zone 'Europe/Berlin' as local_start,
    ended_at at time zone 'UTC' at time zone 'Europe/Berlin' as local_end, reason_end = 'fwdbtn' as is_skip,
    content_type = 'music' as is_music, content_type = 'music' and ms_played >= 30000 as is_stream
  from core.listening_events where user_id = $user
), own as (select *, local_start::date as local_date from zoned)
, heard as (select * from own where local_date between $first and $last)
, music as (select * from heard where is_music)
"""
"""A listener's events as they came, without lengths of tracks: neither marts nor figures of the product."""
SUMS = "sum(is_stream::int) as streams, sum(ms_played) / 60000 as minutes, avg(is_skip::int) as skipped"


@dataclass(frozen=True)
class Shown:
    """The page of a listener over a period in a browser, and what it is made of."""

    view: str
    watched: Watched
    data: Path

    @property
    def page(self) -> Any:
        return self.watched.page

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query over `own`, all of the listener, `heard`, those of the period, and `music`."""
        user, period = VIEWS[self.view]
        days = {"user": user, "first": period.first, "last": period.last}
        with duckdb.connect(str(self.data), read_only=True) as connection:
            return connection.execute(f"{OWN} {query}", days).fetchall()

    def number(self, query: str) -> Any:
        return self.sql(query)[0][0]

    def look(self, width: int, scheme: str = "light") -> None:
        """Take another width or theme, and wait until the charts have it."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 900})
        before, same = None, 0
        while same < 3:
            self.page.wait_for_timeout(150)
            now = self.page.evaluate(MARKS)
            before, same = now, same + 1 if now == before else 0

    def tables(self) -> dict[str, list[list[str]]]:
        self.look(1440)
        return dict(self.page.evaluate(TABLES))

    def tiles(self) -> dict[str, str]:
        names, values = (
            self.page.locator(f"[data-testid=stMetric{part}]").all_inner_texts()
            for part in ("Label", "Value")
        )
        return dict(zip([name.strip() for name in names], values, strict=True))


@pytest.fixture(scope="module")
def dashboard(listeners: Database) -> Iterator[tuple[str, Path]]:
    """The address of a dashboard on the four listeners, and the copy that it shows."""
    copy = Path(str(listeners))
    with served(copy.parent.parent) as (url, _):
        yield url, copy


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as found:
        yield found


@pytest.fixture(scope="module", params=VIEWS)
def shown(request: pytest.FixtureRequest, browser: Any, dashboard: tuple[str, Path]) -> Iterator[Shown]:
    """A view, opened once for all tests of it, with everything unfolded."""
    url, data = dashboard
    user, period = VIEWS[request.param]
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE * MILLISECONDS)
    watched = Watched(context.new_page())
    watched.watch()
    open_page(watched, f"{url}/listener?user={user}&from={period.first}&to={period.last}")
    watched.page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    yield Shown(request.param, watched, data)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_everything_fits_and_is_words(shown: Shown, width: int, scheme: str):
    shown.look(width, scheme)

    assert shown.watched.wrong == []
    assert shown.page.locator("[data-testid=stException]").count() == 0
    assert shown.page.evaluate("document.documentElement.scrollWidth") == width
    assert overlaps(shown.page) == []
    assert cut_off(shown.page) == []
    said = shown.page.evaluate(SAID)
    assert not re.findall(r"\b(?:None|nan|null|undefined|NaN)\b", said)
    icons = shown.page.locator("[data-testid=stIconMaterial]").all_inner_texts()
    assert not set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", said)) - set(icons)


def test_every_section_that_has_something_is_there(shown: Shown):
    headings = [one.strip() for one in shown.page.locator("h3").all_inner_texts()]
    assert SECTIONS[shown.view] <= set(headings)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(shown: Shown, scheme: str):
    shown.look(390, scheme)
    assert serious(shown.page) == []


def test_tiles_show_what_sql_says(shown: Shown):
    clock = """, spans as (
      select started_at, ended_at, coalesce(max(ended_at) over (order by started_at, ended_at
        rows between unbounded preceding and 1 preceding), started_at) as until from heard
    ) select sum(greatest(0, epoch(ended_at) - epoch(greatest(started_at, until)))) / 3600 from spans"""
    streaks = """, days as (select distinct local_date from music),
      islands as (select local_date - row_number() over (order by local_date)::int as island from days)
      select max(n) from (select count(*) as n from islands group by island)"""
    new = """, firsts as (select min(local_date) filter (is_stream) as on_day from own
      group by track_name, artist_name) select count(*) from firsts where on_day between $first and $last"""

    tracks = "select count(distinct (track_name, artist_name)) from music"

    tiles = shown.tiles()

    wanted = {"Hours listened": f"{shown.number(clock):,.1f}"}
    if shown.number("select count(*) from music"):
        wanted |= {
            "Streams": f"{shown.number('select sum(is_stream::int) from music'):,}",
            "Plays": f"{shown.number('select count(*) from music'):,}",
            "Plays skipped": f"{shown.number('select avg(is_skip::int) from music'):.1%}",
            "Tracks played": f"{shown.number(tracks):,}",
            "Artists played": f"{shown.number('select count(distinct artist_name) from music'):,}",
            "New tracks streamed": f"{shown.number(new):,}",
            "Days in a row with music": f"{shown.number(streaks):,}",
        }
    else:
        wanted["Playbacks"] = f"{shown.number('select count(*) from heard'):,}"
    assert tiles.items() >= wanted.items()


@pytest.mark.parametrize(
    ("caption", "name"),
    [("Top tracks", "track_name || ' · ' || artist_name"), ("Top artists", "artist_name")],
)
def test_tops_are_those_of_sql(shown: Shown, caption: str, name: str):
    found = shown.sql(
        f"select {name} as name, {SUMS} from music group by all having streams > 0 "
        "order by streams desc, minutes desc limit 10"
    )
    wanted = [[n, f"{streams:,}", f"{minutes:,.0f}", f"{skip:.1%}"] for n, streams, minutes, skip in found]

    rows = [[row[1], row[2], row[3], row[5]] for row in shown.tables().get(caption, [])]

    assert rows == wanted


def test_days_and_round_numbers_are_those_of_sql(shown: Shown):
    tables = shown.tables()
    played = "(select local_date, row_number() over (order by started_at) as n from own where is_music)"
    for row in tables.get("Round numbers, the newest first", []):
        if found := re.fullmatch(r"(?:play number ([\d,]+)|the first play)", row[0]):
            number = int((found[1] or "1").replace(",", ""))
            assert row[1] == day(shown.number(f"select local_date from {played} where n = {number}"))
    for row in tables.get("Since when the artists of the top are known", []):
        first = f"select min(local_date) from own where is_stream and artist_name = '{row[1]}'"
        assert row[2] == day(shown.number(first))
    for row in tables.get("The same date in earlier years", []):
        back = VIEWS[shown.view][1].last.year - int(row[0])
        same = f"local_date = $last::date - interval ({back}) year"
        plays = shown.number(f"select count(*) from own where is_music and {same}")
        assert row[3] == f"{plays:,}"
    gaps = """, days as (select distinct local_date from own),
      ended as (select local_date, local_date - lag(local_date) over (order by local_date) - 1 as n from days)
      select n from ended where n >= 3 and local_date between $first and $last order by n desc limit 5"""
    wanted = [f"{n:,}" for (n,) in shown.sql(gaps)]
    assert [row[0] for row in tables.get("Longest silences", [])] == wanted


def test_the_hour_of_most_listening_is_that_of_sql(shown: Shown):
    [(weekday, hour, minutes)] = shown.sql(
        """, hours as (
          select *, unnest(range(date_trunc('hour', local_start), local_end, interval 1 hour)) as began,
            epoch(least(local_end, began + interval 1 hour)) - epoch(greatest(local_start, began)) as seconds
          from heard
        ) select strftime(began, '%A'), hour(began), sum(seconds) / 60 from hours
        group by 1, 2 order by 3 desc limit 1"""
    )
    said = f"Most was heard on {weekday}s from {hour}:00: {minutes:,.0f} minutes."
    assert said in shown.page.evaluate(SAID)


def test_shows_are_those_of_sql(shown: Shown):
    found = shown.sql(
        "select artist_name, sum(ms_played) / 60000, count(distinct track_name), count(*) from heard "
        "where content_type = 'podcast' group by 1 order by 2 desc"
    )
    wanted = [[show, f"{minutes:,.0f}", f"{titles:,}", f"{n:,}"] for show, minutes, titles, n in found]
    assert [row[1:] for row in shown.tables().get("Top podcasts", [])] == wanted


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("caption", ["Top tracks", "Top artists", "Longest sessions"])
def test_a_click_on_a_name_tells_its_journey(shown: Shown, caption: str, width: int):
    if shown.view == "podcasts only":
        pytest.skip("no music was played")
    shown.look(width)
    link = shown.page.locator(f".told[aria-label='{caption}'] tbody a").first
    cell = link.locator("xpath=ancestor::td[1]")
    names = cell.inner_text().split("\n")
    told = shown.page.locator(str(link.get_attribute("href")))
    assert not told.is_visible()

    link.click()

    told.wait_for()
    box = told.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    said = told.inner_text()
    assert set(names) <= set(re.split(r" · |\n", said))
    artist = " = ".join(["artist_name", f"'{names[-1]}'"])
    of = f"{artist} and track_name = '{names[0]}'" if len(names) > 1 else artist
    [(first, last, plays, streams, skipped)] = shown.sql(
        "select min(local_date), max(local_date), count(*), sum(is_stream::int), avg(is_skip::int) from own "
        f"where is_music and local_date <= $last and {of}"
    )
    assert f"First played on {day(first)}, last on {day(last)}." in said
    assert re.search(rf"{plays:,} plays?, {streams:,} streams?, {skipped:.1%} skipped", said)
    assert shown.watched.wrong == []
    told.get_by_role("link", name="Close").click()
    told.wait_for(state="hidden")


def test_a_journey_is_reached_by_keyboard(shown: Shown):
    link = shown.page.locator(".told tbody a").first
    if not link.count():
        pytest.skip("no music was played")
    link.focus()
    shown.page.keyboard.press("Enter")
    shown.page.locator(str(link.get_attribute("href"))).wait_for()
    assert serious(shown.page) == []
    shown.page.get_by_role("link", name="Close").locator("visible=true").click()
