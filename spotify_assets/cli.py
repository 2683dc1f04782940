"""The command line, `spotify-assets`: each verb a few lines over the package.

Errors that a person can do something about are one line on standard error and exit code 1.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, ParamSpec

import pydantic
import typer
from rich.console import Console
from rich.table import Table as RichTable

from spotify_assets.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    import dagster as dg
    import polars as pl

    from spotify_assets.automation.runs import RunOutcome
    from spotify_assets.skip.ladder import Ladder
    from spotify_assets.warehouse.slices import Window

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, rich_markup_mode=None)
out = Console(width=None if sys.stdout.isatty() else 120)
errors = Console(stderr=True)

P = ParamSpec("P")
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def says_what_is_wrong(command: Callable[P, None]) -> Callable[P, None]:
    """Turn the errors that a person can act on into one line and exit code 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        from spotify_assets.sources.errors import SourceError  # noqa: PLC0415
        from spotify_assets.warehouse.errors import WarehouseError  # noqa: PLC0415

        try:
            command(*args, **kwargs)
        except typer.Exit:
            raise
        except pydantic.ValidationError as error:
            for problem in error.errors():
                name = "_".join(str(part) for part in problem["loc"]).upper()
                _fail(f"setting SPOTIFY_{name}: {problem['msg']}" if name else problem["msg"])
        except (SourceError, WarehouseError, ValueError, OSError, RuntimeError) as error:
            _fail(str(error))

    return wrapped


def _fail(message: str) -> NoReturn:
    _say_error(message)
    raise typer.Exit(1)


def _say_error(message: str) -> None:
    errors.print(f"error: {message}", style="red", markup=False, highlight=False, soft_wrap=True)


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
def materialize(
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day; the lake's by default."),
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; the lake's by default.")
    ] = None,
    select: Annotated[
        str | None, typer.Option(help="Assets, in Dagster's selection syntax, e.g. 'key:\"core/tracks\"+'.")
    ] = None,
) -> None:
    """Materialise the graph for a range of days, as one run, with every check."""
    settings = Settings()
    window = _window(settings, first, last)
    outcome = _run(settings, "everything", window=window, select=select)
    _report(outcome)


@app.command()
@says_what_is_wrong
def check() -> None:
    """Run every asset check and dbt test on whole tables; exit code 1 when one that blocks fails."""
    outcome = _run(Settings(), "checks")
    _report(outcome)


@app.command()
@says_what_is_wrong
def summary() -> None:
    """Rows per table, what was refused and why, and the skip model's insight, from the published copy."""
    from spotify_assets.summary import print_summary  # noqa: PLC0415

    print_summary(Settings(), out)


@app.command()
@says_what_is_wrong
def ladder(
    mssd: Annotated[
        Path | None,
        typer.Option(help="Folder of Spotify's session logs and track features (MSSD) to use instead."),
    ] = None,
    cutoff: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day of test data; the last published one by default."),
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
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV file to write.")],
) -> None:
    """Write one published table as CSV."""
    from spotify_assets.warehouse.publish import export_csv  # noqa: PLC0415

    rows = export_csv(Settings().serving_path, table, output)
    out.print(f"{output}: {rows:,} rows")


@app.command()
@says_what_is_wrong
def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Bring stored tables to this version's schema, losing nothing; exit code 1 when something remains."""
    from spotify_assets.catalog import TABLES  # noqa: PLC0415
    from spotify_assets.warehouse.database import Database  # noqa: PLC0415
    from spotify_assets.warehouse.migrate import migrate as migrate_tables  # noqa: PLC0415

    settings = Settings()
    database = Database(settings.warehouse_path, settings.lock_timeout_seconds, settings.duckdb_memory_limit)
    plans = migrate_tables(database, TABLES.values(), dry_run=dry_run)
    table = RichTable("table", "would be done" if dry_run else "done", "remains")
    for plan in plans:
        if plan.steps or plan.problems:
            remains = "; ".join(part for part in (*plan.problems, plan.advice) if part)
            table.add_row(plan.table.full_name, "; ".join(step.words for step in plan.steps), remains)
    if table.row_count:
        out.print(table)
    else:
        out.print("Every table is as the catalogue declares it.")
    if any(plan.problems for plan in plans):
        raise typer.Exit(1)


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
    outcome = _run(settings, "everything", window=_window(settings, None, None))
    _report(outcome)
    print_summary(settings, out)
    out.print("\nOpen the graph:  [bold]make up[/bold], then http://127.0.0.1:3000")


