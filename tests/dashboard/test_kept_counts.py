"""What one page counted of the playbacks, the next one does not count again."""

from typing import Any

import pytest

from spotify_assets.dashboard.published import ask
from spotify_assets.figures import gathered, overview, skips, view
from spotify_assets.figures.view import Filters, choices
from tests.figures.recount import FEBRUARY


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that looked at playbacks."""
    found: list[str] = []
    asked = view.ask

    def noting(connection: Any, sql: str, *args: Any, **kwargs: Any) -> Any:
        if "marts.fact_listens" in sql:
            found.append(sql)
        return asked(connection, sql, *args, **kwargs)

    monkeypatch.setattr(view, "ask", noting)
    return found


def test_a_view_is_counted_once_for_questions_far_apart(published, looks, monkeypatch):
    """The copy is closed between two questions, and opened again."""
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    offered = ask(choices)
    genre, device = next(iter(offered.genre)), next(iter(offered.device))
    filters = Filters(FEBRUARY, genre=genre, device=device)

    counts = ask(overview.counts, filters)
    ask(overview.active_listeners, filters)
    assert len(looks) == 2  # the days, and the listeners
    days = ask(overview.by_day, filters)
    assert len(looks) == 2
    assert days["plays"].sum() == counts["plays"].item()
    ask(skips.survival, filters)
    ask(skips.by_dimension, filters, "position")
    assert len(looks) == 3

    ask(overview.by_day, Filters(FEBRUARY.before(), genre=genre, device=device))
    assert len(looks) == 4
    assert gathered.MOST_KEPT >= 4


def test_marts_answer_how_much_was_heard_of_a_genre(published, looks, monkeypatch):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    filters = Filters(FEBRUARY, genre=next(iter(ask(choices).genre)))
    assert ask(overview.by_day, filters)["plays"].sum() == ask(overview.counts, filters)["plays"].item() > 0
    assert looks == []
