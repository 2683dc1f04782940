"""Tracks, artists and albums: the most heard, their ranks over time, and one of them by its address."""

from functools import partial
from typing import cast
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from spotify_assets.charts import content as charts
from spotify_assets.charts import overview as daily
from spotify_assets.charts.theme import PERCENT
from spotify_assets.dashboard.clock import today
from spotify_assets.dashboard.components import (
    choice,
    chosen,
    filter_address,
    heading,
    heard,
    show,
    table,
    tile,
)
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import content, overview
from spotify_assets.figures.content import By, Kind
from spotify_assets.figures.view import Filters

SHOWN, IN_RANKS, IN_TABLE, IN_SONGS = 15, 5, 100, 20
"""How many are drawn as bars and as lines over time, stand in the table, and have their songs listed."""

_KINDS = ("Tracks", "Artists", "Albums")
_MEASURES = ("Streams", "Minutes")
_RANK = "rank of track, artist, album"
_TERMS = {"streams": "stream", "minutes": "time heard"}


def page(filters: Filters) -> None:
    """Draw the page: one of them where the address has an id, else the most heard."""
    identifier = st.query_params.get("id")
    if identifier is None:
        heading("Tracks, artists, albums", filters)
        heard(filters)
        _tops(filters, cast(Kind, choice("Of", _KINDS, parameter="of").lower()))
    else:
        _one(filters, cast(Kind, chosen(_KINDS, "of").lower()), identifier)


def _tops(filters: Filters, kind: Kind) -> None:
    by = cast(By, choice("By", _MEASURES, parameter="by", help="Minutes are those heard.").lower())
    rows = ask(content.tops, filters, kind, by, IN_TABLE)
    show(
        f"The first {SHOWN} {kind} by {by}",
        lambda top: charts.bars(top.head(SHOWN), "name", by, by),
        rows,
        term=_TERMS[by],
        name=f"top_{kind}_by_{by}",
        note="The grey mark is the compared period." if filters.compared else "",
    )
    first = rows.head(IN_RANKS)
    ranks = ask(content.ranks_over_time, filters, kind, by, tuple(first["id"]))
    show(
        f"Rank of the first {IN_RANKS} over time",
        charts.ranks,
        ranks.join(first.select("id", "name"), on="id", how="left"),
        term=_RANK,
        name=f"rank_of_{kind}_by_{by}",
        note="By week from Monday, in long periods by month, among all that was heard in it.",
    )
    _table(rows, kind, by)
    if kind == "artists":
        _songs()


def _table(rows: pl.DataFrame, kind: Kind, by: By) -> None:
    linked = rows.with_columns(
        look=pl.col("id").map_elements(lambda i: _link(kind, i), return_dtype=pl.String)
    )
    columns = {
        "rank": st.column_config.NumberColumn("Rank"),
        "previous_rank": st.column_config.NumberColumn("Before"),
        "name": st.column_config.TextColumn("Name"),
        "artist": st.column_config.TextColumn("Artist"),
        "streams": st.column_config.NumberColumn("Streams", format="localized"),
        "minutes": st.column_config.NumberColumn("Minutes", format="%,.0f"),
        "plays": st.column_config.NumberColumn("Plays", format="localized"),
        "skip_rate": st.column_config.NumberColumn("Skip rate", format="percent"),
        "look": st.column_config.LinkColumn("Look closer", display_text="open", help="This one by itself"),
    }
    shown = [name for name in columns if name != "artist" or kind != "artists"]
    table(
        f"The first {rows.height} {kind}",
        linked.select(shown),
        term=_TERMS[by],
        name=f"{kind}_by_{by}",
        columns=columns,
    )


def _songs() -> None:
    rows = ask(content.rank_in_artist, IN_SONGS)
    table(
        f"Top five songs of the first {IN_SONGS} artists, over all days",
        rows,
        term="rank within artist",
        name="songs_of_artists",
        columns={
            "artist_rank": st.column_config.NumberColumn("Artist's rank"),
            "artist": st.column_config.TextColumn("Artist"),
            "rank_in_artist": st.column_config.NumberColumn("Song's rank"),
            "name": st.column_config.TextColumn("Song"),
            "streams": st.column_config.NumberColumn("Streams", format="localized"),
        },
    )


def _link(kind: Kind, identifier: str) -> str:
    """The address of one of them, the filters included."""
    return "/tracks?" + urlencode({**filter_address(), "of": kind.capitalize(), "id": identifier})


def _back() -> None:
    del st.query_params["id"]


def _one(filters: Filters, kind: Kind, identifier: str) -> None:
    found = ask(content.details, kind, identifier)
    if found.is_empty():
        st.warning(f"The address says id={identifier}, but there are no plays of such a {kind[:-1]}.")
        st.button("All of them", on_click=_back, icon=":material/arrow_back:")
        return
    known = found.row(0, named=True)
    single = kind.removesuffix("s")
    heading(str(known[f"{single}_name"] or "Unknown"), filters)
    st.button(f"All {kind}", on_click=_back, icon=":material/arrow_back:")
    st.caption(f"{single.capitalize()} · {_words(known, kind)}")
    days = ask(content.one_by_day, filters, kind, identifier)
    plays, unknowns = int(days["plays"].sum()), int(days["unknowns"].sum())
    known_plays = plays - unknowns
    with st.container(horizontal=True):
        tile("Streams", f"{days['streams'].sum():,}", term="stream")
        tile("Minutes heard", f"{days['minutes'].sum():,.0f}", term="time heard")
        rate = f"{days['skips'].sum() / known_plays:.1%}" if known_plays else "–"
        tile("Skip rate", rate, term="skip rate")
        tile("Rank over all days", _rank(known[f"{single}_rank"]), term=_RANK)
    if unknown := overview.unknown_in_words(unknowns, plays):
        st.caption(unknown)
    _days(filters, kind, identifier, days)
    if kind != "tracks":
        tracks = ask(content.tracks_of, filters, kind, identifier, SHOWN)
        show(
            "Its tracks by streams",
            lambda rows: charts.bars(rows, "name", "streams", "streams"),
            tracks,
            term="stream",
            name=f"tracks_of_{single}",
        )


def _days(filters: Filters, kind: Kind, identifier: str, days: pl.DataFrame) -> None:
    compared = filters.of_compared()
    before = ask(content.one_by_day, compared, kind, identifier) if compared else None
    for title, number, axis, term, number_format in (
        ("Streams a day", "streams", "streams", "stream", ",.0f"),
        ("Skip rate by day", "skip_rate", "skip rate", "skip rate", PERCENT),
    ):
        rows = overview.days_side_by_side(days, before, "event_date", number)
        show(
            title,
            partial(daily.by_day, name=axis, number_format=number_format, today=today()),
            rows,
            term=term,
            name=f"{number}_of_one_by_day",
        )


def _rank(rank: int | None) -> str:
    return "–" if rank is None else f"{rank:,}"


def _words(known: dict[str, object], kind: Kind) -> str:
    """What the catalogue knows, in a line."""
    said = [str(known["primary_artist_name"])] if kind != "artists" and known["primary_artist_name"] else []
    for column, text in (
        ("album_name", "from {}"),
        ("primary_genre", "{}"),
        ("release_date", "released {}"),
        ("first_release_date", "released {}"),
        ("popularity", "popularity {}"),
        ("tracks_played", "{} tracks played"),
    ):
        if (
            column in known
            and known[column] is not None
            and not (kind == "albums" and column == "album_name")
        ):
            said.append(text.format(known[column]))
    return " · ".join(said)
