"""Plots of the skip models and of skipping itself."""

from typing import TYPE_CHECKING, cast

import polars as pl

from spotify_assets.charts.theme import BLUE, COUNT, GREY, HEIGHT, LINES, PERCENT, VERMILION, WIDTH

if TYPE_CHECKING:
    import altair as alt

LOWER, UNCLEAR, HIGHER = "lower odds", "interval includes 1", "higher odds"
"""What a term's 95 % interval says of skipping."""

COLOURS = {LOWER: BLUE, UNCLEAR: GREY, HIGHER: VERMILION}

SHAPES = {LOWER: "triangle-left", UNCLEAR: "circle", HIGHER: "triangle-right"}
"""The same again without colour."""

TERM_HEIGHT = 34
"""Height in pixels of the plotting area per term."""

MOST_TERMS = 20
"""Terms of a long model that are drawn, those with the largest coefficients."""

NO_EFFECT = 1.0
"""Odds ratio of a feature that makes no difference."""

_MARGIN = 1.06
"""Factor by which the axis reaches beyond the widest interval."""

_TICK_LABEL = "format(datum.value, '.3~g')"
"""An expression, because with a plain format Vega leaves out labels of a logarithmic axis."""


def coefficient_plot(
    coefficients: pl.DataFrame, title: str, *, with_figures: bool = True
) -> "alt.LayerChart":
    """Odds ratios per standard deviation with their 95 % intervals: one line per feature, lowest first.

    Args:
        coefficients: rows of `ml.skip_model_coefficients` of one model; the intercept is not drawn.
        title: what stands above the plot.
        with_figures: whether the numbers stand beside it, which takes a width that pages may not have.
    """
    import altair as alt  # noqa: PLC0415

    rows = _plotted(coefficients)
    furthest = _MARGIN * max(max(1 / row["low"], row["high"]) for row in rows.iter_rows(named=True))
    axis = alt.X(
        "ratio:Q",
        title="Odds ratio per SD (log), 95 % interval",
        scale=alt.Scale(type="log", domain=[1 / furthest, furthest], nice=False),
        axis=alt.Axis(tickCount=7, grid=True, labelExpr=_TICK_LABEL, labelOverlap="greedy"),
    )
    meaning = list(COLOURS)
    colour = alt.Color(
        "says:N",
        title=None,
        scale=alt.Scale(domain=meaning, range=list(COLOURS.values())),
        legend=alt.Legend(orient="bottom", columns=1),
    )
    shape = alt.Shape("says:N", title=None, scale=alt.Scale(domain=meaning, range=list(SHAPES.values())))
    base = alt.Chart(rows).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=220, ticks=False, domain=False)),
        tooltip=[
            alt.Tooltip("label:N", title="Feature"),
            alt.Tooltip("ratio:Q", title="Odds ratio", format=".3f"),
            alt.Tooltip("low:Q", title="95 % from", format=".3f"),
            alt.Tooltip("high:Q", title="95 % to", format=".3f"),
        ],
    )
    no_effect = (
        alt.Chart(pl.DataFrame({"ratio": [NO_EFFECT]}))
        .mark_rule(color=GREY, strokeDash=[4, 3])
        .encode(x=axis)
    )
    interval = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), color=colour)
    point = base.mark_point(filled=True, size=110, opacity=1).encode(x=axis, color=colour, shape=shape)
    figures = base.mark_text(align="left", color=GREY).encode(
        x=alt.value(WIDTH + 12), text=alt.Text("figures:N")
    )
    layers = [no_effect, interval, point, *([figures] if with_figures else [])]
    chart = alt.layer(*layers).properties(title=title, width=WIDTH, height=TERM_HEIGHT * rows.height)
    return cast("alt.LayerChart", chart)


def ladder_coefficient_plot(
    coefficients: pl.DataFrame, title: str, *, with_figures: bool = True
) -> "alt.LayerChart":
    """The largest coefficients of a rung of the ladder, drawn as `coefficient_plot` does.

    Args:
        coefficients: rows of `ml.skip_ladder_coefficients` of one model, with their intervals.
        title: what stands above the plot.
        with_figures: as for `coefficient_plot`.
    """
    largest = (
        coefficients.filter(pl.col("column_sd").is_not_null())
        .sort(pl.col("coefficient").abs(), "term", descending=[True, False])
        .head(MOST_TERMS)
    )
    renamed = largest.rename({"column_sd": "feature_sd"})
    return coefficient_plot(renamed, title, with_figures=with_figures)


