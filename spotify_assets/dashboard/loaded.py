"""Streamlit's command, with what the pages need made ready before it listens: `python -m` this module.

Streamlit imports an app when the first browser asks for it, which then waits for two seconds more; and what
draws a page imports and prepares again as much as a page takes when it does so for the first time.
"""

import logging
from importlib import import_module

import altair  # noqa: F401 - pages draw with it, and import it when they do
from streamlit.testing.v1 import AppTest
from streamlit.web.cli import main

from spotify_assets.dashboard.app import PAGES

PATIENCE_SECONDS = 30


def _first_page() -> None:
    from spotify_assets.dashboard.app import PAGES, run  # noqa: PLC0415 - the text of this is run by itself

    run(PAGES[0])


def visit() -> None:
    """Open the first page as nobody, with no browser; whatever is wrong with it, its visitors are told."""
    context = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    context.disabled = True  # it warns of a page without a browser
    try:
        AppTest.from_function(_first_page, default_timeout=PATIENCE_SECONDS).run()
    except RuntimeError as error:  # it took too long
        logging.getLogger(__name__).warning("the first page is not ready: %s", error)
    finally:
        context.disabled = False


if __name__ == "__main__":
    for page in PAGES:
        import_module(page.imported_as)
    visit()
    main(prog_name="streamlit")
