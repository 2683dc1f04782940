"""Commands that read the published copy: summary, ladder, export."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable

from spotify_assets.cli.common import say_error, says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.cli.formats import OutputFormat, format_of
from spotify_assets.cli.options import day_option
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from spotify_assets.skip.ladder import Ladder

app = typer.Typer()


@app.command()
@says_what_is_wrong
def summary() -> None:
    """Rows per table, what was refused and why, and the skip model's insight, from the published copy."""
    from spotify_assets.start_date import outside  # noqa: PLC0415
    from spotify_assets.summary import print_summary  # noqa: PLC0415

    settings = Settings()
    print_summary(settings, out)
    if words := outside(settings):
        say_error(words)


@app.command()
@says_what_is_wrong
def ladder(
    mssd: Annotated[
        Path | None,
        typer.Option(help="Folder of Spotify's session logs and track features (MSSD) to use instead."),
    ] = None,
    cutoff: Annotated[
        datetime | None,
        day_option(help="Last day of test data; the last published one by default."),
    ] = None,
) -> None:
    """What each group of features adds to predicting skips, on published listening or on the MSSD."""
    from spotify_assets.skip.mssd import mssd_ladder, repeat_last_known_action  # noqa: PLC0415
    from spotify_assets.skip.published import REPEAT_FIRST, REPEAT_MAA  # noqa: PLC0415
    from spotify_assets.sources.mssd import read_mssd  # noqa: PLC0415

    if mssd is None:
        _print_ladder(_published_ladder(Settings(), cutoff.date() if cutoff else None))
        return
    found = read_mssd(mssd)
    log = found.log
    out.print(
        f"{log.rows_in:,} rows in, {log.rejected.height:,} refused; {found.tracks:,} tracks, "
        f"{found.unknown_tracks:,} playbacks of tracks without features."
    )
    for reason, rows in log.rejected["reason"].value_counts(name="rows").sort("reason").iter_rows():
        out.print(f"  refused: {reason} {rows:,}")
    _print_ladder(mssd_ladder(log.rows))
    accuracy, first = repeat_last_known_action(log.rows)
    out.print(
        f"Repeating the last known action: mean average accuracy {accuracy:.3f} (published "
        f"{REPEAT_MAA:.3f}), accuracy on the first track {first:.3f} (published {REPEAT_FIRST:.3f})."
    )


@app.command()
@says_what_is_wrong
def export(
    table: Annotated[
        str, typer.Argument(help="schema.table of the published copy, e.g. marts.fact_listens.")
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="File to write, in .csv or .parquet."),
    ],
    raw: Annotated[
        bool, typer.Option("--raw", help="Without the apostrophe that stops spreadsheets from running text.")
    ] = False,
) -> None:
    """Write one published table as CSV or Parquet."""
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415
    from spotify_assets.warehouse.publish import export_csv, export_parquet  # noqa: PLC0415

    chosen = format_of(output, (OutputFormat.CSV, OutputFormat.PARQUET))
    serving = published_copy(Settings())
    if chosen is OutputFormat.PARQUET:
        rows = export_parquet(serving, table, output)
    else:
        rows = export_csv(serving, table, output, raw=raw)
    out.print(f"{output}: {rows:,} rows", soft_wrap=True, highlight=False)


def _published_ladder(settings: Settings, cutoff: date | None) -> "Ladder":
    """The ladder on the published features, its windows ending with a cut-off, by default the last day."""
    from spotify_assets.rows.window import Window  # noqa: PLC0415
    from spotify_assets.skip.ladder import climb  # noqa: PLC0415
    from spotify_assets.skip.registry import FEATURES, IDENTIFIERS, LABEL  # noqa: PLC0415
    from spotify_assets.skip.sampling import sampled, training_and_test  # noqa: PLC0415
    from spotify_assets.tables import MODEL_FEATURES  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415
    from spotify_assets.warehouse.reader import TableReader  # noqa: PLC0415

    features = TableReader(published_copy(settings), MODEL_FEATURES)
    last = cutoff or features.newest_date(Window(date.min, date.max))
    if last is None:
        raise ValueError(
            "ml.model_features is empty: import a history or generate listening, then materialize"
        )
    days = {"training_days": settings.training_days, "test_days": settings.test_days}
    train, test = (
        sampled(features, window, [*IDENTIFIERS, LABEL, *FEATURES], settings.training_sample_rows).rows
        for window in training_and_test(last, **days)
    )
    return climb(train, test)


def _print_ladder(climbed: "Ladder") -> None:
    from spotify_assets.skip.evaluation import MEASURES  # noqa: PLC0415
    from spotify_assets.skip.published import PUBLISHED  # noqa: PLC0415

    table = RichTable(
        title=f"Learnt from {climbed.train_rows:,} playbacks, judged on {climbed.test_rows:,} later ones; "
        f"95 % intervals by {climbed.cluster}",
        title_justify="left",
    )
    for column in ("rung", "estimator", *(name.replace("_", " ") for name in MEASURES)):
        table.add_column(column)
    for rung in climbed.rungs:
        cells = []
        for name in MEASURES:
            found = rung.measures[name]
            interval = "" if found.low is None else f"\n{found.low:.3f} to {found.high:.3f}"
            cells.append(f"{found.value:.3f}{interval}")
        table.add_row(rung.name, rung.estimator.replace("_", " "), *cells)
    out.print(table)
    beside = RichTable(title="Beside published results on other real listening", title_justify="left")
    for column in ("published", "measure", "there", "here", "source"):
        beside.add_column(column)
    measured = {(rung.name, rung.estimator): rung.measures for rung in climbed.rungs}
    for figure in PUBLISHED:
        measures = measured.get((figure.rung, figure.estimator))
        here = f"{measures[figure.measure].value:.3f}" if measures else "no such rung"
        beside.add_row(figure.system, figure.measure, f"{figure.value:.3f}", here, figure.source)
    out.print(beside)
