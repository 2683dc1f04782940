"""Plots of the skip models and of skipping itself, for the dashboard and for asset metadata."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

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

HEIGHT = 340
"""Height in pixels of the plots that have no row per term."""

MOST_TERMS = 20
"""Terms of a long model that are drawn, those with the largest coefficients."""

LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
"""Okabe & Ito's colours for lines."""

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


def ladder_coefficient_plot(coefficients: pl.DataFrame, title: str) -> "alt.LayerChart":
    """The largest coefficients of a rung of the ladder, drawn as `coefficient_plot` does.

    Args:
        coefficients: rows of `ml.skip_ladder_coefficients` of one model, with their intervals.
        title: what stands above the plot.
    """
    largest = (
        coefficients.filter(pl.col("column_sd").is_not_null())
        .sort(pl.col("coefficient").abs(), "term", descending=[True, False])
        .head(MOST_TERMS)
    )
    return coefficient_plot(largest.rename({"column_sd": "feature_sd"}), title)


def roc_plot(curves: pl.DataFrame, title: str) -> "alt.LayerChart":
    """ROC curves on the test rows, one per rung, over the diagonal of guessing.

    Args:
        curves: `rung`, `false_positive_rate` and `true_positive_rate`; rungs in the order of the legend.
        title: what stands above the plot.
    """
    return _on_diagonal(
        curves,
        title,
        x=("false_positive_rate", "Share of playbacks not skipped that are ranked above (false positives)"),
        y=("true_positive_rate", "Share of skips ranked above (true positives)"),
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
        x=("predicted", "Predicted probability of a skip (mean of a bin)"),
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
        legend=alt.Legend(symbolOpacity=1),
    )
    x = alt.X("second:Q", title="Seconds played", scale=alt.Scale(nice=False))
    y = alt.Y("survival:Q", title="Share not skipped; 95 % band", scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(rows).encode(x=x, color=colour)
    band = base.mark_area(opacity=0.2).encode(y=alt.Y("survival_low:Q", title=""), y2="survival_high:Q")
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
    diagonal = alt.Chart(corners).mark_line(color=_INK, strokeDash=[4, 3], strokeWidth=1).encode(**axes)
    order = curves["rung"].unique(maintain_order=True).to_list()
    colour = alt.Color("rung:N", title=None, sort=order, scale=alt.Scale(domain=order, range=list(LINES)))
    lines = (
        alt.Chart(curves.select("rung", x[0], y[0])).mark_line(point=with_points).encode(color=colour, **axes)
    )
    return _framed(alt.layer(diagonal, lines), title)


def _framed(chart: "alt.LayerChart | alt.FacetChart", title: str) -> "alt.LayerChart":
    import altair as alt  # noqa: PLC0415

    framed = (
        chart.properties(title=alt.Title(title, anchor="start", offset=12), width=WIDTH, height=HEIGHT)
        .configure_view(stroke=None)
        .configure_axis(labelColor=_INK, titleColor=_INK, titleFontWeight="normal", gridColor=_FAINT)
        .configure_legend(orient="bottom")
    )
    return cast("alt.LayerChart", framed)


def to_vega_lite(chart: "alt.TopLevelMixin") -> str:
    """A chart's Vega-Lite specification as JSON, data included; the same chart gives the same text."""
    # Checking a chart against Vega-Lite's schema takes ten times as long as writing it; tests draw them all.
    return chart.to_json(indent=None, validate=False)


def save(chart: "alt.LayerChart", folder: Path, name: str, says: str) -> Path:
    """Write a plot as `<name>.vl.json`, with what it says in words as its description, and as `<name>.png`.

    Each file is replaced in one step. Returns the path of the image.
    """
    folder.mkdir(parents=True, exist_ok=True)
    described = chart.properties(description=says)
    image = folder / f"{name}.png"
    for path, content in (
        (folder / f"{name}.vl.json", to_vega_lite(described).encode()),
        (image, to_png(described)),
    ):
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(content)
        new.replace(path)
    return image


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
