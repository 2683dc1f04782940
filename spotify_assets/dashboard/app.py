"""The app: its menu, and what every page stands in; see `serve` for how it is started."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pandas  # noqa: F401 - Streamlit imports it when first needed, and a rerun meanwhile finds half of it
import streamlit as st

from spotify_assets.dashboard import components
from spotify_assets.dashboard.access import door, viewer, who_is_here
from spotify_assets.dashboard.accounts import EVERYTHING, NOTHING
from spotify_assets.dashboard.published import kept_open
from spotify_assets.figures.view import Filters, Period
from spotify_assets.warehouse.connection import OUTDATED_COPY


@dataclass(frozen=True)
class Page:
    """A page: its module below `pages`, which is its address as well, its title and its icon.

    `of_one` says that it shows one listener, who may see it too.
    """

    module: str
    title: str
    icon: str
    of_one: bool = False

    @property
    def imported_as(self) -> str:
        """The full name of its module."""
        return f"spotify_assets.dashboard.pages.{self.module}"

    def opening(self, user_id: str | None) -> Period | None:
        """The period that it opens on, where it has one of its own."""
        own: Callable[[str | None], Period | None] | None = getattr(
            import_module(self.imported_as), "opening", None
        )
        return own(user_id) if own else None

    def show(self, filters: Filters) -> None:
        """Draw the page; where a table is not published yet, say so instead."""
        try:
            import_module(self.imported_as).page(filters)
        except OUTDATED_COPY as error:
            missing = str(error).splitlines()[0]
            components.empty_state(
                f"The published copy lacks what this page shows ({missing}).", "spotify-assets materialize"
            )


ICON = Path(__file__).with_name("icon.svg")
"""A file, because Streamlit would fetch an icon by name from the network."""

PAGES = (
    Page("overview", "Overview", ":material/monitoring:"),
    Page("tracks", "Tracks, artists, albums", ":material/music_note:"),
    Page("genres", "Genres", ":material/category:"),
    Page("skips", "Skips", ":material/skip_next:"),
    Page("places", "Where & when", ":material/public:"),
    Page("audience", "Audience", ":material/groups:"),
    Page("catalogue", "Popularity & catalogue", ":material/trending_up:"),
    Page("listener", "My listening", ":material/person:", of_one=True),
    Page("model", "Skip model", ":material/insights:"),
    Page("quality", "Data quality", ":material/fact_check:"),
)
"""In the order of the menu."""


def run(page: Page) -> None:
    """The filters and one page."""
    with kept_open():
        filters = components.filter_bar(page.module, page.opening)
        if filters:
            page.show(filters)


def main() -> None:
    """The menu and the page that the address names, of those that the viewer sees; else the door."""
    st.set_page_config(page_title="Listening", page_icon=str(ICON), layout="wide")
    seen = viewer()
    if seen == NOTHING:
        door()
        return
    pages = [page for page in PAGES if seen == EVERYTHING or page.of_one]

    def runner(page: Page) -> Callable[[], None]:
        return lambda: run(page)

    # The first page has the address of the server; who writes its name after it is shown it as well.
    first = pages[0]
    by_name = st.Page(runner(first), title=first.title, url_path=first.module, visibility="hidden")
    current = st.navigation(
        [
            by_name,
            *(
                st.Page(
                    runner(page),
                    title=page.title,
                    icon=page.icon,
                    url_path=None if page is first else page.module,
                    default=page is first,
                )
                for page in pages
            ),
        ]
    )
    components.watch()
    current.run()
    who_is_here()
