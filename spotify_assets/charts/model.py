"""Plots of how far the skip models can be believed; their coefficients and curves are in `skips`."""

from typing import TYPE_CHECKING, cast

import polars as pl

from spotify_assets.charts.theme import (
    BLUE,
    GREY,
    PERCENT,
    ROW_HEIGHT,
    VERMILION,
    colours,
    dates_as_text,
    days_axis,
)

if TYPE_CHECKING:
    import altair as alt

GUESSING = 0.5
"""Area under the ROC curve of a model that knows nothing."""
_NAMES = {
    "constant": "base rate",
    "rule": "rule",
    "logistic": "logistic regression",
    "gradient_boosting": "gradient boosting",
}
_LABEL_LIMIT = 150
_BOTH = "both high"
_SHOWN_NAMES = 6
"""Tracks that are high in both and get their name beside the point."""
_NAME_HEIGHT = 0.06
"""Share of the chart's height that a name takes."""
_DATE = "%d %b %Y"


def ladder(rows: pl.DataFrame) -> "alt.LayerChart":
    """AUC of every rung with its 95 % interval, one row per rung, over the line of guessing.

    Args:
        rows: rows of `ml.skip_ladder` of one cut-off, in the order of the steps.
    """
    import altair as alt  # noqa: PLC0415

    named = rows.select(
        "rung", "auc", "auc_low", "auc_high", "log_loss", model=pl.col("estimator").replace(_NAMES)
    ).with_columns(pl.col("rung").str.replace_all("_", " "))
    order = named["rung"].unique(maintain_order=True).to_list()
    models = named["model"].unique(maintain_order=True).to_list()
    x = alt.X("auc:Q", title="AUC on later days; 95 % interval", scale=alt.Scale(zero=False, nice=True))
    base = alt.Chart(named).encode(
        y=alt.Y("rung:N", title=None, sort=order, axis=alt.Axis(labelLimit=_LABEL_LIMIT)),
        yOffset=alt.YOffset("model:N", sort=models),
        color=alt.Color("model:N", **colours(models, columns=1)),
        tooltip=[
            alt.Tooltip("rung:N", title="Features up to"),
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("auc:Q", title="AUC", format=".3f"),
            alt.Tooltip("auc_low:Q", title="95 % from", format=".3f"),
            alt.Tooltip("auc_high:Q", title="95 % to", format=".3f"),
            alt.Tooltip("log_loss:Q", title="Log loss, nats", format=".4f"),
        ],
    )
    guessing = (
        alt.Chart(pl.DataFrame({"auc": [GUESSING]})).mark_rule(strokeDash=[4, 3], color=GREY).encode(x=x)
    )
    interval = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("auc_low:Q"), x2=alt.X2("auc_high:Q"))
    shape = alt.Shape("model:N", legend=None, sort=models)
    point = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, shape=shape)
    return cast(
        "alt.LayerChart",
        alt.layer(guessing, interval, point).properties(height=1.6 * ROW_HEIGHT * len(order)),
    )


def over_time(rows: pl.DataFrame) -> "alt.LayerChart":
    """AUC of the readable model at each cut-off, over the line of guessing.

    Args:
        rows: by `cutoff_date`: `auc`, `log_loss`, `base_log_loss`, `test_skip_rate`, `test_rows`.
    """
    import altair as alt  # noqa: PLC0415

    y = alt.Y("auc:Q", title="AUC on the days up to the cut-off", scale=alt.Scale(zero=False))
    base = alt.Chart(dates_as_text(rows)).encode(
        x=alt.X("cutoff_date:T", title=None, axis=days_axis(rows["cutoff_date"])),
        y=y,
        tooltip=[
            alt.Tooltip("cutoff_date:T", title="Cut-off", format=_DATE),
            alt.Tooltip("auc:Q", title="AUC", format=".3f"),
            alt.Tooltip("log_loss:Q", title="Log loss, nats", format=".4f"),
            alt.Tooltip("base_log_loss:Q", title="Log loss of the base rate", format=".4f"),
            alt.Tooltip("test_skip_rate:Q", title="Skip rate on those days", format=PERCENT),
            alt.Tooltip("test_rows:Q", title="Playbacks judged on", format=",.0f"),
        ],
    )
    guessing = (
        alt.Chart(pl.DataFrame({"auc": [GUESSING]})).mark_rule(strokeDash=[4, 3], color=GREY).encode(y=y)
    )
    line = base.mark_line(color=BLUE, point=alt.OverlayMarkDef(color=BLUE, size=45))
    return cast("alt.LayerChart", alt.layer(guessing, line).properties(height=240))


