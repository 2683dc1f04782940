"""Plots of what became of the rows, how fresh tables are, and one listening under several rules."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from spotify_assets.charts.theme import BLUE, COUNT, GREY, LINES, ORANGE, PERCENT, ROW_HEIGHT, VERMILION

if TYPE_CHECKING:
    import altair as alt

HOUR_SECONDS = 3_600
_OUTCOMES = {"loaded": BLUE, "duplicate": ORANGE, "rejected": VERMILION}
_LABEL_LIMIT = 160
_LAST_PART = "peek(split(datum.label, '/'))"
"""Of a path only its last part, as a Vega expression: files in archives have long ones."""
_MOMENT = "%d %b %Y %H:%M UTC"


def outcomes(rows: pl.DataFrame, label: str) -> "alt.Chart":
    """What became of the rows that came in, one bar per table or file, as shares of them.

    Args:
        rows: the label's column, `rows_in`, `loaded`, `rejected`, `duplicate`.
        label: the column that names a bar.
    """
    import altair as alt  # noqa: PLC0415

    names = list(_OUTCOMES)
    long = (
        rows.filter(pl.col("rows_in") > 0)
        .unpivot(names, index=[label, "rows_in"], variable_name="outcome", value_name="count")
        .with_columns(
            share=pl.col("count") / pl.col("rows_in"),
            place=pl.col("outcome").replace_strict({name: place for place, name in enumerate(names)}),
        )
    )
    return cast(
        "alt.Chart",
        (
            alt.Chart(long)
            .mark_bar()
            .encode(
                x=alt.X("share:Q", title="Share of the rows", axis=alt.Axis(format=".0%")),
                y=alt.Y(f"{label}:N", title=None, sort=None, axis=_names(labelExpr=_LAST_PART)),
                order="place:Q",
                color=alt.Color(
                    "outcome:N",
                    title=None,
                    scale=alt.Scale(domain=names, range=list(_OUTCOMES.values())),
                    legend=alt.Legend(orient="bottom", columns=1),
                ),
                tooltip=[
                    alt.Tooltip(f"{label}:N", title="Of"),
                    alt.Tooltip("outcome:N", title="Became"),
                    alt.Tooltip("count:Q", title="Rows", format=COUNT),
                    alt.Tooltip("share:Q", title="Share", format=".2%"),
                    alt.Tooltip("rows_in:Q", title="Rows in", format=COUNT),
                ],
            )
            .properties(height=0.8 * ROW_HEIGHT * rows.filter(pl.col("rows_in") > 0).height)
        ),
    )


def freshness(rows: pl.DataFrame, now: datetime) -> "alt.Chart":
    """Hours since each table was last written, one bar each, by layer.

    Args:
        rows: `table_name`, `newest_date`, `written_at` (UTC).
        now: the UTC moment from which hours are counted.
    """
    import altair as alt  # noqa: PLC0415

    named = rows.with_columns(
        hours=(pl.lit(now) - pl.col("written_at")).dt.total_seconds() / HOUR_SECONDS,
        layer=pl.col("table_name").str.split(".").list.first(),
        newest=pl.col("newest_date").cast(pl.String),
        written=pl.col("written_at").dt.strftime(_MOMENT),
    ).drop("newest_date", "written_at")
    layers = named["layer"].unique(maintain_order=True).to_list()
    return cast(
        "alt.Chart",
        (
            alt.Chart(named)
            .mark_bar()
            .encode(
                x=alt.X("hours:Q", title="Hours since it was last written"),
                y=alt.Y("table_name:N", title=None, sort=None, axis=_names()),
                color=alt.Color(
                    "layer:N",
                    title=None,
                    scale=alt.Scale(domain=layers, range=list(LINES[: len(layers)])),
                    legend=alt.Legend(orient="bottom", columns=1),
                ),
                tooltip=[
                    alt.Tooltip("table_name:N", title="Table"),
                    alt.Tooltip("written:N", title="Written"),
                    alt.Tooltip("hours:Q", title="Hours ago", format=".1f"),
                    alt.Tooltip("newest:N", title="Newest date in it"),
                ],
            )
            .properties(height=0.8 * ROW_HEIGHT * rows.height)
        ),
    )


def stream_rules(rows: pl.DataFrame, own: str) -> "alt.Chart":
    """Streams of the same listening under each rule, one bar each, the rule in use in its own colour.

    Args:
        rows: `rule`, `says`, `whose`, `streams`, `share`, `hours`.
        own: the name of the rule in use.
    """
    import altair as alt  # noqa: PLC0415

    says = ["in use here", "elsewhere"]
    named = rows.with_columns(
        label=pl.format("{} ({})", "rule", "whose"),
        use=pl.when(pl.col("rule") == own).then(pl.lit(says[0])).otherwise(pl.lit(says[1])),
    )
    return cast(
        "alt.Chart",
        (
            alt.Chart(named)
            .mark_bar()
            .encode(
                x=alt.X("streams:Q", title="Streams", axis=alt.Axis(format=COUNT)),
                y=alt.Y("label:N", title=None, sort=None, axis=_names()),
                color=alt.Color(
                    "use:N",
                    title=None,
                    scale=alt.Scale(domain=says, range=[BLUE, GREY]),
                    legend=alt.Legend(orient="bottom", columns=1),
                ),
                tooltip=[
                    alt.Tooltip("rule:N", title="Rule"),
                    alt.Tooltip("whose:N", title="Whose"),
                    alt.Tooltip("says:N", title="A stream is"),
                    alt.Tooltip("streams:Q", title="Streams", format=COUNT),
                    alt.Tooltip("share:Q", title="Share of playbacks", format=PERCENT),
                    alt.Tooltip("hours:Q", title="Hours heard in them", format=",.1f"),
                ],
            )
            .properties(height=ROW_HEIGHT * rows.height)
        ),
    )


def _names(**more: Any) -> "alt.Axis":
    """An axis of names, each of which is shown."""
    import altair as alt  # noqa: PLC0415

    return alt.Axis(labelLimit=_LABEL_LIMIT, labelOverlap=False, **more)
