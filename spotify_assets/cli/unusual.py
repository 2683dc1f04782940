"""The command about unusual listening: what was found, what it changes, and how it is kept out."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out, table_of
from spotify_assets.cli.options import day_option
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from spotify_assets.rows.window import Window

app = typer.Typer()

_NEXT = (
    "It takes effect with the next run of the days it is about: spotify-assets materialize --from {} --to {}"
)


@app.command()
@says_what_is_wrong
def unusual(
    user: Annotated[str | None, typer.Option(help="Only this listener; all of them by default.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind, e.g. sleep_loop.")] = None,
    first: Annotated[datetime | None, day_option("--from", help="First day.")] = None,
    last: Annotated[datetime | None, day_option("--to", help="Last day.")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Keep this episode out, by its id: writes an exclusion rule.")
    ] = None,
) -> None:
    """Listening that is probably not the listener's own, and totals with and without it."""
    import polars as pl  # noqa: PLC0415

    from spotify_assets.insight.unusual.kept_out import rule_of, whole_episodes  # noqa: PLC0415
    from spotify_assets.rows.window import Window  # noqa: PLC0415
    from spotify_assets.tables import UNUSUAL_LISTENING  # noqa: PLC0415
    from spotify_assets.tables.insight import UNUSUAL_KINDS  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415
    from spotify_assets.warehouse.reader import TableReader  # noqa: PLC0415
    from spotify_assets.warehouse.unusual import totals_without  # noqa: PLC0415

    if kind is not None and kind not in UNUSUAL_KINDS:
        raise ValueError(f"--kind {kind} is none of {', '.join(UNUSUAL_KINDS)}")
    settings = Settings()
    window = Window(
        first.date() if first else date.min, last.date() + timedelta(days=1) if last else date.max
    )
    if window.end <= window.start:
        raise ValueError(f"--from {window.start} is after --to: swap them")
    published = published_copy(settings)
    rows = TableReader(published, UNUSUAL_LISTENING).read(window)
    episodes = whole_episodes(rows).filter(
        (pl.col("user_id") == user) if user else pl.lit(value=True),
        (pl.col("kind") == kind) if kind else pl.lit(value=True),
    )
    if exclude:
        _exclude(settings, episodes, exclude)
        return
    if episodes.is_empty():
        out.print("Nothing unusual was found.")
        return
    _print_episodes(episodes)
    rules = [rule_of(episode) for episode in episodes.iter_rows(named=True) if episode["playbacks"]]
    if rules:
        _print_totals(totals_without(published, rules, window), window)
        out.print("Keep one out:  spotify-assets unusual --exclude ID")


def _exclude(settings: Settings, episodes: "pl.DataFrame", ids: list[str]) -> None:
    """Write the rules of some episodes, all or none."""
    from spotify_assets.insight.unusual.kept_out import rule_of  # noqa: PLC0415
    from spotify_assets.lake.exclusions import add_exclusion  # noqa: PLC0415

    known = {str(episode["unusual_id"]): episode for episode in episodes.iter_rows(named=True)}
    if missing := [name for name in ids if name not in known]:
        raise ValueError(
            f"no episode has the id {missing[0]}: spotify-assets unusual lists them, of the last run"
        )
    rules = [(known[name], rule_of(known[name])) for name in dict.fromkeys(ids)]
    for episode, rule in rules:
        number = add_exclusion(settings.exclusions_path, rule)
        next_run = _NEXT.format(episode["started_at"].date(), episode["ended_at"].date())
        out.print(
            f"Rule {number} is in {settings.exclusions_path}, for {episode['playbacks']:,} playbacks. "
            f"{next_run}",
            soft_wrap=True,
        )


def _print_episodes(episodes: "pl.DataFrame") -> None:
    import polars as pl  # noqa: PLC0415

    shown = episodes.select(
        "kind",
        id="unusual_id",
        listener=pl.col("user_id").fill_null("all"),
        begins="started_at",
        hours=(pl.col("ended_at") - pl.col("started_at")).dt.total_seconds() / 3_600,
        what="says",
    ).select("id", "kind", "listener", "begins", "hours", "what")
    out.print(table_of(shown, "Unusual listening", _cell, box=box.SIMPLE_HEAD))


def _print_totals(totals: "pl.DataFrame", window: "Window") -> None:
    between = "" if window.start == date.min and window.end == date.max else f", {window}"
    title = f"With it and without{between}"
    shown = totals.rename({"user_id": "listener"}).rename(lambda name: name.replace("_", " "))
    out.print(table_of(shown, title, _cell, box=box.SIMPLE_HEAD))


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case float():
            return f"{value:,.1f}"
        case int():
            return f"{value:,}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case _:
            return str(value)
