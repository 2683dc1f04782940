"""The command that asks the published copy: query."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out, plain, table_of
from spotify_assets.cli.formats import OutputFormat, format_of
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from spotify_assets.warehouse.queries import Query

app = typer.Typer()


class AskedOf(StrEnum):
    """Where a query can be asked."""

    COPY = "copy"
    POSTGRES = "postgres"


@app.command()
@says_what_is_wrong
def query(
    name: Annotated[str | None, typer.Argument(help="The query; --list shows them.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", help="A parameter of the query, NAME=VALUE.")
    ] = None,
    format_: Annotated[
        OutputFormat | None, typer.Option("--format", "-f", help="By default that of the file, else a table.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write.")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="Show every query and its parameters.")] = False,
    show_sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL, for a shell or notebook, and do not run it.")
    ] = False,
    source: Annotated[
        AskedOf, typer.Option("--from", help="The published copy, or the Postgres of the settings.")
    ] = AskedOf.COPY,
    raw: Annotated[
        bool, typer.Option("--raw", help="In CSV, leave text that a spreadsheet would run as a formula.")
    ] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="Ask the warehouse as it was at this UTC moment; a lakehouse alone keeps earlier states.",
        ),
    ] = None,
) -> None:
    """Ask the published copy one of the usual questions."""
    from spotify_assets.warehouse.queries import find_query, read_queries  # noqa: PLC0415

    settings = Settings()
    queries = read_queries(settings.dbt_project_dir / "analyses")
    if show_list:
        _print_list(queries)
        return
    if name is None:
        raise ValueError("which query? spotify-assets query --list shows them all")
    asked = find_query(queries, name)
    given = _parameters(param or [])
    if show_sql:
        _print_sql(asked, given, source)
        return
    chosen = _format_of(format_, output)
    answer = _answer(settings, asked, given, source, as_of)
    if chosen is OutputFormat.TABLE:
        _print_table(asked, answer)
    else:
        _write(answer, chosen, output, raw=raw)
    if output:
        out.print(f"{output}: {answer.height:,} rows", soft_wrap=True, highlight=False)


def _answer(
    settings: Settings, asked: "Query", given: dict[str, str], source: AskedOf, as_of: datetime | None
) -> "pl.DataFrame":
    from spotify_assets.serving.questions import run_query_on_postgres  # noqa: PLC0415
    from spotify_assets.serving.server import server_url  # noqa: PLC0415
    from spotify_assets.warehouse.door import as_of_moment, published_copy  # noqa: PLC0415
    from spotify_assets.warehouse.queries import run_query  # noqa: PLC0415
    from spotify_assets.warehouse.timings import noted  # noqa: PLC0415

    if source is AskedOf.POSTGRES and as_of is not None:
        raise ValueError("--as-of asks a lakehouse: leave out --from postgres")
    with noted(settings.processed_dir, asked.name, source.value):
        if source is AskedOf.POSTGRES:
            return run_query_on_postgres(server_url(settings), asked, given)
        if as_of is not None:
            return run_query(as_of_moment(settings, as_of.replace(tzinfo=UTC)), asked, given)
        return run_query(published_copy(settings), asked, given)


def _parameters(texts: list[str]) -> dict[str, str]:
    given = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"--param {text}: write NAME=VALUE")
        given[name.strip()] = value
    return given


def _format_of(asked: OutputFormat | None, output: Path | None) -> OutputFormat:
    """The format asked for, or that of the file's name."""
    if output is None:
        if asked is OutputFormat.PARQUET:
            raise ValueError("--format parquet needs a file: add --output FILE.parquet")
        return asked or OutputFormat.TABLE
    if asked is OutputFormat.TABLE:
        raise ValueError("a table is for the terminal: leave out --output, or give --format csv")
    return asked or format_of(output)


def _print_list(queries: "Mapping[str, Query]") -> None:
    table = RichTable("query", "question", "parameters", box=None, pad_edge=False)
    for one in queries.values():
        lines = [f"{p.name}={p.default}  {p.meaning}" for p in one.parameters]
        table.add_row(one.name, one.question, "\n".join(lines))
    out.print(table)


def _print_sql(asked: "Query", given: dict[str, str], source: AskedOf) -> None:
    """The SQL with its parameters set before it, or for Postgres in it, quoted as SQL literals."""
    from spotify_assets.rows.sql import text  # noqa: PLC0415
    from spotify_assets.serving.questions import postgres_sql  # noqa: PLC0415

    if source is AskedOf.POSTGRES:
        typer.echo(postgres_sql(asked, asked.values(given)))
        return
    for name, value in asked.values(given).items():
        literal = text(value) if isinstance(value, str) else value
        typer.echo(f'set variable "{name}" = {literal};')
    typer.echo(asked.sql())


def _print_table(asked: "Query", answer: "pl.DataFrame") -> None:
    out.print(table_of(answer, asked.question, lambda value: "" if value is None else plain(value)))


def _write(answer: "pl.DataFrame", chosen: OutputFormat, output: Path | None, *, raw: bool) -> None:
    """Write a file, or to the terminal where there is none."""
    from spotify_assets.warehouse.spreadsheets import harmless  # noqa: PLC0415

    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
    if chosen is OutputFormat.PARQUET:
        assert output is not None
        answer.write_parquet(output)
        return
    text = (
        answer.write_json()
        if chosen is OutputFormat.JSON
        else (answer if raw else harmless(answer)).write_csv()
    )
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        typer.echo(text, nl=chosen is OutputFormat.JSON)
