"""Calls in the books and on the page of data quality: what began, what came of it, what was not needed."""

from collections import deque
from datetime import date

import pytest

from spotify_assets.accounts.books import calls_by_day
from spotify_assets.accounts.polling import poll
from spotify_assets.accounts.snapshots import snapshot
from spotify_assets.automation.accounts import account_problems
from spotify_assets.figures.called import api_calls
from spotify_assets.warehouse.calls import FILE, write_calls
from spotify_assets.warehouse.errors import WarehouseError
from tests.accounts.conftest import START, World
from tests.servers.spotify_api.world import id_of


def test_every_call_is_in_the_books_and_so_is_what_needed_none(world: World):
    world.connect("anna")
    settings = world.settings()
    world.api.faults["/v1/me"] = deque(["503", "429:5"])
    poll(settings, world.clock.timing)
    heard = [id_of("track", number) for number in (7, 200_000)]
    snapshot(settings, heard, world.clock.timing)
    snapshot(settings, heard, world.clock.timing)
    world.clock.seconds = START + 86_400
    poll(settings, world.clock.timing)
    books = [{name: each[name] for name in each} for each in calls_by_day(settings, world.clock.timing)]
    nothing = {"answered": 0, "not_there": 0, "told_to_wait": 0, "failed": 0, "saved": 0}
    assert books == [
        {**nothing, "day": "2026-03-02", "purpose": "recently_played", "begun": 1, "answered": 1},
        {
            **nothing,
            "day": "2026-03-01",
            "purpose": "recently_played",
            "begun": 3,
            "answered": 1,
            "told_to_wait": 1,
            "failed": 1,
        },
        {
            **nothing,
            "day": "2026-03-01",
            "purpose": "snapshots",
            "begun": 4,
            "answered": 3,
            "not_there": 1,
            "saved": 2,
        },
    ]
    write_calls(settings.processed_dir, books)
    figure = api_calls(settings.processed_dir)
    assert figure["begun"].to_list() == [1, 3, 4]
    assert figure["day"][0] == date(2026, 3, 2)
    world.clock.seconds += 40 * 86_400
    assert calls_by_day(settings, world.clock.timing) == []


def test_without_accounts_there_are_no_books(world: World):
    settings = world.settings()
    assert account_problems(settings) == []
    assert api_calls(settings.processed_dir).is_empty()
    assert not settings.accounts_dir.exists()
    assert not settings.processed_dir.exists()


def test_who_is_to_connect_again_is_among_what_is_broken(world: World):
    world.connect("anna", "ben")
    world.api.access.clear()
    world.api.refresh.clear()
    poll(world.settings(), world.clock.timing, only="anna")
    (problem,) = account_problems(world.settings())
    assert problem.title == "The account of anna sends nothing"
    assert "connect spotify again" in problem.detail
    assert not problem.blocks


def test_a_file_of_somebody_else_is_named(world: World):
    folder = world.settings().processed_dir
    folder.mkdir(parents=True)
    (folder / FILE).write_text("{}")
    assert api_calls(folder).is_empty()
    (folder / FILE).write_text('[{"day": "2026-03-01"}]')
    with pytest.raises(WarehouseError, match="it is written anew"):
        api_calls(folder)
