"""Plots of the skip model, for the dashboard and for asset metadata."""

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import altair as alt

LOWER, UNCLEAR, HIGHER = "lower odds", "interval includes 1", "higher odds"
"""What a term's 95 % interval says of skipping."""

COLOURS = {LOWER: "#0072B2", UNCLEAR: "#7F7F7F", HIGHER: "#D55E00"}
"""Okabe & Ito's blue and vermilion, which colour-blind people can tell apart, and grey."""

SHAPES = {LOWER: "triangle-left", UNCLEAR: "circle", HIGHER: "triangle-right"}
"""The same again without colour."""

WIDTH, ROW_HEIGHT = 460, 34
"""Size of the plotting area in pixels: its width, and its height per term."""

PNG_SCALE = 2.0
"""Pixels of the PNG per pixel of the chart, so that text stays sharp on dense screens."""

NO_EFFECT = 1.0
"""Odds ratio of a feature that makes no difference."""

_MARGIN = 1.06
"""Factor by which the axis reaches beyond the widest interval."""

_TICK_LABEL = "format(datum.value, '.3~g')"
"""An expression, because with a plain format Vega leaves out labels of a logarithmic axis."""

_INK, _FAINT = "#222222", "#E4E4E4"


def coefficient_plot(coefficients: pl.DataFrame, title: str) -> "alt.LayerChart":
    """Odds ratios per standard deviation with their 95 % intervals: one line per feature, lowest first.

    Args:
        coefficients: rows of `ml.skip_model_coefficients` of one model; the intercept is not drawn.
        title: what stands above the plot.
    """
    import altair as alt  # noqa: PLC0415

    rows = _plotted(coefficients)
    furthest = _MARGIN * max(max(1 / row["low"], row["high"]) for row in rows.iter_rows(named=True))
    axis = alt.X(
        "ratio:Q",
        title="Odds ratio of a skip per standard deviation (log scale); 95 % interval",
        scale=alt.Scale(type="log", domain=[1 / furthest, furthest], nice=False),
        axis=alt.Axis(tickCount=7, grid=True, gridColor=_FAINT, labelExpr=_TICK_LABEL, labelOverlap="greedy"),
    )
    meaning = list(COLOURS)
    colour = alt.Color(
        "says:N",
        title=None,
        scale=alt.Scale(domain=meaning, range=list(COLOURS.values())),
        legend=alt.Legend(orient="bottom"),
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
        .mark_rule(color=_INK, strokeDash=[4, 3])
        .encode(x=axis)
    )
    interval = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q"), x2="high:Q", color=colour)
    point = base.mark_point(filled=True, size=110, opacity=1).encode(x=axis, color=colour, shape=shape)
    figures = base.mark_text(align="left", color=_INK).encode(x=alt.value(WIDTH + 12), text="figures:N")
    chart: alt.LayerChart = (
        alt.layer(no_effect, interval, point, figures)
        .properties(
            title=alt.Title(title, anchor="start", offset=12),
            width=WIDTH,
            height=ROW_HEIGHT * rows.height,
        )
        .configure_view(stroke=None)
        .configure_axis(labelColor=_INK, titleColor=_INK, labelFontSize=12, titleFontWeight="normal")
        .configure_text(fontSize=12)
    )
    return chart


def to_vega_lite(chart: "alt.TopLevelMixin") -> str:
    """A chart's Vega-Lite specification as JSON, data included; the same chart gives the same text."""
    return chart.to_json(indent=None)


def to_png(chart: "alt.TopLevelMixin") -> bytes:
    """A chart as a PNG image, drawn in this process without a browser or the network."""
    import vl_convert  # noqa: PLC0415

    return bytes(vl_convert.vegalite_to_png(to_vega_lite(chart), scale=PNG_SCALE))


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
