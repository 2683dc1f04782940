"""The overview shows the numbers of `figures`, for the view that its address names."""

import polars as pl

from spotify_assets.figures.view import Filters
from tests.dashboard.pages import open_page, tiles
from tests.figures.recount import FEBRUARY, chosen, within

ADDRESS = {"from": str(FEBRUARY.first), "to": str(FEBRUARY.last)}


def test_tiles_show_the_period_of_the_address(published, monkeypatch):
    app = open_page("overview", published, monkeypatch, **ADDRESS)
    rows = within(FEBRUARY)
    rate = rows["is_skip"].sum() / rows.height

    assert not app.exception
    assert tiles(app)["Streams"] == f"{int(rows['is_stream'].sum()):,}"
    assert tiles(app)["Minutes heard"] == f"{rows['ms_played'].sum() / 60_000:,.0f}"
    assert tiles(app)["Skip rate"] == f"{rate:.1%}"
    listeners = chosen(Filters(FEBRUARY), "local_date").select("local_date", "user_id").n_unique()
    assert tiles(app)["Daily active listeners"] == f"{listeners / FEBRUARY.days:,.1f}"
    heard = f"{rows['ms_played'].sum() / 3_600_000:,.0f} hours heard; {rate:.1%} of the plays were skipped."
    assert app.markdown[0].value == f"**{int(rows['is_stream'].sum()):,} streams** and {heard}"


def test_the_listener_filter_is_in_the_address_and_in_the_numbers(published, monkeypatch):
    app = open_page("overview", published, monkeypatch, **ADDRESS)
    user = str(within(FEBRUARY)["user_id"].min())

    app.selectbox(key="user").select(user).run()

    assert not app.exception
    assert app.query_params["user"] == user
    streams = within(FEBRUARY).filter(pl.col("user_id") == user)["is_stream"].sum()
    assert tiles(app)["Streams"] == f"{streams:,}"
