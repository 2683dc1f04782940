"""The command about costs: what a month costs, and what more listening would."""

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out, table_of
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from spotify_assets.insight.cost import Prices

app = typer.Typer()

_PROJECT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(x|y)")


@app.command()
@says_what_is_wrong
def cost(
    project: Annotated[
        str | None,
        typer.Option(help="What so many times the events would cost, 10x, or so many years more, 1y."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many tables, the dearest first.")] = 20,
    resources: Annotated[
        bool, typer.Option("--resources", help="What a pod of runs on Kubernetes is to ask for, as YAML.")
    ] = False,
) -> None:
    """What runs take and a month costs, table by table, by the prices of the settings."""
    from spotify_assets.insight.cost import Prices, per_table  # noqa: PLC0415
    from spotify_assets.tables import RUN_COSTS  # noqa: PLC0415
    from spotify_assets.warehouse.door import warehouse_of  # noqa: PLC0415
    from spotify_assets.warehouse.reader import TableReader  # noqa: PLC0415

    settings = Settings()
    # The published copy is made before a run has ended, and so without what it cost.
    costs = TableReader(warehouse_of(settings), RUN_COSTS).read()
    if resources:
        _print_resources(costs)
        return
    factor = _factor(project, settings) if project else None
    prices = Prices(settings.price_cpu_hour, settings.price_memory_gb_hour, settings.price_storage_gb_month)
    tables = per_table(costs, prices, datetime.now(UTC).replace(tzinfo=None))
    _print_tables(tables, top)
    out.print(f"A month: {tables['month'].sum():,.2f}, of runs of the last 30 days and what is stored now.")
    if factor is not None:
        _print_projection(costs, prices, factor)


def _factor(project: str, settings: Settings) -> float:
    """How many times the events that there are."""
    from spotify_assets.rows.window import Window  # noqa: PLC0415
    from spotify_assets.tables import RAW_EVENTS  # noqa: PLC0415
    from spotify_assets.warehouse.door import warehouse_of  # noqa: PLC0415
    from spotify_assets.warehouse.reader import TableReader  # noqa: PLC0415

    found = _PROJECT.fullmatch(project)
    if not found or float(found[1]) <= 0:
        raise ValueError(f"--project {project}: write how many times the events, 10x, or years more, 1y")
    if found[2] == "x":
        return float(found[1])
    days = len(TableReader(warehouse_of(settings), RAW_EVENTS).rows_per_date(Window(date.min, date.max)))
    if not days:
        raise ValueError("there are no events yet: import a file or generate listening first")
    return 1 + float(found[1]) * 365 / days


def _print_resources(costs: "pl.DataFrame") -> None:
    from spotify_assets.insight.cost import pod_resources, whole_runs  # noqa: PLC0415

    if costs.is_empty():
        raise ValueError("no run was measured yet: run spotify-assets materialize")
    out.print("resources:")
    for what, amounts in pod_resources(whole_runs(costs)).items():
        written = ", ".join(f'{name}: "{amount}"' for name, amount in amounts.items())
        out.print(f"  {what}: {{{written}}}", highlight=False)


def _print_tables(tables: "pl.DataFrame", top: int) -> None:
    import polars as pl  # noqa: PLC0415

    shown = tables.head(top).select(
        pl.coalesce("table_name", "step").alias("table"),
        "runs",
        pl.col("wall_seconds").alias("s"),
        pl.col("cpu_seconds").alias("processor s"),
        (pl.col("peak_memory_bytes") / 1e6).alias("peak MB"),
        pl.col("rows_in").alias("rows in"),
        pl.col("rows_out").alias("rows out"),
        (pl.col("bytes_in") / 1e6).alias("MB in"),
        (pl.col("bytes_out") / 1e6).alias("MB out"),
        (pl.col("stored_bytes") / 1e6).alias("stored MB"),
        "month",
    )
    out.print(table_of(shown, "The dearest first; means of a run", _cell, box=box.SIMPLE_HEAD))


def _print_projection(costs: "pl.DataFrame", prices: "Prices", factor: float) -> None:
    from spotify_assets.insight.cost import projected, sizes_of, whole_runs  # noqa: PLC0415

    runs = whole_runs(costs)
    sizes = sizes_of(runs)
    if not sizes:
        raise ValueError("no run has made events yet: run spotify-assets materialize")
    now, then = projected(runs, sizes[-1]), projected(runs, factor * sizes[-1])
    out.print(f"\nA run over {sizes[-1]:,} events, and over {factor * sizes[-1]:,.0f} ({factor:.3g} times):")
    both = [_totals(frame, prices) for frame in (now, then)]
    for words, style in _TOTALS.items():
        out.print(f"  {words}: {both[0][words]:{style}} → {both[1][words]:{style}}")
    if len(sizes) == 1:
        out.print(
            "  All runs had one size, so that everything is taken to grow with the events, which is too "
            "much: after a run of another size the projection knows better.",
            soft_wrap=True,
        )
    first = then.with_columns(run=prices.of_run()).sort("run", descending=True).head(5)
    names = ", ".join(row["table_name"] or row["step"] for row in first.iter_rows(named=True))
    out.print(f"  to look at first: {names}", soft_wrap=True)


_TOTALS = {
    "seconds": ",.1f",
    "seconds of processors": ",.1f",
    "peak memory, MB": ",.0f",
    "stored, MB": ",.1f",
    "cost of the run": ",.5f",
    "cost of a month's storage": ",.5f",
}


def _totals(frame: "pl.DataFrame", prices: "Prices") -> dict[str, float]:
    """What a whole run comes to, in the order of `_TOTALS`."""
    import polars as pl  # noqa: PLC0415

    row = frame.select(
        pl.col("wall_seconds").sum(),
        pl.col("cpu_seconds").sum(),
        pl.col("peak_memory_bytes").max() / 1e6,
        pl.col("stored_bytes").sum() / 1e6,
        prices.of_run().sum().alias("run"),
        prices.of_storage().sum().alias("storage"),
    ).row(0)
    return dict(zip(_TOTALS, row, strict=True))


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case float():
            return f"{value:,.4f}" if 0 < value < 0.1 else f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)
