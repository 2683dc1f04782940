"""Commands that fill the lake: import, generate, demo."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable

from spotify_assets.cli.common import days_of, out, report, run_job, says_what_is_wrong
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import polars as pl

app = typer.Typer()


@app.command("import")
@says_what_is_wrong
def import_(
    file: Annotated[Path, typer.Argument(help="The file to land; it is only read.")],
    kind: Annotated[str, typer.Option("--as", help="What it is: tracks.")] = "tracks",
    snapshot_date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day the catalogue was exported; today by default."),
    ] = None,
) -> None:
    """Land a file in the lake, every row accounted for."""
    from spotify_assets.lake.landing import land_catalogue  # noqa: PLC0415

    settings = Settings()
    if kind != "tracks":
        raise ValueError(f"cannot import --as {kind}: the kind is tracks")
    day = snapshot_date.date() if snapshot_date else datetime.now(UTC).date()
    if not settings.start_date <= day <= datetime.now(UTC).date():
        raise ValueError(
            f"{file.name}: snapshot date {day} is outside the configured partitions, "
            f"{settings.start_date} to today: give another --snapshot-date, or set SPOTIFY_START_DATE to an "
            "earlier day"
        )
    receipt = land_catalogue(file, settings.lake_dir, day)
    out.print(f"{receipt.input_file} as {receipt.target}, snapshot {day}", highlight=False)
    table = RichTable()
    table.add_column("rows")
    table.add_column("count", justify="right")
    table.add_row("in", f"{receipt.rows_in:,}")
    table.add_row("loaded", f"{receipt.loaded:,}")
    for label, reasons in (("rejected", receipt.rejected), ("duplicate", receipt.duplicates)):
        for reason, rows in reasons.items():
            table.add_row(f"{label}: {reason}", f"{rows:,}")
    out.print(table)
    if receipt.already_landed:
        out.print("These bytes were landed for this date before; nothing changed.")
    out.print(f"Receipt {receipt.receipt_id}. Next: spotify-assets materialize")


@app.command()
@says_what_is_wrong
def generate(
    users: Annotated[int, typer.Option(min=1, help="How many listeners.")] = 200,
    days: Annotated[int, typer.Option(min=1, help="How many days, ending with --until.")] = 28,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day; yesterday (UTC) by default.")
    ] = None,
    tracks: Annotated[int, typer.Option(min=20, help="Size of the catalogue, where none is landed.")] = 5_000,
    events_per_day: Annotated[
        int | None,
        typer.Option(min=1, help="Events a day of all listeners together; about 15 each by default."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same listeners and days.")] = 7,
    workers: Annotated[int, typer.Option(min=1, help="Processes that make days side by side.")] = 1,
    fidelity: Annotated[
        bool, typer.Option("--fidelity", help="Compare with published behaviour instead of writing events.")
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option(min=0.1, help="Write so many events a second, live, instead of whole days."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long to write live, with --rate.")] = 60,
) -> None:
    """Generate listeners over the newest landed catalogue, or over a generated one where there is none."""
    settings = Settings()
    last = until.date() if until else datetime.now(UTC).date() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    if fidelity:
        _fidelity(settings, first, tracks=tracks, seed=seed)
    elif rate is not None:
        _stream(settings, first, tracks=tracks, seed=seed, rate=rate, seconds=seconds)
    else:
        _generate(
            settings,
            first,
            last,
            users=users,
            tracks=tracks,
            seed=seed,
            events_per_day=events_per_day,
            workers=workers,
        )


@app.command()
@says_what_is_wrong
def demo(
    users: Annotated[int, typer.Option(min=1, help="How many listeners.")] = 200,
    days: Annotated[int, typer.Option(min=1, help="How many days, ending yesterday.")] = 28,
    tracks: Annotated[int, typer.Option(min=10, help="Size of the catalogue, where none is landed.")] = 5_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same listeners and days.")] = 7,
) -> None:
    """Generate a catalogue and listeners, materialise the whole graph, run every check, and sum it up."""
    from spotify_assets.summary import print_summary  # noqa: PLC0415

    settings = Settings()
    last = datetime.now(UTC).date() - timedelta(days=1)
    _generate(settings, last - timedelta(days=days - 1), last, users=users, tracks=tracks, seed=seed)
    outcome = run_job(settings, "everything", window=days_of(settings, None, None))
    report(outcome)
    print_summary(settings, out)
    out.print("\nOpen the graph:  [bold]make up[/bold], then http://127.0.0.1:3000")


def _generate(
    settings: Settings,
    first: date,
    last: date,
    *,
    users: int,
    tracks: int,
    seed: int,
    events_per_day: int | None = None,
    workers: int = 1,
) -> None:
    from rich.progress import Progress  # noqa: PLC0415

    from spotify_assets.generator.config import GeneratorConfig  # noqa: PLC0415
    from spotify_assets.generator.listeners import write_days  # noqa: PLC0415

    playable = _playable(settings, first, tracks=tracks, seed=seed)
    config = GeneratorConfig(users=users, seed=seed).with_events_per_day(events_per_day)
    with Progress(console=out, transient=True) as progress:
        task = progress.add_task("Generating listening", total=(last - first).days + 1)
        events = write_days(
            config,
            playable,
            settings.lake_dir,
            first,
            last,
            workers=workers,
            on_day=lambda *_: progress.advance(task),
        )
    out.print(
        f"Generated {events:,} events of {users:,} listeners over {playable.height:,} tracks, "
        f"{first} to {last}."
    )


def _fidelity(settings: Settings, first: date, *, tracks: int, seed: int) -> None:
    """Generate the default population for four weeks, in memory, and compare it with published figures."""
    import polars as pl  # noqa: PLC0415

    from spotify_assets.generator.config import GeneratorConfig  # noqa: PLC0415
    from spotify_assets.generator.fidelity import fidelity  # noqa: PLC0415
    from spotify_assets.generator.listeners import generate_days  # noqa: PLC0415
    from spotify_assets.generator.report import write_report  # noqa: PLC0415

    playable = _playable(settings, first, tracks=tracks, seed=seed)
    with out.status("Generating 1,000 listeners for 28 days"):
        days = generate_days(GeneratorConfig(seed=seed), playable, first, first + timedelta(days=27))
        report = fidelity(pl.concat(frame for _, frame in days), playable)
        path = write_report(report, settings.processed_dir)
    table = RichTable(box=None)
    for column in ("fact", "target", "achieved", "tolerance", "within", "source"):
        table.add_column(column, justify="right" if column in ("target", "achieved", "tolerance") else "left")
    for row in report.iter_rows(named=True):
        figures = (f"{row[name]:.2f}" for name in ("target", "achieved", "tolerance"))
        table.add_row(row["fact"], *figures, "yes" if row["within"] else "[red]no[/red]", row["source"])
    out.print(table)
    out.print(f"{report['within'].sum()} of {report.height} figures within tolerance. Plot: {path}")


def _stream(settings: Settings, first: date, *, tracks: int, seed: int, rate: float, seconds: float) -> None:
    """Write live events to the lake until the time is over."""
    from spotify_assets.generator.config import GeneratorConfig  # noqa: PLC0415
    from spotify_assets.generator.realtime import stream  # noqa: PLC0415

    playable = _playable(settings, first, tracks=tracks, seed=seed)
    with out.status(f"Writing about {rate:g} events a second for {seconds:g} s"):
        events = stream(GeneratorConfig(seed=seed), playable, settings.lake_dir, rate, seconds)
    out.print(f"Wrote {events:,} events to {settings.lake_dir / 'listening_events'}.")


def _playable(settings: Settings, first: date, *, tracks: int, seed: int) -> "pl.DataFrame":
    """The newest landed catalogue, cleaned; where there is none, a generated one, landed as of `first`."""
    from spotify_assets.generator.catalogue import generate_catalogue, write_catalogue  # noqa: PLC0415
    from spotify_assets.lake.landing import latest_catalogue  # noqa: PLC0415
    from spotify_assets.transforms.tracks import clean_tracks  # noqa: PLC0415

    if first < settings.start_date:
        raise ValueError(
            f"{first} is outside the configured partitions, which start on {settings.start_date}: generate "
            "fewer days, or set SPOTIFY_START_DATE to an earlier day"
        )
    catalogue = latest_catalogue(settings.lake_dir)
    if catalogue is None:
        write_catalogue(settings.lake_dir, generate_catalogue(tracks, seed=seed), first, seed)
        catalogue = latest_catalogue(settings.lake_dir)
        assert catalogue is not None  # it was written a line ago
        out.print(f"Generated a catalogue of {catalogue['track_id'].n_unique():,} tracks.")
    return clean_tracks(catalogue).tracks.rows
