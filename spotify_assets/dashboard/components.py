"""What stands around every page: the filters, charts with their definition and downloads, empty states."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import polars as pl
import streamlit as st

from spotify_assets.dashboard import address
from spotify_assets.dashboard.clock import today
from spotify_assets.dashboard.downloads import Draw, csv_button, picture
from spotify_assets.dashboard.published import ask, version
from spotify_assets.dashboard.text import in_words
from spotify_assets.figures import glossary, overview, view
from spotify_assets.figures.view import Choices, Filters, Period
from spotify_assets.warehouse.connection import OUTDATED_COPY
from spotify_assets.warehouse.errors import WarehouseMissingError

LOOK_AGAIN_SECONDS = 10
"""How often an open page looks whether a new copy was published."""

NOBODY = "Nobody listened like that in this period: widen it, or clear a filter."
"""What an empty chart says where the filters left nothing."""

HEADLINE = "headline"
"""Key of the element that has a page's main numbers in words."""

_SPANS = (7, 28, 90, 365)
"""Numbers of last days that are offered as a period."""
_ALL, _OWN = "All days", "Days of my choice"
_COMPARED = {"before": "the period before", "year": "52 weeks before", "none": "nothing", "own": _OWN}
_LABELS = {"user": "Listener", "genre": "Genre", "artist": "Artist", "country": "Country", "device": "Device"}
_EVERYTHING = "all"
_REMEMBERED = "the filters of the last run"
_PAGE = "the page of the last run"
_VERSION = "the copy that is shown"
_POINTS = {"type": "number", "format": "%.1f%%"}
"""How tables write shares, with the one decimal that tiles and charts have."""

# --- filters


def filter_bar(page: str, opening: Callable[[str | None], Period | None] | None = None) -> Filters | None:
    """The filters in the sidebar, kept in the URL; None, and what to do, where nothing can be shown.

    Args:
        page: name of the page that is shown, by which a change of pages is noticed.
        opening: gives the period that the page opens on, for the listener that the URL names, or None.
    """
    try:
        known = ask(view.known_days)
        offered = ask(view.choices) if known else None
    except WarehouseMissingError:
        empty_state("Nothing is published yet.", "spotify-assets demo")
        return None
    except OUTDATED_COPY:
        empty_state("The published copy has no marts yet.", "spotify-assets materialize")
        return None
    if known is None or offered is None:
        empty_state("The published copy has no playback of music.", "spotify-assets import FILE")
        return None
    parameters = _parameters(page)
    default = (opening(parameters.get("user")) if opening else None) or known.default()
    default = default.within(known) or known.default()
    filters, complaints = address.read(parameters, known, offered, default)
    comparison = parameters.get("compare", address.DEFAULT_COMPARISON)
    if any("compare=" in complaint for complaint in complaints):
        comparison = address.DEFAULT_COMPARISON
    _remember(address.written(filters, comparison, known, default) if not complaints else parameters)
    with st.sidebar:
        st.header("Filters", divider="grey")
        _period_widgets(filters, known, default)
        _comparison_widgets(filters, comparison, known)
        _value_widgets(filters, offered)
        if parameters.keys() & set(address.NAMES):
            st.button("Clear all filters", on_click=_forget, icon=":material/filter_alt_off:")
    for complaint in complaints:
        st.warning(complaint, icon=":material/link_off:")
    return filters


def _parameters(page: str) -> dict[str, str]:
    """The parameters of the URL; a change of pages loses the filters, which are put there again."""
    parameters = {str(name): str(value) for name, value in st.query_params.to_dict().items()}
    remembered: dict[str, str] = st.session_state.get(_REMEMBERED, {})
    turned = st.session_state.get(_PAGE) != page
    st.session_state[_PAGE] = page
    if turned and remembered and not parameters.keys() & set(address.NAMES):
        st.query_params.update(remembered)
        parameters |= remembered
    return parameters


def _remember(parameters: Mapping[str, str]) -> None:
    st.session_state[_REMEMBERED] = {n: v for n, v in parameters.items() if n in address.NAMES}


def _put(**changes: str | None) -> None:
    """Change filters in the URL, from which the next run reads all of them."""
    parameters = dict(st.session_state.get(_REMEMBERED, {}))
    for name, value in changes.items():
        parameters.pop(name, None)
        if name in st.query_params:
            del st.query_params[name]
        if value is not None:
            parameters[name] = value
    st.query_params.update(parameters)
    st.session_state[_REMEMBERED] = parameters


def filter_address() -> dict[str, str]:
    """The filters as query parameters, for links to other views."""
    return dict(st.session_state.get(_REMEMBERED, {}))


