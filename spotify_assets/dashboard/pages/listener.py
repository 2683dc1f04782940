"""My listening: one listener's recap of the period, to be looked into; also to be taken along as a page."""

from functools import partial

import streamlit as st

from spotify_assets.dashboard import beside, told
from spotify_assets.dashboard.clock import today
from spotify_assets.dashboard.components import (
    choice,
    compares_with_before,
    heading,
    headline,
    put_listener,
    put_period,
    tile,
)
from spotify_assets.dashboard.once import settings
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import opening as opening_days
from spotify_assets.figures import personal, view
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.said import last_season
from spotify_assets.figures.view import Filters, Period
from spotify_assets.report.cards.drawing import SCHEMES, SHAPES, card
from spotify_assets.report.cards.faces import DESIGNS, face_of
from spotify_assets.report.covers import covers_of
from spotify_assets.report.language import ENGLISH, languages, speaking
from spotify_assets.report.page import lives_on, rendered
from spotify_assets.report.paper import paper
from spotify_assets.report.parts import without_data
from spotify_assets.report.sections import figures_of, parts, story_of
from spotify_assets.report.words import heard_in_words, played_in_words, tiles

MOST_OFFERED = 50
"""Artists that may be kept off a card by a choice."""


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("My listening", filters)
    user_id = _whose(filters.user_id)
    if user_id is None:
        _choice_of_listener()
        return
    first = ask(personal.totals_of, user_id, filters.period)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _presets(user_id, filters.period)
        foreign = [code for code in languages() if code != ENGLISH]
        code = choice("Language", [ENGLISH, *foreign], parameter="language")
    if not first.totals()["playbacks"]:
        known = first.listener.known
        st.info(
            f"{user_id} listened to nothing in this period: choose days from {known.first} to {known.last}.",
            icon=":material/search_off:",
        )
        return
    with speaking(code), covers_of(settings().covers_dir):
        headline(" ".join(heard_in_words(first.totals())))
        _recap(user_id, filters, code)
    st.caption(
        f"Listener: {user_id}. "
        f"Days and hours are of the listener's own clock ({first.listener.time_zone}), by the start of "
        "the playback. Of the filters, this page obeys the listener, the period and the compared one."
    )


def _choice_of_listener() -> None:
    """On the page itself, because a narrow screen folds the filters away."""
    listeners = ask(personal.listeners)["user_id"].to_list()
    st.info(
        f"Choose one of the {len(listeners):,} listeners to see their listening.",
        icon=":material/person_search:",
    )
    chosen = "listener chosen on the page"
    st.selectbox(
        "Whose listening",
        listeners,
        index=None,
        placeholder="Choose one",
        key=chosen,
        on_change=lambda: put_listener(st.session_state[chosen]),
    )


def _recap(user_id: str, filters: Filters, code: str) -> None:
    """All that is told of the listener; its figures take longer than the first numbers."""
    compared = filters.compared
    if compares_with_before():
        compared = opening_days.compared_by_default(ask(personal.find_listener, user_id), filters.period)
    figures = ask(figures_of, user_id, filters.period, compared, beside.other(user_id, filters.period))
    told.style()
    story, made = story_of(figures), parts(figures)
    lives = lives_on(figures, story, made)
    told.story(story, lives)
    _numbers(figures)
    _keepsakes(figures, code)
    for part in made:
        told.part(part, lives)
    told.journeys(lives)
    for line in without_data([one for part in made for one in part.sections]):
        st.caption(f"{line}.")


def _keepsakes(figures: PersonalFigures, code: str) -> None:
    """What can be taken along of all of it: the recap as a page and on paper, and cards."""
    with st.container(horizontal=True):
        for label, suffix, mime, made in (
            (
                "Recap as a page",
                "html",
                "text/html",
                partial(rendered, figures, code, settings().covers_dir),
            ),
            ("Recap as PDF", "pdf", "application/pdf", partial(paper, figures, code)),
        ):
            st.download_button(
                label,
                data=made,
                file_name=f"recap {figures.period}.{suffix}",
                mime=mime,
                icon=":material/description:",
                on_click="ignore",
                help="All of this in one file that needs no network",
            )
        with st.popover("Share card", icon=":material/share:"):
            design = st.selectbox("What it tells", list(DESIGNS))
            shape = st.selectbox("Shape", list(SHAPES))
            theme = st.selectbox("Theme", SCHEMES)
            name = st.text_input("Name on it", placeholder="none")
            named = (
                figures["artists"]
                .sort("rank_by_streams", nulls_last=True)["artist_name"]
                .drop_nulls()
                .head(MOST_OFFERED)
            )
            without = st.multiselect("Artists that stay off it", named.to_list(), placeholder="none")
            st.download_button(
                "Card as PNG",
                data=lambda: (
                    card(figures, design, shape, theme, name=name, without=without, language=code) or b""
                ),
                file_name=f"{design} {figures.period}.png",
                mime="image/png",
                disabled=face_of(figures, design, without) is None,
                on_click="ignore",
            )
        beside.offer(figures.listener.user_id, figures.period)


def opening(user_id: str | None) -> Period | None:
    """The period that the page opens on: the one that a recap is written of when nobody says which."""
    chosen = _whose(user_id)
    known = chosen and chosen in ask(personal.listeners)["user_id"]
    return ask(opening_days.opening_period, str(chosen)) if known else None


def _whose(asked: str | None) -> str | None:
    """The listener asked for, else the one who brought most listening of their own, else the only one."""
    if asked:
        return asked
    if brought := ask(opening_days.owners):
        return brought[0]
    names = ask(personal.listeners)["user_id"]
    return str(names[0]) if len(names) == 1 else None


def _presets(user_id: str, period: Period) -> None:
    """A choice of the years and months that the listener has listened in."""
    known = ask(view.known_days)
    months = ask(opening_days.listened_months, user_id)
    offered = opening_days.periods_in_words(months, known) if known else {}
    if known:
        summer = last_season("summer", today()).within(known)
        offered = {"All of it": known} | ({"Last summer": summer} if summer else {}) | offered
    current = next((name for name, days in offered.items() if days == period), None)
    st.session_state["preset"] = current

    def changed() -> None:
        if chosen := st.session_state["preset"]:
            put_period(offered[chosen])

    st.selectbox(
        "Year or month",
        list(offered),
        key="preset",
        placeholder="days of my choice, in the filters",
        on_change=changed,
        width=320,
    )


def _numbers(figures: PersonalFigures) -> None:
    with st.container(horizontal=True, key=told.TILES):
        for one in tiles(figures):
            label = one.label[:1].upper() + one.label[1:]
            tile(label, one.value, term=one.term, change=one.change)
    for sentence in played_in_words(figures):
        st.caption(sentence)
