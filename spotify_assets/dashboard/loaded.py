"""Streamlit's command, with what the pages need imported before it listens: `python -m` this module.

Streamlit imports an app when the first browser asks for it, which then waits for two seconds more.
"""

from importlib import import_module

import altair  # noqa: F401 - pages draw with it, and import it when they do
from streamlit.web.cli import main

from spotify_assets.dashboard.app import PAGES

if __name__ == "__main__":
    for page in PAGES:
        import_module(page.imported_as)
    main(prog_name="streamlit")