def roc_plot(curves: pl.DataFrame, title: str) -> "alt.LayerChart":
    """ROC curves on the test rows, one per rung, over the diagonal of guessing.

    Args:
        curves: `rung`, `false_positive_rate` and `true_positive_rate`; rungs in the order of the legend.
        title: what stands above the plot.
    """
    return _on_diagonal(
        curves,
        title,
        x=("false_positive_rate", "Other playbacks ranked above (false positives)"),
        y=("true_positive_rate", "Skips ranked above (true positives)"),
        with_points=False,
    )


def calibration_plot(curves: pl.DataFrame, title: str) -> "alt.LayerChart":
    """Observed against predicted share of skips, one line per rung, over the diagonal of perfection.

    Args:
        curves: `rung`, `predicted` and `observed`; rungs in the order of the legend.
        title: what stands above the plot.
    """
    return _on_diagonal(
        curves,
        title,
        x=("predicted", "Predicted probability of a skip"),
        y=("observed", "Observed share of skips"),
        with_points=True,
    )


def survival_plot(survival: pl.DataFrame, title: str) -> "alt.LayerChart":
    """Share not skipped by each second with its 95 % band, one line per group.

    Args:
        survival: rows of `ml.skip_survival` of one dimension; at most a handful of groups stay readable.
        title: what stands above the plot.
    """
    import altair as alt  # noqa: PLC0415

    rows = survival.select("value", "second", "survival", "survival_low", "survival_high")
    colour = alt.Color(
        "value:N",
        title=None,
        scale=alt.Scale(domain=_in_order(rows["value"]), range=list(LINES)),
        legend=alt.Legend(symbolOpacity=1, orient="bottom"),
    )
    x = alt.X("second:Q", title="Seconds played", scale=alt.Scale(nice=False))
    y = alt.Y("survival:Q", title="Share not skipped; 95 % band", scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(rows).encode(x=x, color=colour)
    band = base.mark_area(opacity=0.2).encode(
        y=alt.Y("survival_low:Q", title=""), y2=alt.Y2("survival_high:Q")
    )
    line = base.mark_line(interpolate="step-after").encode(y=y)
    return _framed(alt.layer(band, line), title)


def _in_order(values: pl.Series) -> list[str]:
    """Names of groups by the number they begin with, so that "11 and more" comes after "6-10"."""
    numbers = (
        values.unique()
        .sort()
        .to_frame("name")
        .with_columns(number=pl.col("name").str.extract(r"^(\d+)").cast(pl.Int64))
    )
    return numbers.sort("number", "name", nulls_last=True)["name"].to_list()


def _on_diagonal(
    curves: pl.DataFrame, title: str, *, x: tuple[str, str], y: tuple[str, str], with_points: bool
) -> "alt.LayerChart":
    """Lines over the unit square with its diagonal."""
    import altair as alt  # noqa: PLC0415

    unit = alt.Scale(domain=[0, 1])
    corners = pl.DataFrame({x[0]: [0.0, 1.0], y[0]: [0.0, 1.0]})
    axes = {
        "x": alt.X(f"{x[0]}:Q", title=x[1], scale=unit),
        "y": alt.Y(f"{y[0]}:Q", title=y[1], scale=unit),
    }
    diagonal = alt.Chart(corners).mark_line(color=GREY, strokeDash=[4, 3], strokeWidth=1).encode(**axes)
    order = curves["rung"].unique(maintain_order=True).to_list()
    colour = alt.Color(
        "rung:N",
        title=None,
        sort=order,
        scale=alt.Scale(domain=order, range=list(LINES)),
        legend=alt.Legend(orient="bottom", columns=3),
    )
    lines = (
        alt.Chart(curves.select("rung", x[0], y[0])).mark_line(point=with_points).encode(color=colour, **axes)
    )
    return _framed(alt.layer(diagonal, lines), title)


def _framed(chart: "alt.LayerChart | alt.FacetChart", title: str) -> "alt.LayerChart":
    return cast("alt.LayerChart", chart.properties(title=title, width=WIDTH, height=HEIGHT))


def _plotted(coefficients: pl.DataFrame) -> pl.DataFrame:
    """One row per feature in plotting order: its label, odds ratio, interval and figures in words."""
    features = coefficients.filter(pl.col("feature_sd").is_not_null()).sort("coefficient", "term")
    rows = []
    for term in features.iter_rows(named=True):
        ratio, low, high = term["odds_ratio"], term["odds_ratio_low"], term["odds_ratio_high"]
        rows.append(
            {
                "label": f"{term['term']} (SD {term['feature_sd']:.2g})",
                "ratio": ratio,
                "low": low,
                "high": high,
                "says": LOWER if high < NO_EFFECT else HIGHER if low > NO_EFFECT else UNCLEAR,
                "figures": f"{ratio:.3f} ({low:.3f}–{high:.3f})",
            }
        )
    return pl.DataFrame(rows)


def survival_of_periods(rows: pl.DataFrame) -> "alt.LayerChart":
    """The share not skipped by each second, one line per period, the compared one dashed.

    Args:
        rows: `period` ("this period" or "compared period"), `second`, `survival`.
    """
    import altair as alt  # noqa: PLC0415

    periods = [name for name in ("this period", "compared period") if name in set(rows["period"])]
    legend = alt.Legend(orient="bottom") if len(periods) > 1 else None
    line = (
        alt.Chart(rows)
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=alt.X("second:Q", title="seconds played", scale=alt.Scale(nice=False)),
            y=alt.Y(
                "survival:Q",
                title="share not skipped",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=5),
            ),
            color=alt.Color(
                "period:N", title=None, scale=alt.Scale(domain=periods, range=[BLUE, GREY]), legend=legend
            ),
            strokeDash=alt.StrokeDash(
                "period:N", scale=alt.Scale(domain=periods, range=[[1, 0], [5, 3]]), legend=legend
            ),
            tooltip=[
                alt.Tooltip("second:Q", title="Seconds"),
                alt.Tooltip("survival:Q", title="Not skipped", format=PERCENT),
                alt.Tooltip("period:N", title="Period"),
            ],
        )
    )
    return cast("alt.LayerChart", alt.layer(line).properties(height=HEIGHT))