def _forget() -> None:
    _put(**dict.fromkeys(address.NAMES))


def compares_with_before() -> bool:
    """Whether the compared period is the one before, as it is where nobody chose."""
    return "compare" not in filter_address()


def put_period(period: Period) -> None:
    """Choose the days of the view; for callbacks of a page's own widgets."""
    _put(**{"from": str(period.first), "to": str(period.last)})


def put_listener(user_id: str) -> None:
    """Choose whose listening is seen; for callbacks of a page's own widgets."""
    _put(user=user_id)


def _period_widgets(filters: Filters, known: Period, default: Period) -> None:
    lengths = sorted({*_SPANS, known.default().days})
    spans = {f"The last {days} days": known.newest(days) for days in lengths if days < known.days}
    spans |= {} if default in spans.values() else {f"{default.first} to {default.last}": default}
    spans[_ALL] = known
    current = next((name for name, period in spans.items() if period == filters.period), _OWN)
    st.session_state["span"] = current

    def changed() -> None:
        chosen = st.session_state["span"]
        if chosen in spans:
            put_period(spans[chosen])

    st.selectbox("Period", [*spans, _OWN], key="span", on_change=changed)
    _days_widget("Days", "days", filters.period, known, put_period)


def _comparison_widgets(filters: Filters, comparison: str, known: Period) -> None:
    current = comparison if comparison in _COMPARED else "own"
    st.session_state["comparison"] = current

    def changed() -> None:
        chosen = st.session_state["comparison"]
        own = str(filters.compared or filters.period.before())
        _put(compare=own if chosen == "own" else chosen if chosen != address.DEFAULT_COMPARISON else None)

    st.selectbox(
        "Compared with",
        list(_COMPARED),
        format_func=_COMPARED.__getitem__,
        key="comparison",
        on_change=changed,
    )
    if current == "own" and filters.compared:
        _days_widget(
            "Compared days",
            "compared days",
            filters.compared,
            known,
            lambda period: _put(compare=str(period)),
        )


def _days_widget(
    label: str, key: str, period: Period, known: Period, chosen: Callable[[Period], None]
) -> None:
    st.session_state[key] = (period.first, period.last)

    def changed() -> None:
        days = st.session_state[key]
        if len(days) == 2:  # while the second day is not chosen yet, there is one
            chosen(Period(*days))

    st.date_input(
        label,
        min_value=min(known.first, period.first),
        max_value=max(known.last, period.last),
        key=key,
        on_change=changed,
        format="YYYY-MM-DD",
    )


def _value_widgets(filters: Filters, offered: Choices) -> None:
    for name, field in address.VALUES.items():
        values: Mapping[str, str] = getattr(offered, field)
        st.session_state[name] = getattr(filters, field)

        def changed(name: str = name) -> None:
            _put(**{name: st.session_state[name]})

        st.selectbox(
            _LABELS[name],
            list(values),
            index=None,
            format_func=values.__getitem__,
            placeholder=_EVERYTHING,
            key=name,
            on_change=changed,
        )


def described(filters: Filters) -> str:
    """The view in words, for the line under a page's title."""
    offered, known = ask(view.choices), ask(view.known_days)
    said = [f"{filters.period.first} to {filters.period.last} ({filters.period.days:,} days, UTC)"]
    if filters.compared:
        said.append(f"compared with {filters.compared.first} to {filters.compared.last}")
    elif known and st.session_state[_REMEMBERED].get("compare") != "none":
        said.append(f"nothing to compare with, because the data begins on {known.first}")
    if filters.period.last >= (unfinished := today()):
        said.append(f"{unfinished} is not over yet")
    said += [f"{name.removesuffix('_id')} {offered.named(name, v)}" for name, v in filters.chosen.items()]
    return " · ".join(said)


def heading(title: str, filters: Filters | None = None) -> None:
    """A page's title, and what is shown, in words."""
    st.title(title)
    if filters:
        st.caption(described(filters))


def headline(says: str) -> None:
    """What a page says first: its main numbers in words.

    Text is what Streamlit's client shows at once; for tiles, charts and tables it loads programs of their own
    first, which takes a visitor who was never there half a second more.
    """
    with st.container(key=HEADLINE):
        st.markdown(says)


def heard(filters: Filters) -> None:
    """The headline of pages about what was heard."""
    headline(overview.in_words(ask(overview.counts, filters)))


# --- numbers and charts


def tile(label: str, value: str, *, term: str, change: str | None = None, good: str = "off") -> None:
    """One number with its definition on hover, and its change against the compared period.

    Args:
        label: what it is.
        value: as it is read.
        term: its entry in the glossary.
        change: signed text such as `+3.2 %`; None where nothing is compared.
        good: `normal` where more is better, `inverse` where less is, `off` where neither.
    """
    st.metric(
        label, value, delta=change, delta_color=cast(Any, good), help=glossary.definition(term), border=True
    )


