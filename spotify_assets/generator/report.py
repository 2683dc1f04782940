"""The fidelity report as files: every figure with its target, and a plot of how far off each one is."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import altair as alt

WITHIN, OUTSIDE = "#0072B2", "#D55E00"
"""Okabe & Ito's blue and vermilion, which colour-blind people can tell apart."""
PNG_SCALE = 2.0


def write_report(report: pl.DataFrame, folder: Path) -> Path:
    """Write `fidelity.parquet` and `fidelity.png` into a folder; returns the path of the plot.

    Args:
        report: what `fidelity` returns.
        folder: made where it does not exist.
    """
    import vl_convert  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    report.write_parquet(folder / "fidelity.parquet")
    picture = folder / "fidelity.png"
    specification = deviation_plot(report).to_json(indent=None)
    picture.write_bytes(vl_convert.vegalite_to_png(specification, scale=PNG_SCALE))
    return picture


def deviation_plot(report: pl.DataFrame) -> "alt.LayerChart":
    """Each figure's distance from its target in tolerances: inside the grey band it is within."""
    import altair as alt  # noqa: PLC0415

    rows = report.with_columns(
        deviation=(pl.col("achieved") - pl.col("target")) / pl.col("tolerance"),
        says=pl.format("{} of {}", pl.col("achieved").round(2), pl.col("target")),
        verdict=pl.when("within").then(pl.lit("within")).otherwise(pl.lit("outside")),
    )
    distance = "distance from the published figure, in tolerances"
    axis = alt.X("deviation:Q", title=distance)
    base = alt.Chart(rows).encode(y=alt.Y("fact:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)))
    band = (
        alt.Chart(pl.DataFrame({"low": [-1.0], "high": [1.0]}))
        .mark_rect(color="#EEEEEE")
        .encode(x=alt.X("low:Q", title=distance), x2="high:Q")
    )
    colour = alt.Color(
        "verdict:N",
        title=None,
        scale=alt.Scale(domain=["within", "outside"], range=[WITHIN, OUTSIDE]),
        legend=alt.Legend(orient="bottom"),
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=axis, color=colour)
    figures = base.mark_text(align="left", dx=10, fontSize=10).encode(x=axis, text="says:N")
    title = "Generated listening against published figures"
    return alt.LayerChart(layer=[band, points, figures], width=420, title=title)
