"""Sections of a listener's page on the dashboard: the same as those of the recap, with charts that answer."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from spotify_assets.dashboard.downloads import csv_button, picture, playlist_buttons
from spotify_assets.report.page import TABLE_STYLE, lives_html, table_html
from spotify_assets.report.parts import Section
from spotify_assets.report.sections import ToldPart
from spotify_assets.report.sections.lives import Life

TILES = "main-figures"
"""Key of the element that has the main figures, as many beside each other as have room, all of one width."""
_TILE_STYLE = f"""
.st-key-{TILES} {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(max(9.5rem, 22%), 1fr)); }}
"""


def style() -> None:
    """The style of the tables and tiles, once on a page."""
    st.html(f"<style>{TABLE_STYLE}{_TILE_STYLE}</style>")


def paragraph(text: str) -> None:
    """Text as it is: names in it are no Markdown."""
    st.html(f"<p>{escape(text)}</p>")


def journeys(lives: Mapping[str, Life]) -> None:
    """What the names in tables lead to, once on a page."""
    st.html(lives_html(lives))


def story(told: Section, lives: Mapping[str, Life]) -> None:
    """What the page opens with: the sentence large, and the rest of its section."""
    lead = escape(" ".join((told.lead or "").split()))
    st.html(f'<p style="font-size: 1.5rem; line-height: 1.35; font-weight: 600">{lead}</p>')
    _body(told, lives)


def part(told: ToldPart, lives: Mapping[str, Life]) -> None:
    """The heading of a part and its sections that have something to show."""
    shown = [one for one in told.sections if not one.nothing]
    if shown:
        st.header(told.title, anchor=told.name, divider="grey")
    for one in shown:
        st.subheader(one.title, help=one.definition, anchor=one.name)
        _body(one, lives)


def _body(told: Section, lives: Mapping[str, Life]) -> None:
    """Remarks, charts and tables, each to be taken along."""
    for remark in told.remarks:
        paragraph(remark)
    for drawn in told.pictures:
        st.caption(drawn.caption)
        picture(drawn.caption, drawn.draw, drawn.rows, says=drawn.says, name=drawn.name)
    for table in told.tables:
        st.html(table_html(table, lives))
        if table.data is not None:
            with st.container(horizontal=True):
                csv_button(table.data, f"{table.name} table")
                playlist_buttons(table.data, table.name)
