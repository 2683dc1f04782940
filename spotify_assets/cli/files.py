"""Commands that fill the lake with synthetic listening: generate, demo."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable
from rich.text import Text

from spotify_assets.cli.common import days_of, report, run_job, says_what_is_wrong, tell_partitions
from spotify_assets.cli.console import out
from spotify_assets.cli.options import MOST, MOST_DAYS, MOST_SEED, day_option, number_option
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from spotify_assets.generator.config import GeneratorConfig
    from spotify_assets.generator.weather import RainMood

app = typer.Typer()

_Users = Annotated[int, typer.Option(min=1, max=MOST, help="How many listeners.")]
_Tracks = Annotated[int, typer.Option(min=20, max=MOST, help="Size of the catalogue, where none is landed.")]
_Seed = Annotated[
    int, typer.Option(min=0, max=MOST_SEED, help="The same seed gives the same listeners and days.")
]
_Seeds = Annotated[int, typer.Option(min=1, help="With --fidelity: compare so many seeds, from --seed on.")]
_Unusual = Annotated[
    bool, typer.Option("--unusual", help="Plant unusual listening, with its answer key in the lake.")
]

_Weather = Annotated[
    bool,
    typer.Option("--weather", help="Plant what rain makes of listening, with its answer key in the lake."),
]


@app.command()
@says_what_is_wrong
def generate(
    users: _Users = 200,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How many days, ending with --until.")] = 28,
    until: Annotated[datetime | None, day_option(help="Last day; yesterday (UTC) by default.")] = None,
    tracks: _Tracks = 5_000,
    events_per_day: Annotated[
        int | None,
        typer.Option(
            min=1, max=100 * MOST, help="Events a day of all listeners together; about 15 each by default."
        ),
    ] = None,
    seed: _Seed = 7,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that make days side by side.")] = 1,
    fidelity: Annotated[
        bool, typer.Option("--fidelity", help="Compare with published behaviour instead of writing events.")
    ] = False,
    seeds: _Seeds = 1,
    rate: Annotated[
        float | None,
        number_option(
            least=0.1, most=100_000, help="Write so many events a second, live, instead of whole days."
        ),
    ] = None,
    seconds: Annotated[
        float, number_option(least=1, most=MOST, help="How many seconds to write live, with --rate.")
    ] = 60,
    unusual: _Unusual = False,
    weather: _Weather = False,
) -> None:
    """Generate listeners over the newest landed catalogue, or over a generated one where there is none."""
    settings = Settings()
    last = until.date() if until else datetime.now(UTC).date() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    if fidelity:
        _fidelity(settings, first, tracks=tracks, seeds=range(seed, seed + seeds))
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
            unusual=unusual,
            weather=weather,
        )


@app.command()
@says_what_is_wrong
def demo(
    users: _Users = 200,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How many days, ending yesterday.")] = 28,
    tracks: _Tracks = 5_000,
    seed: _Seed = 7,
) -> None:
    """Generate a catalogue and listeners, materialise the whole graph, run every check, and sum it up."""
    from spotify_assets.summary import print_summary  # noqa: PLC0415

    settings = Settings()
    last = datetime.now(UTC).date() - timedelta(days=1)
    _generate(settings, last - timedelta(days=days - 1), last, users=users, tracks=tracks, seed=seed)
    landed = days_of(settings, None, None)
    # To today, of which nothing has come: then every partition that there is has been made.
    through_today = replace(landed, end=max(landed.end, datetime.now(UTC).date() + timedelta(days=1)))
    outcome = run_job(settings, "everything", window=through_today)
    report(outcome)
    print_summary(settings, out)
    out.print(
        "\nLook at it:  spotify-assets up, then http://127.0.0.1:8501 (dashboard) and "
        "http://127.0.0.1:3000 (the graph)",
        soft_wrap=True,
    )


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
    unusual: bool = False,
    weather: bool = False,
) -> None:
    from rich.progress import Progress  # noqa: PLC0415

    from spotify_assets.generator.config import GeneratorConfig  # noqa: PLC0415
    from spotify_assets.generator.listeners import write_days  # noqa: PLC0415

    playable = playable_tracks(settings, first, last, tracks=tracks, seed=seed)
    config = GeneratorConfig(users=users, seed=seed).with_events_per_day(events_per_day)
    mood = _weather(settings, config, first, last) if weather else None
    with Progress(console=out, transient=True) as progress:
        task = progress.add_task("Generating listening", total=(last - first).days + 1)
        events = write_days(
            config,
            playable,
            settings.lake,
            first,
            last,
            workers=workers,
            on_day=lambda *_: progress.advance(task),
            unusual=unusual,
            mood=mood,
        )
    out.print(
        f"Generated {events:,} events of {users:,} listeners over {playable.height:,} tracks, "
        f"{first} to {last}."
    )
    tell_partitions(settings)


def _weather(settings: Settings, config: "GeneratorConfig", first: date, last: date) -> "RainMood":
    """Make up the weather of a town, let listeners declare that they live there, and give what rain does."""
    from spotify_assets.generator.population import user_ids  # noqa: PLC0415
    from spotify_assets.generator.weather import (  # noqa: PLC0415
        DECLARING,
        LATITUDE,
        LONGITUDE,
        TOWN,
        made_hours,
        rain_mood,
    )
    from spotify_assets.weather.declared import declare  # noqa: PLC0415
    from spotify_assets.weather.kept import folder_of, keep  # noqa: PLC0415

    # From the day before: what ended on the first day may have begun then.
    hours = made_hours(config.seed, first - timedelta(days=1), last)
    listeners = user_ids(config)[:DECLARING]
    for user in listeners:
        place = declare(settings.places_path, user, city=TOWN, latitude=LATITUDE, longitude=LONGITUDE)
    keep(folder_of(settings.lake, place.place_id), hours)
    out.print(f"{len(listeners)} listeners declare that they live in {TOWN}, whose weather is made up.")
    return rain_mood(hours)


def _fidelity(settings: Settings, first: date, *, tracks: int, seeds: range) -> None:
    """Compare default populations with published figures; exit code 1 where one figure is not within.

    They play the landed catalogues; where there are none, each seed has a generated one. Nothing is landed.
    """
    from spotify_assets.generator.catalogue import generate_catalogue  # noqa: PLC0415
    from spotify_assets.generator.catalogue_history import tracks_over_time  # noqa: PLC0415
    from spotify_assets.generator.fidelity import DAYS, USERS, default_population  # noqa: PLC0415
    from spotify_assets.generator.report import write_report  # noqa: PLC0415

    landed = tracks_over_time(settings.lake)
    within = 0
    for seed in seeds:
        catalogue = landed if landed is not None else generate_catalogue(tracks, seed=seed)
        with out.status(f"Generating {USERS:,} listeners for {DAYS} days"):
            figures = default_population(seed, catalogue, first)
        if seed == seeds.start:
            path = write_report(figures, settings.processed_dir)
            _print_figures(figures)
        outside = figures.remove("within")["fact"].to_list()
        within += not outside
        out.print(
            f"Seed {seed}: {figures.height - len(outside)} of {figures.height} figures within tolerance"
            + "".join(f", not {fact}" for fact in outside)
            + ".",
            soft_wrap=True,
        )
    if len(seeds) > 1:
        out.print(f"{within} of {len(seeds)} seeds from {first} on are within tolerance of every figure.")
    out.print(f"Plot of seed {seeds.start}: {path}", soft_wrap=True)
    if within < len(seeds):
        raise typer.Exit(1)


def _print_figures(figures: "pl.DataFrame") -> None:
    table = RichTable(box=None)
    for column in ("fact", "target", "achieved", "tolerance", "within", "source"):
        table.add_column(column, justify="right" if column in ("target", "achieved", "tolerance") else "left")
    for row in figures.iter_rows(named=True):
        numbers = (
            "–" if row[name] is None else f"{row[name]:.2f}" for name in ("target", "achieved", "tolerance")
        )
        table.add_row(row["fact"], *numbers, "yes" if row["within"] else Text("no", "red"), row["source"])
    out.print(table)


def _stream(settings: Settings, first: date, *, tracks: int, seed: int, rate: float, seconds: float) -> None:
    """Write live events to the lake until the time is over."""
    from spotify_assets.generator.config import GeneratorConfig  # noqa: PLC0415
    from spotify_assets.generator.realtime import stream  # noqa: PLC0415

    playable = playable_tracks(settings, first, first, tracks=tracks, seed=seed)
    with out.status(f"Writing about {rate:g} events a second for {seconds:g} s"):
        events = stream(GeneratorConfig(seed=seed), playable, settings.lake, rate, seconds)
    out.print(f"Wrote {events:,} events to {settings.lake / 'listening_events'}.")


def playable_tracks(settings: Settings, first: date, last: date, *, tracks: int, seed: int) -> "pl.DataFrame":
    """The landed catalogues, cleaned, with when each track can be played; where there is none, a generated
    one with a snapshot for each week from `first` to `last`."""
    from spotify_assets.generator.catalogue import generate_catalogue  # noqa: PLC0415
    from spotify_assets.generator.catalogue_history import (  # noqa: PLC0415
        snapshot_dates,
        tracks_over_time,
        write_snapshots,
    )

    if settings.start_date and first < settings.start_date:
        raise ValueError(
            f"{first} is outside the configured partitions, which start on {settings.start_date}: generate "
            "fewer days, or set SPOTIFY_START_DATE to an earlier day"
        )
    playable = tracks_over_time(settings.lake)
    if playable is None:
        dates = snapshot_dates(first, last)
        catalogue = generate_catalogue(tracks, seed=seed)
        write_snapshots(settings.lake, catalogue, dates, seed)
        playable = tracks_over_time(settings.lake)
        assert playable is not None  # it was written a line ago
        count = catalogue["track_id"].n_unique()
        out.print(f"Generated a catalogue of {count:,} tracks; dated snapshots: {len(dates)}.")
    return playable
