"""A connection to the published copy of a generated world; the same chart is drawn once, or stays blank."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import vl_convert

from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database


@pytest.fixture
def connection(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Database(Settings(data_dir=published, _env_file=None).serving_path).reader() as opened:
        yield opened


Drawn = dict[object, Any]


@pytest.fixture(scope="module", autouse=True)
def drawn() -> Iterator[Drawn]:
    """What the module's tests drew, by what was to be drawn: a chart that comes again is not drawn again."""
    kept: Drawn = {}

    def once(draw: Callable[..., Any]) -> Callable[..., Any]:
        def drawn_once(specification: str, **options: Any) -> Any:
            asked = draw.__name__, specification, *sorted(options.items())
            if asked not in kept:
                kept[asked] = draw(specification, **options)
            return kept[asked]

        return drawn_once

    with pytest.MonkeyPatch.context() as patch:
        for name in ("vegalite_to_svg", "vegalite_to_png"):
            patch.setattr(vl_convert, name, once(getattr(vl_convert, name)))
        yield kept


BLANK = '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" viewBox="0 0 100 100"></svg>'


@pytest.fixture
def blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts are specified and not drawn, for tests of what stands around them."""
    monkeypatch.setattr(vl_convert, "vegalite_to_svg", lambda _, **__: BLANK)
    monkeypatch.setattr(vl_convert, "vegalite_to_png", lambda _, **__: b"\x89PNG")
