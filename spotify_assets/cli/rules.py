"""Commands about definitions: rules, rules compare, and which tracks the catalogue knows (recordings)."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table as RichTable

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out, table_of
from spotify_assets.cli.options import day_option
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from spotify_assets.rows.window import Window
    from spotify_assets.tables import Table
    from spotify_assets.warehouse.reader import TableReader

app = typer.Typer()
rules_app = typer.Typer(
    help="The rules of what a stream, a skip and a session is.", invoke_without_command=True
)
app.add_typer(rules_app, name="rules")

User = Annotated[str | None, typer.Option(help="Only this listener; all of them by default.")]


@rules_app.callback()
@says_what_is_wrong
def rules(context: typer.Context) -> None:
    """List the rules that can be chosen, who has them, and which are in use."""
    if context.invoked_subcommand:
        return
    from spotify_assets.transforms.outcomes import SKIP_RULES, STREAM_RULES  # noqa: PLC0415
    from spotify_assets.transforms.sessions import SESSION_RULES  # noqa: PLC0415

    settings = Settings()
    for kind, known, used in (
        ("stream", STREAM_RULES, settings.stream_rule),
        ("skip", SKIP_RULES, settings.skip_rule),
        ("session", SESSION_RULES, settings.session_rule),
    ):
        table = _table(f"What a {kind} is (SPOTIFY_{kind.upper()}_RULE)", "rule", "says", "whose")
        for name, rule in known.items():
            table.add_row(f"{name} *" if name == used else name, rule.says, rule.source)
        out.print(table)
    out.print(
        "* in use. `spotify-assets rules compare` shows your history under each of them.", highlight=False
    )


@rules_app.command()
@says_what_is_wrong
def compare(
    user: User = None,
    first: Annotated[datetime | None, day_option("--from", help="First day (UTC).")] = None,
    last: Annotated[datetime | None, day_option("--to", help="Last day (UTC), included.")] = None,
) -> None:
    """One published history under each rule side by side, in counts and hours. All content."""
    from spotify_assets.tables import LISTENING_EVENTS, LISTENING_HOURS  # noqa: PLC0415
    from spotify_assets.transforms import rules as rules_of  # noqa: PLC0415

    settings = Settings()
    window = _window(first, last)
    events = _rows(settings, LISTENING_EVENTS, window, rules_of.NEEDED_FOR_RULES, user)
    hours = _rows(settings, LISTENING_HOURS, window, ["user_id", "ms_listened"], user)
    whose = f"of {user}" if user else "of everybody"
    for title, frame in (
        (f"Streams {whose}", rules_of.under_each_stream_rule(events)),
        (f"Skips {whose}", rules_of.under_each_skip_rule(events)),
        (f"Sessions {whose}", rules_of.under_each_session_rule(events)),
        (f"Listening time {whose}", rules_of.under_each_measure_of_time(events, hours)),
    ):
        _print(title, frame)


@app.command()
@says_what_is_wrong
def recordings(user: User = None) -> None:
    """What share of plays and tracks the catalogue knows, by id and by identity."""
    import polars as pl  # noqa: PLC0415

    from spotify_assets.tables import LISTENING_EVENTS, PLAYBACK_ACTIONS, RECORDINGS  # noqa: PLC0415
    from spotify_assets.transforms.identity import match_rates  # noqa: PLC0415

    settings = Settings()
    found = _reader(settings, RECORDINGS).read()
    events = _rows(settings, LISTENING_EVENTS, None, ["user_id", "track_key", "action"], user)
    plays = events.filter(pl.col("action").is_in(PLAYBACK_ACTIONS), pl.col("track_key").is_not_null())
    rates = match_rates(found, plays.with_columns(playbacks=pl.lit(1, pl.Int64)))
    table = _table(f"Found {f'for {user}' if user else 'for everybody'}", "share of", "%")
    for name, rate in rates.items():
        table.add_row(name, f"{100 * rate:.1f}")
    out.print(table)
    _print("How tracks are matched", found.group_by("matched_by").agg(tracks=pl.len()).sort("matched_by"))


def _window(first: datetime | None, last: datetime | None) -> "Window":
    from spotify_assets.rows.window import Window  # noqa: PLC0415

    end = last.date() + timedelta(days=1) if last else date.max
    window = Window(first.date() if first else date.min, end)
    if window.end <= window.start:
        raise ValueError(f"--from {window.start} is after --to: swap them")
    return window


def _reader(settings: Settings, table: "Table") -> "TableReader":
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415
    from spotify_assets.warehouse.reader import TableReader  # noqa: PLC0415

    return TableReader(published_copy(settings), table)


def _known(user: str, rows: "pl.DataFrame") -> None:
    """Raise where no row is of a listener."""
    from spotify_assets.warehouse.errors import no_such  # noqa: PLC0415

    names = rows["user_id"].drop_nulls().unique().sort().to_list()
    if user not in names:
        raise no_such("listener", user, names, asked=f"--user {user}")


def _rows(
    settings: Settings,
    table: "Table",
    window: "Window | None",
    columns: "list[str] | tuple[str, ...]",
    user: str | None,
) -> "pl.DataFrame":
    """Published rows of a window and a listener.

    Raises:
        ValueError: there are none.
    """
    import polars as pl  # noqa: PLC0415

    rows = _reader(settings, table).read(window, columns)
    if user is not None:
        _known(user, _reader(settings, table).read(None, ["user_id"]))
        rows = rows.filter(pl.col("user_id") == user)
    if rows.is_empty():
        whose = f" of {user}" if user else ""
        raise ValueError(f"{table.full_name} has no rows{whose} there: import a history, then materialize")
    return rows


def _table(title: str, *columns: str) -> RichTable:
    table = RichTable(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column)
    return table


def _print(title: str, frame: "pl.DataFrame") -> None:
    out.print(table_of(frame.rename(lambda name: name.replace("_", " ")), title, _cell, box=box.SIMPLE_HEAD))


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case float():
            return f"{value:,.1f}" if value >= 1 or value == 0 else f"{value:.3f}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)