def rates(rows: pl.DataFrame, name: str) -> "alt.LayerChart":
    """Skip rates along positions or hours, one bar each in the order of the rows.

    Args:
        rows: `value` (the position or hour), `plays`, `skip_rate`.
        name: what the values are.
    """
    import altair as alt  # noqa: PLC0415

    bars = (
        alt.Chart(rows)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X(
                "value:N",
                title=name,
                sort=rows["value"].to_list(),
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("skip_rate:Q", title="skip rate", axis=alt.Axis(format="%", tickCount=5)),
            tooltip=[
                alt.Tooltip("value:N", title=name.capitalize()),
                alt.Tooltip("skip_rate:Q", title="Skip rate", format=PERCENT),
                alt.Tooltip("plays:Q", title="Plays", format=COUNT),
            ],
        )
    )
    return cast("alt.LayerChart", alt.layer(bars).properties(height=260))


def flag_against_outcome(rows: pl.DataFrame) -> "alt.LayerChart":
    """For each outcome, the parts whose flag says that they were skipped, that they were not, and nothing.

    Args:
        rows: `outcome`, `flag`, `plays`, `share`.
    """
    import altair as alt  # noqa: PLC0415

    flags = ["skipped", "not skipped", "says nothing"]
    ordered = rows.with_columns(part=pl.col("flag").replace_strict({flag: n for n, flag in enumerate(flags)}))
    bars = (
        alt.Chart(ordered)
        .mark_bar()
        .encode(
            y=alt.Y("outcome:N", title=None, sort=["skip", "complete", "abandoned", "unknown"]),
            x=alt.X("share:Q", title="share of the outcome's plays", axis=alt.Axis(format="%", tickCount=5)),
            color=alt.Color(
                "flag:N",
                title="the flag",
                scale=alt.Scale(domain=flags, range=[VERMILION, BLUE, GREY]),
                legend=alt.Legend(orient="bottom", columns=2),
            ),
            order=alt.Order("part:Q"),
            tooltip=[
                alt.Tooltip("outcome:N", title="Outcome"),
                alt.Tooltip("flag:N", title="The flag"),
                alt.Tooltip("plays:Q", title="Plays", format=COUNT),
                alt.Tooltip("share:Q", title="Share of the outcome", format=PERCENT),
            ],
        )
    )
    return cast("alt.LayerChart", alt.layer(bars).properties(height=160))
