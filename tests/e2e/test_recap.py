"""A recap in a browser: it asks for nothing, fits the window, and shows the drawing that fits."""

from pathlib import Path

import pytest

from spotify_assets.figures.personal import listeners
from spotify_assets.warehouse.database import Database
from tests.e2e.browser import opened_browser
from tests.e2e.server import run_cli

WIDTHS = {"desk": (1280, "wide", "light"), "phone": (390, "narrow", "dark")}


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    """The recap of a generated listener over the days that the folder has."""
    target = folder / "recap.html"
    with Database(folder / "data" / "processed" / "serving.duckdb").reader() as connection:
        most_active = str(listeners(connection)["user_id"][0])
    run_cli(folder, "recap", "--user", most_active, "-o", str(target))
    return target


@pytest.mark.parametrize("name", WIDTHS)
def test_a_recap_asks_for_nothing_and_fits(page, name):
    width, shown, scheme = WIDTHS[name]
    hidden = {"wide": "narrow", "narrow": "wide"}[shown]
    requests: list[str] = []
    said: list[str] = []
    with opened_browser() as browser:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened = context.new_page()
        opened.on("request", lambda request: requests.append(request.url))
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto(page.as_uri())
        opened.wait_for_load_state("networkidle")

        assert requests == [page.as_uri()]
        assert said == []
        assert opened.evaluate("document.documentElement.scrollWidth") == width
        assert opened.locator(f"figure .{shown} svg").first.is_visible()
        assert not opened.locator(f"figure .{hidden} svg").first.is_visible()
        ink, paper = opened.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        assert (ink, paper) == {
            "light": ("rgb(29, 31, 36)", "rgb(255, 255, 255)"),
            "dark": ("rgb(242, 242, 242)", "rgb(14, 17, 23)"),
        }[scheme]
