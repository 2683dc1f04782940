"""The summary that ends a demo: what is in the published copy, in words a person understands."""

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from spotify_assets.figures.overview import unknown_in_words
from spotify_assets.settings import Settings
from spotify_assets.tables import DAILY_TRACK_METRICS, ROW_COUNTS, SKIP_MODEL, TABLES
from spotify_assets.warehouse.audit import is_stored
from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.door import published_copy, warehouse_of
from spotify_assets.warehouse.errors import WarehouseMissingError


def print_summary(settings: Settings, console: Console) -> None:
    """Print rows per table, the account of what came in, and the newest model's insight.

    Raises:
        WarehouseMissingError: nothing was published yet, or not all that the summary tells of; the rows of
            the tables that there are have been printed then.
    """
    serving = published_copy(settings)
    if not serving.exists():
        raise WarehouseMissingError(f"{serving} does not exist yet: run spotify-assets materialize")
    with serving.reader() as connection:
        console.print(_tables(connection))
        if lacking := _lacking(connection):
            raise WarehouseMissingError(
                f"{serving} is only partly made, it has no {lacking}: run spotify-assets materialize"
            )
        console.print(_account(connection))
        insight = _newest_insight(connection)
        outcomes = _outcomes(connection)
    console.print(Text.assemble("\n", ("Skip model", "bold"), "  ", insight))
    if outcomes:
        console.print(Text.assemble(("Skips", "bold"), "       ", outcomes))
    console.print(f"\nWarehouse:       {_short(str(warehouse_of(settings)))}")
    console.print(f"Published copy:  {_short(str(serving))}  (open this one; runs do not wait for it)")


def _lacking(connection: Connection) -> str:
    """The tables that the summary reads and the copy lacks, in words."""
    found = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables"
    ).fetchall()
    needed = (ROW_COUNTS, DAILY_TRACK_METRICS)
    return ", ".join(table.full_name for table in needed if (table.full_name,) not in found)


def _tables(connection: Connection) -> RichTable:
    table = RichTable(title="Rows per table", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("table", no_wrap=True)
    table.add_column("rows", justify="right")
    table.add_column("one row per")
    names = connection.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema <> 'staging' order by "
        "list_position(['raw', 'core', 'ml', 'marts', 'bi', 'snapshots', 'ops'], table_schema), table_name"
    ).fetchall()
    for schema, name in names:
        full_name = f"{schema}.{name}"
        [rows] = single_row(connection, f"select count(*) from {full_name}")
        grain = TABLES[full_name].grain.removeprefix("one row per ") if full_name in TABLES else ""
        table.add_row(full_name, f"{rows:,}", grain)
    return table


def _account(connection: Connection) -> RichTable:
    """What became of the rows that came into each table that judges them."""
    table = RichTable(title="Every row accounted for", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("table", no_wrap=True)
    for column in ("in", "loaded", "rejected", "duplicate"):
        table.add_column(column, justify="right")
    table.add_column("reasons")
    for full_name in ("raw.raw_tracks", "core.tracks", "raw.raw_events", "core.listening_events"):
        entries = connection.execute(
            f"select outcome, reason, sum(rows)::bigint from {ROW_COUNTS.full_name} "
            "where table_name = ? group by all order by all",
            [full_name],
        ).fetchall()
        totals = {
            o: sum(n for x, _, n in entries if x == o) for o in ("in", "loaded", "rejected", "duplicate")
        }
        reasons = ", ".join(f"{reason} {rows:,}" for _, reason, rows in entries if reason)
        table.add_row(full_name, *(f"{totals[o]:,}" for o in totals), reasons)
    return table


def _newest_insight(connection: Connection) -> str:
    if not is_stored(connection, SKIP_MODEL):
        return "No model yet: a run trains models last. Run spotify-assets materialize."
    found = connection.execute(
        f"select insight from {SKIP_MODEL.full_name} order by cutoff_date desc limit 1"
    ).fetchall()
    return found[0][0] if found else "No model yet: the days so far are too few to train and judge one."


def _outcomes(connection: Connection) -> str | None:
    """How much of the music was skipped, and of how much it is unknown; None without a play."""
    [plays, skips, unknowns] = single_row(
        connection,
        f"select sum(plays)::bigint, sum(skips)::bigint, coalesce(sum(unknowns), 0)::bigint "
        f"from {DAILY_TRACK_METRICS.full_name}",
    )
    if not plays:
        return None
    known = plays - unknowns
    rate = f"{skips / known:.1%} of {known:,} plays of tracks with an id" if known else "nothing is known"
    return " ".join(filter(None, (f"{rate}.", unknown_in_words(unknowns, plays))))


def _short(address: str) -> str:
    """The address, a path relative to where the person stands, where it lies below."""
    here, path = Path.cwd(), Path(address)
    return str(path.relative_to(here)) if path.is_relative_to(here) else address
