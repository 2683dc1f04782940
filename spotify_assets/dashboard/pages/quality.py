"""Data quality: what became of every row, what the checks found, how fresh it is, and what is broken."""

import re
from datetime import UTC, datetime
from functools import partial

import polars as pl
import streamlit as st

from spotify_assets.charts import quality as charts
from spotify_assets.charts.insight import costs
from spotify_assets.dashboard.components import heading, show, table
from spotify_assets.dashboard.published import ask, ask_beside, own_folder, version
from spotify_assets.figures import called, insight, quality, slowest
from spotify_assets.figures.view import Filters
from spotify_assets.settings import Settings
from spotify_assets.warehouse.errors import WarehouseError

_MOMENT = "YYYY-MM-DD HH:mm"
_SECOND = "YYYY-MM-DD HH:mm:ss"
_NS = 1_000_000_000
_SHOWN_FILES = 20
_SHORT = 8
"""Characters of a run's id that Dagster's UI shows of it."""
_NOTHING_WRITTEN = "Nothing was written yet: run spotify-assets materialize."


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Data quality")
    st.caption("Of everything that is published, whatever the filters; only the stream rules go by them.")
    _broken()
    _books()
    _receipts()
    _heard_offline()
    _checks()
    _fresh()
    _streamed()
    _called()
    _slow()
    _costs()
    _rules(filters)


def _broken() -> None:
    st.subheader("What is broken")
    try:
        found = ask_beside(quality.incidents)
    except WarehouseError as error:
        st.error(str(error))
        return
    if found is None:
        st.info(
            "Nobody looked yet: the next run does, or spotify-assets failing.", icon=":material/visibility:"
        )
        return
    told_at, broken = found
    for incident in broken.iter_rows(named=True):
        say, icon = (
            (st.error, ":material/error:") if incident["blocks"] else (st.warning, ":material/warning:")
        )
        run = f" · run `{incident['run_id'][:_SHORT]}`" if incident["run_id"] else ""
        say(f"**{_plain(incident['title'])}**{run}\n\n{_plain(incident['detail'])}", icon=icon)
    if broken.is_empty():
        st.success("Nothing is broken: no failed partition, no failing check, no late layer.")
    st.caption(f"As of {told_at:%Y-%m-%d %H:%M} UTC; spotify-assets failing looks again.")


