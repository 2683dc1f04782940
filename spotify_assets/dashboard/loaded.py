"""Streamlit's command, with what the pages need made ready before it listens: `python -m` this module.

Streamlit imports an app when the first browser asks for it, which then waits for two seconds more; and what
draws a page imports and prepares again as much as a page takes when it does so for the first time.
"""

import logging
import sys
import threading
import time
import webbrowser
from importlib import import_module
from urllib.request import urlopen

import altair  # noqa: F401 - pages draw with it, and import it when they do
from streamlit.testing.v1 import AppTest
from streamlit.web.cli import main

from spotify_assets.dashboard.app import PAGES
from spotify_assets.dashboard.serve import OPEN

PATIENCE_SECONDS = 30


def _first_page() -> None:
    from spotify_assets.dashboard.app import PAGES, run  # noqa: PLC0415 - the text of this is run by itself

    run(PAGES[0])


def visit() -> None:
    """Open the first page as nobody, with no browser; whatever is wrong with it, its visitors are told."""
    context = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    context.disabled = True  # it warns of a page without a browser
    # Without a command the page has Streamlit's defaults, from which those of the command differ soon after.
    logging.getLogger("streamlit.config").addFilter(lambda told: "[server] config" not in told.getMessage())
    try:
        AppTest.from_function(_first_page, default_timeout=PATIENCE_SECONDS).run()
    except RuntimeError as error:  # it took too long
        logging.getLogger(__name__).warning("the first page is not ready: %s", error)
    finally:
        context.disabled = False


def open_browser(address: str) -> None:
    """Open a browser window once the server answers; none where it does not for `PATIENCE_SECONDS`."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            with urlopen(f"{address}/_stcore/health"):  # noqa: S310 - of this machine, and http
                webbrowser.open(address)
                return
        except OSError:
            time.sleep(0.2)


def taken_out(arguments: list[str]) -> str | None:
    """The address that a browser is to be opened on, taken out of the arguments; None without."""
    found = [word for word in arguments if word.startswith(OPEN)]
    arguments[:] = [word for word in arguments if word not in found]
    return found[-1].removeprefix(OPEN) if found else None


if __name__ == "__main__":
    for page in PAGES:
        import_module(page.imported_as)
    visit()
    if (address := taken_out(sys.argv)) is not None:
        threading.Thread(target=open_browser, args=[address], daemon=True).start()
    main(prog_name="streamlit")
