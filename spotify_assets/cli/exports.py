"""Commands around dirty exports with an answer key: make-export, evaluate-import."""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spotify_assets.cli.common import days_of, fail, report, run_job, says_what_is_wrong
from spotify_assets.cli.console import out, table_of
from spotify_assets.cli.options import MOST, MOST_SEED, day_option, number_option
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from spotify_assets.generator.import_quality import Answers, Quality

app = typer.Typer()

YEAR_DAYS = 365.25
SHOWN_MISTAKES = 20
JUDGED = " or ".join(
    [
        '+key:"core/listening_events"',
        *(f'key:"core/{name}"' for name in ("artists", "track_artists", "track_genres")),
    ]
)
"""What is materialised: the listening events, all they are made from, and what the same steps make."""
TARGET = 0.999
"""Least precision and recall of dedupe."""


@app.command("make-export")
@says_what_is_wrong
def make_export(
    folder: Annotated[Path, typer.Argument(help="A new folder: files go to inbox/, the key to answer_key/.")],
    years: Annotated[
        float, number_option(least=0.25, most=100, help="How many years of listening, up to --until.")
    ] = 3,
    plays: Annotated[int, typer.Option(min=500, max=10 * MOST, help="About how many plays.")] = 8_000,
    until: Annotated[datetime | None, day_option(help="Last day; yesterday (UTC) by default.")] = None,
    user: Annotated[str, typer.Option(help="The pseudonym that the files are to be imported under.")] = "me",
    five: Annotated[
        bool, typer.Option("--five", help="Only five extended histories, of which the last two overlap.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="The same seed gives the same files.")] = 7,
) -> None:
    """Write a synthetic person's exports with every fault seen in real ones, and their answer key."""
    from dataclasses import replace  # noqa: PLC0415

    from spotify_assets.generator.exports import INBOX, Corpus, five_exports, write_corpus  # noqa: PLC0415
    from spotify_assets.generator.true_plays import Person  # noqa: PLC0415

    last = until.date() if until else datetime.now(UTC).date() - timedelta(days=1)
    person = Person(last - timedelta(days=round(years * YEAR_DAYS) - 1), last, plays, seed)
    corpus = replace(five_exports(person) if five else Corpus(person), user_id=user)
    with out.status(f"Writing exports of about {plays:,} plays"):
        key = write_corpus(folder, corpus)
    out.print(
        f"Wrote {key.files.height} files with {key.rows.height:,} rows of {key.plays.height:,} plays, "
        f"{person.first} to {person.last}."
    )
    out.print(f"Next: spotify-assets import {folder / INBOX} --user {user}", soft_wrap=True)
    out.print(f"   or spotify-assets evaluate-import {folder}", soft_wrap=True)


@app.command("evaluate-import")
@says_what_is_wrong
def evaluate_import(
    folder: Annotated[Path, typer.Argument(help="A folder that make-export wrote.")],
    grain: Annotated[str, typer.Option(help="Partition grain to materialise at: day or month.")] = "month",
    mistakes: Annotated[
        int, typer.Option(min=0, max=MOST, help="How many mistakes to list.")
    ] = SHOWN_MISTAKES,
) -> None:
    """Import such a folder into an empty warehouse that is thrown away, and judge the result by the key.

    Exit code 1 when precision or recall of dedupe, or the share of offline plays that stand within a second
    of when they were heard, is below 0.999, or when a row is lost or an outcome wrong.
    """
    from spotify_assets.generator.answer_key import AnswerKey  # noqa: PLC0415
    from spotify_assets.generator.exports import ANSWER_KEY, INBOX  # noqa: PLC0415
    from spotify_assets.generator.import_quality import quality  # noqa: PLC0415

    key = AnswerKey.read(folder / ANSWER_KEY)
    with tempfile.TemporaryDirectory(prefix="spotify-assets-") as scratch:
        os.environ["DAGSTER_HOME"] = str(Path(scratch) / "dagster")
        settings = Settings(data_dir=Path(scratch) / "data", partition_grain=grain, start_date=None)
        answers = _answers(settings, folder / INBOX, key.user_id)
    found = quality(key, answers)
    _print(found, mistakes)
    every = found.dedupe.row(-1, named=True)
    if min(every["precision"] or 0, every["recall"] or 0) < TARGET or found.unaccounted:
        fail(f"dedupe is below {TARGET} or rows are unaccounted for: {found.unaccounted} rows")
    if found.offline_share < TARGET:
        fail(f"{found.offline_share:.4f} of the offline plays stand where they were heard, below {TARGET}")
    if found.outcomes["wrong"]:
        fail(f"{found.outcomes['wrong']:,} outcomes are wrong though files tell how the plays ended")


def _answers(settings: Settings, inbox: Path, user_id: str) -> "Answers":
    """What the product makes of the files: imported, and materialised up to the listening events."""
    import polars as pl  # noqa: PLC0415

    from spotify_assets.generator.import_quality import Answers  # noqa: PLC0415
    from spotify_assets.lake.importing import ImportOptions, import_path  # noqa: PLC0415
    from spotify_assets.warehouse.door import warehouse_of  # noqa: PLC0415

    today = datetime.now(UTC).date()
    with out.status("Importing"):
        handed = list(import_path(inbox, settings.lake, ImportOptions(user_id, today)))
    files = [(file.name, file.kind or "refused") for each in handed for file in each.files]
    report(run_job(settings, "everything", window=days_of(settings, None, None), select=JUDGED))
    warehouse = warehouse_of(settings)

    def table(query: str) -> pl.DataFrame:
        with warehouse.reader() as connection:
            rows: pl.DataFrame = connection.sql(query).pl()
        return rows

    return Answers(
        files=pl.DataFrame(files, schema=["file", "kind"], orient="row"),
        landed=table("select source_file, source_row, event_id from raw.raw_events"),
        catalogue=table("select source_file, source_row from raw.raw_tracks"),
        rejected=table(
            "select source_file, source_row, reason from ops.rejected_rows where table_name <> 'core.tracks'"
        ),
        dropped=table(
            "select source_file, source_row, event_id, kept_event_id, reason from ops.duplicate_plays"
        ),
        listening=table("select event_id, started_at, reported_at, outcome from core.listening_events"),
    )


def _print(found: "Quality", mistakes: int) -> None:
    for title, frame in (
        ("Recognition of files", found.recognition),
        ("Refused rows", found.rejection),
        ("Dropped duplicates", found.dedupe),
    ):
        out.print(table_of(frame, title, _cell))
    out.print("Plays " + ", ".join(f"{what}: {count:,}" for what, count in found.plays.items()))
    offline = ", ".join(f"{what}: {count:,}" for what, count in found.offline.items())
    out.print(f"Heard offline {offline} ({found.offline_share:.2%} where they were heard)")
    known, wrong, unknown = found.outcomes.values()
    share = unknown / max(known + unknown, 1)
    out.print(f"Outcomes known: {known:,}, of these wrong: {wrong:,}; unknown: {unknown:,} ({share:.1%})")
    if found.mistakes.height:
        title = f"Mistakes ({found.mistakes.height:,})"
        out.print(table_of(found.mistakes.head(mistakes), title, _cell))


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return (
        f"{value:.4f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    )