def _plain(text: str) -> str:
    """Text in which nothing is Markdown, such as the underscores of names."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|~$:<>])", r"\\\1", text)


def _books() -> None:
    books = ask(quality.books)
    wrong = books.filter(pl.col("difference") != 0)
    if not books.is_empty():
        if wrong.is_empty():
            st.success("The books of every table add up: rows in = loaded + rejected + duplicate.")
        else:
            st.error(f"The books of {', '.join(wrong['table_name'])} do not add up.")
    show(
        "What became of the rows of each table",
        partial(charts.outcomes, label="table_name"),
        books.filter(pl.col("rows_in") > 0),
        term="books",
        name="books",
        note="All slices of each table.",
        empty=_NOTHING_WRITTEN,
    )
    table(
        "Why rows were refused or dropped as repeats",
        ask(quality.reasons),
        term="refused row",
        name="reasons",
        columns={
            "stage": "Where",
            "outcome": "Outcome",
            "reason": "Reason",
            "rows": st.column_config.NumberColumn("Rows", format="localized"),
        },
        empty="No row was refused, and none was a repeat.",
    )
    table(
        "Refused rows",
        ask(quality.rejected_rows),
        term="refused row",
        name="rejected_rows",
        columns={
            "table_name": "Refused by",
            "slice_date": st.column_config.DateColumn("Day"),
            "source_file": "File",
            "source_row": "Row",
            "reason": "Reason",
            "detail": "What is wrong",
            "original": "As it was read",
        },
        empty="No row was refused.",
    )


def _receipts() -> None:
    receipts = ask(quality.receipts)
    empty = (
        "No file was imported (generated listening has no receipts): `spotify-assets import FILE`, or drop "
        "it into data/inbox/."
    )
    if receipts.is_empty():
        st.subheader("Receipts")
        st.info(empty, icon=":material/receipt_long:")
        return
    wrong = receipts.filter(pl.col("difference") != 0)
    if wrong.is_empty():
        st.success(f"All {receipts.height:,} receipts add up: rows in = loaded + rejected + duplicate.")
    else:
        st.error(f"{wrong.height:,} receipts do not add up: {', '.join(wrong['input_file'].head(5))}.")
    show(
        "What became of the rows of each file",
        partial(charts.outcomes, label="input_file"),
        receipts.filter(pl.col("rows_in") > 0)
        .unique("input_file", keep="first", maintain_order=True)
        .head(_SHOWN_FILES),
        term="receipt",
        name="receipts_chart",
        note=f"The {_SHOWN_FILES} files landed last.",
        empty=empty,
    )
    table(
        "Receipts",
        receipts,
        term="receipt",
        name="receipts",
        columns={
            "landed_at": st.column_config.DatetimeColumn("Landed (UTC)", format=_MOMENT),
            "input_file": "File",
            "kind": "Kind",
            "rows_in": "Rows in",
            "loaded": "Loaded",
            "rejected": "Rejected",
            "duplicate": "Duplicate",
            "difference": "Difference",
            "first_date": st.column_config.DateColumn("From"),
            "last_date": st.column_config.DateColumn("To"),
        },
    )


def _heard_offline() -> None:
    table(
        "Heard offline and uploaded later",
        ask(quality.heard_offline),
        term="heard offline",
        name="heard_offline",
        columns={
            "user_id": "Listener",
            "moved": st.column_config.NumberColumn("Playbacks", format="localized"),
            "over_ten_minutes": st.column_config.NumberColumn("Over ten minutes later", format="localized"),
            "other_date": st.column_config.NumberColumn("On another UTC date", format="localized"),
            "longest_hours": st.column_config.NumberColumn("Latest upload (hours)", format="%,.1f"),
        },
        empty="Nothing was uploaded later than it was heard.",
    )


def _checks() -> None:
    checks = ask(quality.checks)
    failing = checks.filter(~pl.col("passed"))
    if not checks.is_empty():
        blocking = failing.filter(pl.col("severity") == "ERROR").height
        said = f"{checks.height - failing.height:,} of {checks.height:,} checks pass"
        if blocking:
            st.error(f"{said}; {blocking:,} that block fail.")
        elif failing.height:
            st.warning(f"{said}; {failing.height:,} only warn.")
        else:
            st.success(f"{said}.")
    table(
        "Checks",
        checks,
        term="check",
        name="checks",
        columns={
            "table_name": "Table",
            "check_name": "Check",
            "severity": "Severity",
            "passed": "Passes",
            "failing_rows": st.column_config.NumberColumn("Failing rows", format="localized"),
            "failing_slices": "Failing slices",
            "checked_at": st.column_config.DatetimeColumn("Checked (UTC)", format=_MOMENT),
            "detail": "What fails",
        },
        empty="No check was evaluated yet: run spotify-assets check.",
    )


def _fresh() -> None:
    published = version()
    note = ""
    if published:
        moment = datetime.fromtimestamp(published[2] / _NS, UTC)
        note = f"The copy that this page reads was published at {moment:%Y-%m-%d %H:%M} UTC."
    books = ask(quality.books).drop_nulls("written_at")
    show(
        "Freshness",
        partial(charts.freshness, now=datetime.now(UTC).replace(tzinfo=None)),
        books.select("table_name", "newest_date", "written_at"),
        term="freshness",
        name="freshness",
        note=note,
        empty=_NOTHING_WRITTEN,
    )


def _streamed() -> None:
    """How far the lake is behind the stream; nothing where there is none."""
    try:
        streamed = ask_beside(quality.streamed)
    except WarehouseError as error:
        st.error(str(error))
        return
    if streamed.is_empty():
        return
    table(
        "The listening stream",
        streamed,
        term="stream lag",
        name="streamed",
        columns={
            "topic": "Topic",
            "partition": "Partition",
            "lag": st.column_config.NumberColumn("Lag (messages)", format="localized"),
            "newest_event": st.column_config.DatetimeColumn("Newest event (UTC)", format=_SECOND),
            "rows_per_second": st.column_config.NumberColumn("Messages a second", format="localized"),
            "refused_share": st.column_config.NumberColumn("Refused", format="percent"),
            "told_at": st.column_config.DatetimeColumn("As of (UTC)", format=_SECOND),
        },
    )


def _called() -> None:
    """How many calls services were asked for; nothing where no account is connected."""
    try:
        calls = ask_beside(called.api_calls)
    except WarehouseError as error:
        st.error(str(error))
        return
    if calls.is_empty():
        return
    number = partial(st.column_config.NumberColumn, format="localized")
    table(
        "Calls to services",
        calls,
        term="API calls",
        name="called",
        columns={
            "day": st.column_config.DateColumn("Date (UTC)"),
            "purpose": "For",
            "begun": number("Calls"),
            "answered": number("Answered"),
            "not_there": number("Not there"),
            "told_to_wait": number("Told to wait"),
            "failed": number("Failed"),
            "saved": number("Not needed"),
        },
    )


def _slow() -> None:
    """Which questions and steps took longest."""
    seconds = partial(st.column_config.NumberColumn, format="%.2f")
    table(
        "The slowest questions",
        ask_beside(lambda processed: slowest.slowest_questions(processed, own_folder())),
        term="slowest questions",
        name="slowest_questions",
        columns={
            "name": "Question",
            "asked_by": "Asked by",
            "times": st.column_config.NumberColumn("Times", format="localized"),
            "median_seconds": seconds("Median (s)"),
            "slowest_seconds": seconds("Slowest (s)"),
            "asked_at": st.column_config.DatetimeColumn("Last asked (UTC)", format=_SECOND),
        },
        note="Of this dashboard, and of spotify-assets query from the published copy and from Postgres.",
        empty="Nothing was asked yet.",
    )
    try:
        run = ask_beside(slowest.slowest_steps)
    except WarehouseError as error:
        st.error(str(error))
        return
    if run is None:
        return
    ended_at, steps = run
    table(
        "The slowest steps of the last run",
        steps,
        term="slowest steps",
        name="slowest_steps",
        columns={"kind": "Of", "name": "Step or model", "seconds": seconds("Seconds")},
        note=f"The run ended at {ended_at:%Y-%m-%d %H:%M} UTC.",
    )


def _costs() -> None:
    """What runs take, table by table."""
    show(
        "What runs take",
        costs,
        ask(insight.costs_by_table),
        term="run costs",
        name="run_costs",
        note="A run of the newest 30 days, on average; `spotify-assets cost` says what a month costs.",
        empty="No run has ended since this version: run spotify-assets materialize.",
    )


def _rules(filters: Filters) -> None:
    period = quality.rule_period(filters.period)
    rules = ask(quality.under_each_stream_rule, filters)
    show(
        "The same listening under each stream rule",
        partial(charts.stream_rules, own=Settings().stream_rule),
        rules.filter(pl.col("playbacks") > 0),
        term="stream rules",
        name="stream_rules",
        note=f"Playbacks of all content from {period.first} to {period.last}, with the filters. Skip and "
        "session rules: `spotify-assets rules compare`.",
    )
