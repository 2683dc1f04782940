"""Pages of the app on a published copy, run without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

SECONDS = 120
"""A page may take so long on a busy machine before its test fails."""


def _script(module: str) -> None:
    from spotify_assets.dashboard.app import PAGES, run

    run(next(page for page in PAGES if page.module == module))


def open_page(module: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch, **parameters: str) -> AppTest:
    """A page as a browser gets it that opens it with these query parameters."""
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(data_dir))
    app = AppTest.from_function(_script, default_timeout=SECONDS, args=(module,))
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def tiles(app: AppTest) -> dict[str, str]:
    """The numbers of the page's tiles by label."""
    return {metric.label: metric.value for metric in app.metric}
