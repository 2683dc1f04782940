"""My listening: one listener's recap of the period, to be looked into; also to be taken along as a page."""

from functools import partial

import polars as pl
import streamlit as st

from spotify_assets.charts import personal as charts
from spotify_assets.dashboard.furniture import change, choice, heading, show, table, tile
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import overview, personal
from spotify_assets.figures.personal import COMPARED, PersonalFigures
from spotify_assets.figures.personal_queries import TERMS
from spotify_assets.figures.view import Filters
from spotify_assets.report.page import rendered

_TOPS = (
    ("Tracks", "tracks", "track_name"),
    ("Artists", "artists", "artist_name"),
    ("Albums", "albums", "album_name"),
    ("Genres", "genres", "genre"),
)
_SHARE = st.column_config.NumberColumn("Share", format="percent")
_MINUTES = st.column_config.NumberColumn("Minutes", format="%.0f")
_FIRST_DATE = st.column_config.DateColumn("From")


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("My listening", filters)
    names = ask(personal.listeners)["user_id"].to_list()
    user_id = filters.user_id or (names[0] if len(names) == 1 else None)
    if user_id is None:
        st.info(
            f"Choose one of the {len(names):,} listeners in the filters to see their listening.",
            icon=":material/person_search:",
        )
        return
    figures = ask(personal.personal_figures, user_id, filters.period, filters.compared)
    st.caption(
        f"Days and hours are of the listener's own clock ({figures.listener.time_zone}), by the start of "
        "the playback. Of the filters, this page obeys the listener, the period and the compared one."
    )
    if not figures.totals()["playbacks"]:
        known = figures.listener.known
        st.info(
            f"{user_id} listened to nothing in this period: choose days from {known.first} to {known.last}.",
            icon=":material/search_off:",
        )
        return
    _numbers(figures)
    st.download_button(
        "Recap as a page",
        data=lambda: rendered(figures, []),
        file_name=f"recap {figures.period}.html",
        mime="text/html",
        icon=":material/description:",
        on_click="ignore",
        help="All of this in one file that needs no network",
    )
    _when(figures)
    _tops(figures)
    _discoveries(figures)
    _taste(figures)
    _skips(figures)
    table(
        "What the data cannot say",
        figures["unknowns"].filter(pl.col("touched") > 0),
        term=TERMS["unknowns"],
        name="unknowns",
        columns={"share": _SHARE},
    )


def _numbers(figures: PersonalFigures) -> None:
    now = figures.totals()
    before = figures.totals(COMPARED) if figures.compared else dict.fromkeys(now)
    term = TERMS["totals"]
    with st.container(horizontal=True):
        tile(
            "Hours listened",
            f"{now['minutes_listened'] / 60:,.1f}",
            term=TERMS["timeline"],
            change=change(now["minutes_listened"], before["minutes_listened"]),
        )
        for label, name in (
            ("Streams", "streams"),
            ("Plays", "plays"),
            ("Tracks", "tracks"),
            ("Artists", "artists"),
            ("New tracks", "new_tracks"),
            ("Days in a row", "longest_streak_days"),
        ):
            tile(label, f"{now[name]:,}", term=term, change=change(now[name], before[name]))
        rate = now["skip_rate"]
        tile(
            "Plays skipped",
            "–" if rate is None else f"{rate:.1%}",
            term="skip rate",
            change=change(rate, before["skip_rate"], points=True),
        )
    if unknown := overview.unknown_in_words(now["unknowns"], now["plays"]):
        st.caption(unknown)


def _when(figures: PersonalFigures) -> None:
    show(
        "Listening time",
        charts.listening_time,
        figures["timeline"],
        term=TERMS["timeline"],
        name="listening_time",
    )
    show(
        "Hours of the week", charts.hours_of_week, figures["hours"], term=TERMS["hours"], name="hours_of_week"
    )
    if charts.CALENDAR_FROM <= figures.period.days <= charts.CALENDAR_UP_TO:
        show("Calendar", charts.calendar, figures["days"], term=TERMS["days"], name="calendar")
    table(
        "Streaks",
        figures.of_period("streaks"),
        term=TERMS["streaks"],
        name="streaks",
        columns={"first_date": _FIRST_DATE, "last_date": st.column_config.DateColumn("To")},
    )


def _tops(figures: PersonalFigures) -> None:
    by = choice("Tops by", ["Streams", "Minutes"], parameter="by").lower()
    for title, name, label in _TOPS:
        rows = figures[name]
        show(
            title,
            partial(charts.tops, name=label, by=by),
            rows.filter(pl.col(f"rank_by_{by}").is_not_null()),
            term=TERMS[name],
            name=name,
            note="A grey tick stands where the compared period was." if figures.compared else "",
            empty="Nothing of it is known in this period: the catalogue may lack what was heard.",
        )


def _discoveries(figures: PersonalFigures) -> None:
    show(
        "New tracks",
        charts.discoveries,
        figures.frames["timeline"],
        term=TERMS["timeline"],
        name="new_tracks",
    )
    table(
        "Artists for the first time",
        figures["discovered_artists"].drop("artist_id"),
        term=TERMS["discovered_artists"],
        name="discovered_artists",
        columns={"minutes": _MINUTES, "first_date": _FIRST_DATE},
        empty="No artist was streamed for the first time in this period.",
    )


def _taste(figures: PersonalFigures) -> None:
    unknown = "The catalogue does not describe what was streamed: import one (spotify-assets import FILE)."
    show(
        "Eras",
        charts.eras,
        figures["eras"].filter(pl.col("decade").is_not_null()),
        term=TERMS["eras"],
        name="eras",
        empty=unknown,
    )
    show(
        "Moods",
        charts.moods,
        figures["moods"].filter(pl.col("mood") != "unknown", pl.col("stream_share").is_not_null()),
        term=TERMS["moods"],
        name="moods",
        empty=unknown,
    )
    show(
        "Valence and energy",
        charts.mood_map,
        figures["mood_grid"],
        term=TERMS["mood_grid"],
        name="valence_and_energy",
        empty=unknown,
    )
    table("Audio features", figures["audio"].drop("position"), term=TERMS["audio"], name="audio")
    if not figures.compared:
        return
    for kind, title in (("artist", "Artists that rose and fell"), ("genre", "Genres that rose and fell")):
        show(
            title,
            partial(charts.shift, kind=kind),
            figures["shift"].filter(pl.col("kind") == kind),
            term=TERMS["shift"],
            name=f"{kind}_shift",
            empty="No share changed between the two periods, or one of them has no streams.",
        )
    table("How far taste moved", figures["distances"], term=TERMS["distances"], name="taste_distance")


def _skips(figures: PersonalFigures) -> None:
    show("How playbacks end", charts.endings, figures["skips"], term=TERMS["skips"], name="endings")
    table(
        "Most skipped artists",
        figures["skipped_artists"].drop("artist_id"),
        term=TERMS["skipped_artists"],
        name="skipped_artists",
        columns={"skip_rate": st.column_config.NumberColumn("Skip rate", format="percent")},
        empty="No artist was played often enough to have a skip rate.",
    )
