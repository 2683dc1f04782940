"""My listening: whose is asked for, and what is shown of them."""

from tests.dashboard.pages import open_page, tiles
from tests.figures.one_listener import BEFORE, DECLARED, theirs
from tests.figures.recount import FEBRUARY

ADDRESS = {"from": str(FEBRUARY.first), "to": str(FEBRUARY.last)}


def test_among_several_listeners_one_is_to_be_chosen(published, monkeypatch):
    page = open_page("listener", published, monkeypatch, **ADDRESS)
    assert not page.exception
    assert "Choose one of the 25 listeners" in page.info[0].value

    page.selectbox(key="user").select(DECLARED).run()

    assert not page.exception
    assert tiles(page)["Streams"] == f"{theirs(DECLARED, FEBRUARY)['is_stream'].sum():,}"


def test_tops_by_minutes_are_in_the_address(published, monkeypatch):
    page = open_page("listener", published, monkeypatch, user=DECLARED, by="Minutes", **ADDRESS)
    assert not page.exception
    assert not page.warning
    wrong = open_page("listener", published, monkeypatch, user=DECLARED, by="Luck", **ADDRESS)
    assert "by=Luck" in wrong.warning[0].value


def test_without_a_compared_period_nothing_rises_or_falls(published, monkeypatch):
    alone = open_page("listener", published, monkeypatch, user=DECLARED, compare="none", **ADDRESS)
    both = open_page("listener", published, monkeypatch, user=DECLARED, compare=str(BEFORE), **ADDRESS)
    assert not alone.exception
    assert not both.exception
    assert "How far taste moved" not in [one.value for one in alone.subheader]
    assert "How far taste moved" in [one.value for one in both.subheader]
    assert "America/Los_Angeles" in "".join(one.value for one in both.caption)


def test_a_period_without_listening_says_so(published, monkeypatch):
    page = open_page(
        "listener", published, monkeypatch, user=DECLARED, **{"from": "2025-01-25", "to": "2025-01-25"}
    )
    assert not page.exception
