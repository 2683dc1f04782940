"""My listening: one listener's recap of the period, to be looked into; also to be taken along as a page."""

from functools import partial

import polars as pl
import streamlit as st

from spotify_assets.charts import personal as charts
from spotify_assets.charts import taste
from spotify_assets.dashboard.clock import today
from spotify_assets.dashboard.components import (
    change,
    choice,
    compares_with_before,
    heading,
    put_period,
    show,
    table,
    tile,
)
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import opening as opening_days
from spotify_assets.figures import overview, personal, view
from spotify_assets.figures.personal import COMPARED, PersonalFigures
from spotify_assets.figures.personal_queries import LEAST_PLAYS, TERMS
from spotify_assets.figures.view import Filters, Period
from spotify_assets.report.beside_music import KINDS, discovered, is_all_that_is_known
from spotify_assets.report.page import UNDESCRIBED, rendered
from spotify_assets.report.words import hours_in_words
from spotify_assets.tables import AUDIO_FEATURES

_TOPS = (
    ("Tracks", "tracks", "track_name"),
    ("Artists", "artists", "artist_name"),
    ("Albums", "albums", "album_name"),
    ("Genres", "genres", "genre"),
)
_SHARE = st.column_config.NumberColumn("Share", format="percent")
_MINUTES = st.column_config.NumberColumn("Minutes", format="%.0f")
_DISTANCE = {"kind": "Of", "distance": st.column_config.NumberColumn("Distance", format="%.2f")}
_FEATURES = {name: name.replace("_", " ") for name in AUDIO_FEATURES}
_FIRST_DATE = st.column_config.DateColumn("From")


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("My listening", filters)
    user_id = _whose(filters.user_id)
    if user_id is None:
        many = ask(personal.listeners).height
        st.info(
            f"Choose one of the {many:,} listeners in the filters to see their listening.",
            icon=":material/person_search:",
        )
        return
    _presets(user_id, filters.period)
    compared = filters.compared
    if compares_with_before():
        compared = opening_days.compared_by_default(ask(personal.find_listener, user_id), filters.period)
    figures = ask(personal.personal_figures, user_id, filters.period, compared)
    st.caption(
        f"The listening of {user_id}. "
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
        data=lambda: rendered(figures),
        file_name=f"recap {figures.period}.html",
        mime="text/html",
        icon=":material/description:",
        on_click="ignore",
        help="All of this in one file that needs no network",
    )
    _when(figures)
    _tops(figures)
    _beside_music(figures)
    _discoveries(figures)
    _taste(figures)
    _skips(figures)
    _unknowns(figures)


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
            ("Tracks played", "tracks"),
            ("Artists played", "artists"),
            ("New tracks streamed", "new_tracks"),
            ("Days in a row with music", "longest_streak_days"),
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
    st.caption(hours_in_words(now))