def change(now: float | None, before: float | None, *, points: bool = False) -> str | None:
    """A change as text: relative, or in percentage points for shares; None where it has no meaning."""
    if now is None or before is None:
        return None
    if points:
        return f"{100 * (now - before):+.1f} points"
    return f"{100 * (now / before - 1):+.1f} %" if before else None


def _headed(title: str, rows: pl.DataFrame, *, term: str, note: str, empty: str) -> bool:
    """Write the title with its definition, the note, and what to do without rows; whether there are rows."""
    st.subheader(title, help=f"**{term}**: {glossary.definition(term)}")
    if note:
        st.caption(note)
    if rows.is_empty():
        st.info(empty, icon=":material/search_off:")
    return not rows.is_empty()


def show(
    title: str,
    draw: Draw,
    rows: pl.DataFrame,
    *,
    term: str,
    name: str,
    note: str = "",
    empty: str = NOBODY,
) -> None:
    """A chart with its title, its definition on hover, and its numbers as CSV and its picture as PNG.

    Args:
        title: what stands above it.
        draw: makes the chart from the rows.
        rows: its numbers; without any, the empty state is shown.
        term: the entry of the glossary that says what is counted.
        name: of the files, unique on the page.
        note: what else is to be known, in a line below the title.
        empty: what to do where there are no rows.
    """
    if not _headed(title, rows, term=term, note=note, empty=empty):
        return
    says = f"{title}. {term}: {glossary.definition(term)}".replace("`", "")
    picture(title, draw, rows, says=says, name=name)


def table(
    title: str,
    rows: pl.DataFrame,
    *,
    term: str,
    name: str,
    columns: Mapping[str, Any] | None = None,
    note: str = "",
    empty: str = NOBODY,
) -> None:
    """A table with its title, its definition on hover, and its rows as CSV.

    Args:
        title: what stands above it.
        rows: what it shows.
        term: the entry of the glossary that says what is counted.
        name: of the file, unique on the page.
        columns: Streamlit's column configuration; a column without one has its name in words, and one
            that knows nothing in any row is left to the CSV.
        note: what else is to be known, in a line below the title.
        empty: what to do where there are no rows.
    """
    if not _headed(title, rows, term=term, note=note, empty=empty):
        return
    shown = rows.select(column for column in rows if column.null_count() < rows.height)
    named: dict[str, Any] = {column: in_words(column) for column in shown.columns} | dict(columns or {})
    shares = [column for column in shown.columns if _is_share(named[column])]
    shown = shown.with_columns(pl.col(shares) * 100)
    named |= {column: named[column] | {"type_config": _POINTS} for column in shares}
    st.dataframe(
        shown, hide_index=True, column_config=named, width="stretch", placeholder="–", key=f"table {name}"
    )
    with st.container(horizontal=True):
        csv_button(rows, name)


def _is_share(configured: Any) -> bool:
    """Whether a column is configured as a share of one."""
    return isinstance(configured, dict) and (configured.get("type_config") or {}).get("format") == "percent"


def empty_state(says: str, command: str) -> None:
    """Why there is nothing, and the command that changes it."""
    st.info(f"{says} Run this, and the page fills by itself:", icon=":material/hourglass_empty:")
    st.code(command, language="shell")


def chosen(options: Sequence[str], parameter: str) -> str:
    """Which of the options the URL names; the first one where it names none, and a word where it is wrong."""
    asked = st.query_params.get(parameter, options[0])
    if asked not in options:
        st.warning(f"The address says {parameter}={asked}, which is none of {', '.join(options)}.")
        return options[0]
    return asked


def choice(label: str, options: Sequence[str], *, parameter: str, help: str | None = None) -> str:
    """A choice that a page has for itself, kept in the URL; the first option is the default.

    A value in the URL that is none of the options is told, and the first one taken.
    """
    asked = chosen(options, parameter)
    st.session_state[f"choice {parameter}"] = asked

    def changed() -> None:
        st.query_params[parameter] = st.session_state[f"choice {parameter}"] or options[0]

    st.segmented_control(
        label, options, key=f"choice {parameter}", on_change=changed, help=help, required=True
    )
    return asked


# --- a new copy


@st.fragment(run_every=LOOK_AGAIN_SECONDS)
def watch() -> None:
    """Run the page again when a new copy was published."""
    now = version()
    if st.session_state.setdefault(_VERSION, now) != now:
        st.session_state[_VERSION] = now
        st.rerun(scope="app")
