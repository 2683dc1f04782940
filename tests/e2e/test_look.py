"""The recap as it is seen: four listeners, four widths, both themes, in a headless Chromium."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from spotify_assets.figures.view import Period
from spotify_assets.report.recap import Asked, Recap, recap
from spotify_assets.report.sections import ALL_FIGURES
from spotify_assets.warehouse.database import Database
from tests.e2e.approved import differences, drawings
from tests.e2e.browser import opened_browser
from tests.e2e.looks import SAID, overlaps, serious
from tests.report import listeners as world

PERIODS = {
    world.DAY: Period(date(2025, 12, 30), date(2025, 12, 30)),
    world.MONTH: Period(date(2025, 11, 1), date(2025, 11, 30)),
    world.YEARS: Period(world.FIRST, world.LAST),
    world.PODCASTS: Period(date(2025, 1, 1), date(2025, 10, 27)),
}
WIDTHS = (360, 390, 768, 1440)
COLUMNS = {"minutes_listened", "robust_z", "track_name", "artist_name", "is_asked", "skip_rate", "ms_played"}


@pytest.fixture(scope="module")
def written(listeners: Database, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Recap]:
    """The recap of each listener over all that is known of them."""
    folder = tmp_path_factory.mktemp("looks")
    return {
        user: recap(listeners, folder / f"{user}.html", Asked(user, days.first, days.last))
        for user, days in PERIODS.items()
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as found:
        yield found


@pytest.fixture
def shown(browser: Any, written: Mapping[str, Recap], user: str, width: int, scheme: str) -> Iterator[Any]:
    """The page of a listener, and everything that its console said in `said`."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.goto(written[user].page.as_uri())
    yield page
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("user", PERIODS)
def test_everything_fits_and_is_words(
    shown: Any, written: Mapping[str, Recap], user: str, width: int, scheme: str
):
    for folded in shown.locator("details > summary").all():
        folded.click()

    assert shown.said == []
    assert shown.evaluate("document.documentElement.scrollWidth") == width
    assert overlaps(shown) == []
    said = shown.evaluate(SAID)
    assert not re.findall(r"\b(?:None|nan|null|undefined|NaN)\b", said)
    assert not [column for column in COLUMNS if column in said]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390])
@pytest.mark.parametrize("user", PERIODS)
def test_axe_finds_nothing_serious(shown: Any, user: str, width: int, scheme: str):
    assert serious(shown) == []


@pytest.mark.parametrize("scheme", ["light"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("user", PERIODS)
def test_drawings_are_as_they_were_approved(shown: Any, user: str, width: int, scheme: str):
    assert differences(f"{user}-{width}", drawings(shown)) == []


@pytest.mark.parametrize(("user", "width", "scheme"), [(world.MONTH, 390, "light")])
def test_a_text_that_vanishes_or_a_mark_that_moves_is_found(shown: Any, user: str, width: int, scheme: str):
    found = drawings(shown)
    caption = next(iter(found))
    text = found[caption]["texts"].pop()
    assert differences(f"{user}-{width}", found) == [f"{caption}: {text} vanished"]
    found = drawings(shown)
    found[caption]["ink"] = [row[::-1] for row in found[caption]["ink"]]
    assert any("marks lie elsewhere" in one for one in differences(f"{user}-{width}", found))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("user", [world.YEARS])
def test_a_click_on_a_name_tells_its_journey(shown: Any, user: str, width: int, scheme: str):
    link = shown.locator("#tracks .told a").first
    anchor = str(link.get_attribute("href"))
    told = shown.locator(anchor)
    assert not told.is_visible()

    link.focus()
    shown.keyboard.press("Enter")

    assert told.is_visible()
    assert link.inner_text() in told.inner_text()
    box = told.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert serious(shown) == []
    told.get_by_role("link", name="Close").click()
    assert not told.is_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light")])
@pytest.mark.parametrize("user", PERIODS)
def test_the_numbers_that_are_seen_are_those_of_the_files(
    shown: Any, written: Mapping[str, Recap], user: str, width: int, scheme: str
):
    made = written[user]
    totals = made.figures.totals()
    tiles = dict(
        zip(*[shown.locator(f".tiles {part}").all_inner_texts() for part in ("span", "b")], strict=False)
    )
    assert tiles["hours listened"] == f"{totals['minutes_listened'] / 60:,.1f}"
    if totals["plays"]:
        assert tiles["streams"] == f"{totals['streams']:,}"
        top = shown.locator("#artists table").first.locator("tbody tr").all()
        for row, one in zip(top, made.figures["artists"].to_dicts(), strict=False):
            cells = row.locator("td").all_inner_texts()
            assert cells[1].strip() == " ".join(one["artist_name"].split())
            assert cells[2] == f"{one['streams']:,.0f}".replace(".0", "")


def test_every_figure_is_beside_the_page(written: Mapping[str, Recap]):
    for made in written.values():
        names = {path.stem for path in Path(made.data).glob("*.parquet")}
        assert names == {figure.name for figure in ALL_FIGURES}