@app.command()
@says_what_is_wrong
def up(
    port: Annotated[int, typer.Option(help="Port of the UI, on loopback.")] = 3000,
) -> None:
    """Start the Dagster UI and daemon on the instance that the other commands use."""
    from spotify_assets.automation.instance import prepare_instance  # noqa: PLC0415

    prepare_instance(Settings())
    dagster = Path(sys.executable).with_name("dagster")
    arguments = ["dev", "--workspace", str(PROJECT_ROOT / "workspace.yaml"), "--port", str(port)]
    os.chdir(PROJECT_ROOT)
    os.execv(dagster, [str(dagster), *arguments, "--host", "127.0.0.1"])  # noqa: S606


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


def _published_ladder(settings: Settings, cutoff: date | None) -> "Ladder":
    """The ladder on the published features, its windows ending with a cut-off, by default the last day."""
    from spotify_assets.catalog import MODEL_FEATURES  # noqa: PLC0415
    from spotify_assets.skip.ladder import climb  # noqa: PLC0415
    from spotify_assets.skip.registry import FEATURES, IDENTIFIERS, LABEL  # noqa: PLC0415
    from spotify_assets.skip.sampling import sampled, training_and_test  # noqa: PLC0415
    from spotify_assets.warehouse.database import Database  # noqa: PLC0415
    from spotify_assets.warehouse.errors import WarehouseMissingError  # noqa: PLC0415
    from spotify_assets.warehouse.reader import TableReader  # noqa: PLC0415
    from spotify_assets.warehouse.slices import Window  # noqa: PLC0415

    if not settings.serving_path.exists():
        raise WarehouseMissingError(
            f"{settings.serving_path} does not exist yet: run spotify-assets materialize"
        )
    features = TableReader(Database(settings.serving_path), MODEL_FEATURES)
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


def _window(settings: Settings, first: datetime | None, last: datetime | None) -> "Window":
    """The days asked for; by default those from the first to the last that the lake has files of."""
    from spotify_assets.lake.layout import landed_dates  # noqa: PLC0415
    from spotify_assets.warehouse.slices import Window  # noqa: PLC0415

    landed = landed_dates(settings.lake_dir)
    if (first is None or last is None) and not landed:
        raise ValueError(f"{settings.lake_dir} is empty: import a file or generate listening first")
    start = first.date() if first else min(landed)
    end = last.date() if last else max(landed)
    return Window(start, end + timedelta(days=1))


def _run(
    settings: Settings, job: str, *, window: "Window | None" = None, select: str | None = None
) -> "RunOutcome":
    with _progress("Loading definitions") as told:
        import dagster as dg  # noqa: PLC0415

        from spotify_assets.automation.instance import instance_of  # noqa: PLC0415
        from spotify_assets.automation.runs import run  # noqa: PLC0415
        from spotify_assets.definitions import build_defs  # noqa: PLC0415

        definitions = build_defs(settings)
        assets = None
        if select:
            chosen = dg.AssetSelection.from_string(select).resolve(definitions.resolve_asset_graph())
            assets = sorted(chosen)
        with instance_of(settings) as instance, _output_of_steps(settings):
            return run(definitions, instance, settings, job, window=window, assets=assets, on_event=told)


@contextmanager
def _output_of_steps(settings: Settings) -> Iterator[None]:
    """Send what steps print, dbt above all, to a file: a person at the terminal sees the progress."""
    log = settings.dagster_home / "logs" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file, redirect_stdout(file):
        yield


@contextmanager
def _progress(first: str) -> "Iterator[Callable[[dg.DagsterEvent], None]]":
    """A line that says what is being done, on a terminal; a line per finished step elsewhere."""
    console = Console(
        file=sys.stdout, width=out.width
    )  # bound to the terminal before the steps' output is sent elsewhere
    with console.status(first) as status:

        def told(event: "dg.DagsterEvent") -> None:
            if event.is_step_start:
                status.update(f"Running {event.step_key}")
            elif event.is_step_success and event.step_key and not event.step_key.startswith("check_"):
                console.print(f"  [green]done[/green]  {event.step_key}", highlight=False)
            elif event.is_step_failure:
                console.print(f"  [red]failed[/red]  {event.step_key}", highlight=False)

        yield told


def _report(outcome: "RunOutcome") -> None:
    passed = sum(check.passed for check in outcome.checks)
    out.print(
        f"Run {outcome.run_id}: {outcome.steps} steps, {passed} of {len(outcome.checks)} checks passed."
    )
    for check in outcome.warnings:
        out.print(
            f"  [yellow]warning[/yellow]  {check.asset}: {check.check}: {check.description}", highlight=False
        )
    for check in outcome.broken:
        out.print(f"  [red]broken[/red]  {check.asset}: {check.check}: {check.description}", highlight=False)
    for cause, steps in outcome.causes.items():
        _say_error(f"{', '.join(sorted(steps))}: {cause}")
    if outcome.broken or not outcome.success:
        raise typer.Exit(1)
