"""Popularity & catalogue: how popular tracks are and become, their length and age, what is on the rise."""

from functools import partial

import polars as pl
import streamlit as st

from spotify_assets.charts import catalogue as charts
from spotify_assets.dashboard.components import heading, heard, show, table
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import catalogue
from spotify_assets.figures.view import Filters

_NO_CATALOGUE = (
    "The catalogue has no popularity: import one that has, with its date, by "
    "`spotify-assets import FILE --as tracks --snapshot-date 2025-01-31`."
)
_OF_CATALOGUE = "Of the catalogue: period, listener, country and device do not apply."
_PERCENT = "percent"
_UNKNOWN_YEAR = pl.col("release_year").is_null()


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Popularity & catalogue", filters)
    heard(filters)
    _popularity(filters)
    _tracks(filters)
    _listened(filters)
    st.subheader("Followers")
    st.info(
        "Followers of artists are in no source that is read today: Spotify's Web API gives them to apps in "
        "extended quota mode only, and no catalogue file has them.",
        icon=":material/group_off:",
    )


def _popularity(filters: Filters) -> None:
    snapshots = ask(catalogue.popularity_over_time)
    left, right = st.columns(2)
    with left:
        show(
            "Mean popularity over time",
            charts.popularity_over_time,
            snapshots,
            term="popularity over time",
            name="popularity_over_time",
            note="Of all tracks of each catalogue snapshot; no filter applies."
            + (" One snapshot so far: a later one makes it a line." if snapshots.height == 1 else ""),
            empty=_NO_CATALOGUE,
        )
    with right:
        show(
            "Distribution over time",
            charts.popularity_distribution,
            ask(catalogue.popularity_distribution),
            term="popularity distribution",
            name="popularity_distribution",
            note="Of all tracks of each catalogue snapshot; no filter applies.",
            empty=_NO_CATALOGUE,
        )
    show(
        f"Popularity of the {catalogue.SHOWN_TRACKS} most streamed tracks",
        charts.popularity_of_tracks,
        ask(catalogue.popularity_of_tracks, filters),
        term="popularity over time",
        name="popularity_of_tracks",
        note=f"Choose an artist or a genre in the filters for their top {catalogue.SHOWN_TRACKS}. "
        f"{_OF_CATALOGUE}",
        empty="The catalogue does not know these tracks: choose another artist or genre.",
    )
    table(
        "Greatest changes up to the newest snapshot",
        ask(catalogue.popularity_changes, filters).drop("track_id"),
        term="popularity over time",
        name="popularity_changes",
        columns={
            "track_name": "Track",
            "artist_name": "Artist",
            "previous_popularity": "Before",
            "popularity": "Now",
            "popularity_change": st.column_config.NumberColumn("Change", format="%+d"),
            "days_since_previous": "Days between",
        },
        empty="Popularity moves once there are two snapshots of the same tracks: import a later catalogue.",
    )


def _tracks(filters: Filters) -> None:
    correlation = ask(catalogue.length_correlation, filters)
    show(
        "Length and popularity",
        partial(
            charts.length_and_popularity,
            step=catalogue.LENGTH_STEP_SECONDS,
            longest=catalogue.LONG_TRACK_SECONDS,
        ),
        ask(catalogue.length_and_popularity, filters),
        term="length and popularity",
        name="length_and_popularity",
        note=("" if correlation is None else f"Spearman's correlation: {correlation:+.2f}. ") + _OF_CATALOGUE,
        empty=_NO_CATALOGUE,
    )
    years = ask(catalogue.release_years, filters)
    known = years.drop_nulls("release_year")
    streams, unknown = (int(part["streams"].sum()) for part in (years, years.filter(_UNKNOWN_YEAR)))
    show(
        "Release years of what is heard",
        charts.release_years,
        known,
        term="release years",
        name="release_years",
        note=f"{unknown:,} of {streams:,} streams are of tracks without a known year.",
        empty="Nothing that was heard here has a known release date: widen the period, or import a catalogue "
        "that has them.",
    )


def _listened(filters: Filters) -> None:
    show(
        "Mainstream against niche",
        charts.mainstream_and_niche,
        ask(catalogue.mainstream_and_niche),
        term="mainstream, niche",
        name="mainstream_and_niche",
        note="By calendar month, of everybody: no filter applies. The newest month may be running still.",
        empty=_NO_CATALOGUE,
    )
    releases = ask(catalogue.new_releases, filters)
    empty = "No track released in the past 90 days was played: import a newer catalogue, or clear a filter."
    show(
        "New releases on the rise",
        charts.new_releases,
        releases,
        term="trending score",
        name="new_releases",
        note="Up to the newest day of all, whatever the period; genre and artist apply.",
        empty=empty,
    )
    if releases.is_empty():
        return
    table(
        "New releases",
        releases.drop("track_id"),
        term="trending score",
        name="new_releases_table",
        columns={
            "track_name": "Track",
            "artist_name": "Artist",
            "release_date": st.column_config.DateColumn("Released"),
            "days_since_release": "Days since",
            "recent_streams": "Streams, 7 days",
            "previous_streams": "The 7 before",
            "recent_skip_rate": st.column_config.NumberColumn("Skip rate", format=_PERCENT),
            "trending_score": st.column_config.NumberColumn("Score", format="%.2f"),
        },
    )
