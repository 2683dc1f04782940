"""Sections of a listener's page on the dashboard: the same as those of the recap, with charts that answer."""

from html import escape

import streamlit as st

from spotify_assets.dashboard.downloads import csv_button, picture
from spotify_assets.report.page import TABLE_STYLE, table_html
from spotify_assets.report.parts import Section


def style() -> None:
    """The style of the tables, once on a page."""
    st.html(f"<style>{TABLE_STYLE}</style>")


def paragraph(text: str) -> None:
    """Text as it is: names in it are no Markdown."""
    st.html(f"<p>{escape(text)}</p>")


def section(told: Section) -> None:
    """One section: its heading with what its numbers mean, remarks, charts and tables."""
    st.subheader(told.title, help=told.definition, anchor=told.name)
    for remark in told.remarks:
        paragraph(remark)
    for drawn in told.pictures:
        st.caption(drawn.caption)
        says = f"{drawn.caption}. {told.definition}"
        picture(drawn.caption, drawn.draw, drawn.rows, says=says, name=drawn.name)
    for table in told.tables:
        st.html(table_html(table))
        if table.data is not None:
            with st.container(horizontal=True):
                csv_button(table.data, f"{table.name} table")