def drift(rows: pl.DataFrame, large: float) -> "alt.LayerChart":
    """How far each feature moved, one bar each, those beyond what is called large in another colour.

    Args:
        rows: `feature`, `psi`, `train_unknown`, `test_unknown`, furthest first.
        large: population stability index above which a shift is called large.
    """
    import altair as alt  # noqa: PLC0415

    says = [f"above {large}", f"up to {large}"]
    named = rows.with_columns(
        pl.col("feature").str.replace_all("_", " "),
        says=pl.when(pl.col("psi") > large).then(pl.lit(says[0])).otherwise(pl.lit(says[1])),
    )
    x = alt.X("psi:Q", title="Population stability index")
    bars = (
        alt.Chart(named)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y(
                "feature:N", title=None, sort=None, axis=alt.Axis(labelLimit=_LABEL_LIMIT, labelOverlap=False)
            ),
            color=alt.Color(
                "says:N",
                title=None,
                scale=alt.Scale(domain=says, range=[VERMILION, BLUE]),
                legend=alt.Legend(orient="bottom"),
            ),
            tooltip=[
                alt.Tooltip("feature:N", title="Feature"),
                alt.Tooltip("psi:Q", title="Stability index", format=".3f"),
                alt.Tooltip("train_unknown:Q", title="Unknown in training", format=PERCENT),
                alt.Tooltip("test_unknown:Q", title="Unknown in test", format=PERCENT),
            ],
        )
    )
    limit = alt.Chart(pl.DataFrame({"psi": [large]})).mark_rule(strokeDash=[4, 3], color=GREY).encode(x=x)
    return cast("alt.LayerChart", alt.layer(bars, limit).properties(height=0.75 * ROW_HEIGHT * rows.height))


def popular_and_skipped(rows: pl.DataFrame) -> "alt.LayerChart":
    """Tracks by popularity and predicted skip probability, those high in both marked, the first ones named.

    Args:
        rows: `track_name`, `artist_name`, `playbacks`, `skip_probability`, `skip_rate`, `popularity` and
            `is_both`, those that are high in both first.
    """
    import altair as alt  # noqa: PLC0415

    others = "the others"
    named = rows.with_columns(
        says=pl.when("is_both").then(pl.lit(_BOTH)).otherwise(pl.lit(others)),
    )
    x = alt.X("popularity:Q", title="Popularity", scale=alt.Scale(domain=[0, 100]))
    y = alt.Y(
        "skip_probability:Q",
        title="Predicted probability of a skip",
        scale=alt.Scale(zero=False),
        axis=alt.Axis(format=".0%"),
    )
    domain = [_BOTH, others]
    points = (
        alt.Chart(named)
        .mark_point(filled=True, opacity=0.75)
        .encode(
            x=x,
            y=y,
            size=alt.Size("playbacks:Q", title=None, legend=None, scale=alt.Scale(range=[30, 300])),
            color=alt.Color(
                "says:N",
                title=None,
                scale=alt.Scale(domain=domain, range=[VERMILION, GREY]),
                legend=alt.Legend(orient="bottom"),
            ),
            shape=alt.Shape(
                "says:N", title=None, scale=alt.Scale(domain=domain, range=["diamond", "circle"]), legend=None
            ),
            tooltip=[
                alt.Tooltip("track_name:N", title="Track"),
                alt.Tooltip("artist_name:N", title="Artist"),
                alt.Tooltip("popularity:Q", title="Popularity"),
                alt.Tooltip("skip_probability:Q", title="Predicted skips", format=PERCENT),
                alt.Tooltip("skip_rate:Q", title="Observed skips", format=PERCENT),
                alt.Tooltip("playbacks:Q", title="Playbacks", format=",.0f"),
            ],
        )
    )
    labels = (
        alt.Chart(_apart(named))
        .mark_text(align="right", dx=-10, limit=140, color=GREY)
        .encode(x=x, y=y, text=alt.Text("track_name:N"))
    )
    return cast("alt.LayerChart", alt.layer(points, labels).properties(height=360))


def _apart(rows: pl.DataFrame) -> pl.DataFrame:
    """Of the tracks that are high in both, the first whose names leave each other the room of a line."""
    marked = rows.filter("is_both")
    kept: list[int] = []
    highest, lowest = rows["skip_probability"].max(), rows["skip_probability"].min()
    room = _NAME_HEIGHT * (cast("float", highest) - cast("float", lowest))
    chances = marked["skip_probability"].to_list()
    for number, chance in enumerate(chances):
        if all(abs(chance - chances[other]) >= room for other in kept):
            kept.append(number)
    return marked[kept[:_SHOWN_NAMES]]