def _when(figures: PersonalFigures) -> None:
    show(
        "Listening time",
        partial(charts.listening_time, today=today(figures.listener.time_zone)),
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
        columns={"first_date": _FIRST_DATE, "last_date": st.column_config.DateColumn("To"), "days": "Days"},
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


def _beside_music(figures: PersonalFigures) -> None:
    content = figures.of_period("content").filter(pl.col("playbacks") > 0)
    if figures["shows"].is_empty():
        st.caption("Podcasts and audiobooks: none were heard.")
        return
    kinds = content.select(
        pl.col("content_type").replace(KINDS).alias("kind"),
        hours=pl.col("minutes") / 60,
        share="minutes_share",
        playbacks="playbacks",
    )
    table(
        "What was played",
        kinds,
        term=TERMS["content"],
        name="content",
        columns={
            "kind": "Kind",
            "hours": st.column_config.NumberColumn("Hours played", format="%.1f"),
            "share": _SHARE,
            "playbacks": st.column_config.NumberColumn("Playbacks", format="localized"),
        },
    )
    table(
        "Podcasts and audiobooks",
        figures["shows"].select(
            "rank",
            "show_name",
            "minutes",
            "titles",
            "playbacks",
            pl.col("content_type").replace(KINDS),
            "first_date",
            "last_date",
        ),
        term=TERMS["shows"],
        name="shows",
        columns={
            "rank": "#",
            "show_name": "Name",
            "minutes": _MINUTES,
            "titles": st.column_config.NumberColumn("Titles", help="Episodes or chapters"),
            "playbacks": st.column_config.NumberColumn("Playbacks", format="localized"),
            "content_type": "Kind",
            "first_date": _FIRST_DATE,
            "last_date": st.column_config.DateColumn("To"),
        },
    )


def _discoveries(figures: PersonalFigures) -> None:
    show(
        "New tracks streamed",
        charts.discoveries,
        figures.frames["timeline"],
        term=TERMS["timeline"],
        name="new_tracks",
    )
    if is_all_that_is_known(figures):
        steps = discovered(figures)
        st.caption("The period begins with the first playback that is known, so everything in it is new.")
        if steps:
            table(
                "Artists for the first time",
                pl.DataFrame(list(steps.rows), schema=list(steps.columns), orient="row"),
                term=TERMS["discovered_artists"],
                name="discovered_artists",
            )
        return
    table(
        "Artists for the first time",
        figures["discovered_artists"].drop("artist_id"),
        term=TERMS["discovered_artists"],
        name="discovered_artists",
        columns={
            "artist_name": "Artist",
            "first_date": _FIRST_DATE,
            "streams": st.column_config.NumberColumn("Streams", format="localized"),
            "minutes": _MINUTES,
        },
        empty="No artist was streamed for the first time in this period.",
    )


def _taste(figures: PersonalFigures) -> None:
    eras = figures["eras"].filter(pl.col("decade").is_not_null())
    moods = figures["moods"].filter(pl.col("mood") != "unknown", pl.col("stream_share").is_not_null())
    grid = figures["mood_grid"]
    empty = []
    for title, draw, rows, name in (
        ("Eras", taste.eras, eras, "eras"),
        ("Moods", taste.moods, moods, "moods"),
        ("Valence and energy", taste.mood_map, grid, "mood_grid"),
    ):
        if rows.is_empty():
            empty.append(title)
        else:
            show(title, draw, rows, term=TERMS[name], name=name)
    if figures["audio"]["mean"].null_count() == figures["audio"].height:
        empty.append("Audio features")
    else:
        table(
            "Audio features",
            figures["audio"]
            .drop("position", "catalogue_sd")
            .with_columns(pl.col("feature").replace(_FEATURES)),
            term=TERMS["audio"],
            name="audio",
            columns={
                "feature": "Audio feature",
                "mean": st.column_config.NumberColumn("Mean", format="%.2f"),
                "mean_before": st.column_config.NumberColumn("Mean before", format="%.2f"),
                "change_in_sd": st.column_config.NumberColumn(
                    "Change in standard deviations", format="%+.2f"
                ),
            },
        )
    if empty:
        st.info(f"{', '.join(empty)}: {UNDESCRIBED}.", icon=":material/search_off:")
    if figures.compared:
        _taste_shift(figures)


def _taste_shift(figures: PersonalFigures) -> None:
    for kind, title in (("artist", "Artists that rose and fell"), ("genre", "Genres that rose and fell")):
        show(
            title,
            partial(taste.shift, kind=kind),
            figures["shift"].filter(pl.col("kind") == kind),
            term=TERMS["shift"],
            name=f"{kind}_shift",
            empty="No share changed between the two periods, or one of them has no streams.",
        )
    table(
        "How far taste moved",
        figures["distances"],
        term=TERMS["distances"],
        name="taste_distance",
        columns=_DISTANCE,
    )


def _skips(figures: PersonalFigures) -> None:
    show("How playbacks end", charts.endings, figures["skips"], term=TERMS["skips"], name="endings")
    table(
        "Most skipped artists",
        figures["skipped_artists"].drop("artist_id"),
        term=TERMS["skipped_artists"],
        name="skipped_artists",
        columns={
            "artist_name": "Artist",
            "plays": st.column_config.NumberColumn("Plays", format="localized"),
            "skips": st.column_config.NumberColumn("Skips", format="localized"),
            "skip_rate": st.column_config.NumberColumn("Skip rate", format="percent"),
        },
        note=f"Of artists with at least {LEAST_PLAYS} plays whose ending is known.",
        empty="No artist was played often enough to have a skip rate.",
    )


def _unknowns(figures: PersonalFigures) -> None:
    table(
        "What the data cannot say",
        figures["unknowns"].filter(pl.col("touched") > 0),
        term=TERMS["unknowns"],
        name="unknowns",
        columns={
            "what": "What",
            "touched": "How many",
            "of_all": "Of how many",
            "share": _SHARE,
            "means": "What follows",
        },
    )
