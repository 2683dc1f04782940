"""People's own files through the command line and the whole graph: every row accounted for, no personal field
anywhere, any order and repetition the same listening, and a listener who goes is gone."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.settings import Settings
from tests.lake.exports import PLANTED, account_row, play, plays, write_json, write_zip
from tests.sources.files import tracks_dataset_row, write_csv

pytestmark = pytest.mark.slow

ANNA, BEN = "anna-5d1e", "ben-77c0"
FIRST = datetime(2024, 11, 20, 6, 30)  # noqa: DTZ001
RAW_AND_CORE = 'group:"raw" or group:"core"'
OF_LISTENERS = ("raw.raw_events", "core.listening_events", "core.listening_hours")
LISTENING = ("raw.raw_events", "core.listening_events", "core.daily_track_metrics", "core.listening_hours")
ORDER = {
    "raw.raw_events": "source_file, source_row",
    "core.listening_events": "event_id",
    "core.daily_track_metrics": "event_date, track_id",
    "core.listening_hours": "event_date, user_id, hour_starts_at",
    "ops.duplicate_plays": "source_file, source_row",
}


@dataclass(frozen=True)
class Person:
    """A data folder, and the commands that work on it."""

    folder: Path

    def call(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)

    def works(self, *arguments: str) -> str:
        result = self.call(*arguments)
        assert result.exit_code == 0, result.output + str(result.exception)
        return " ".join(result.stdout.split())

    @property
    def settings(self) -> Settings:
        return Settings(_env_file=None)

    def table(self, name: str) -> pl.DataFrame:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            rows: pl.DataFrame = connection.sql(f"from {name} order by {ORDER[name]}").pl()
        return rows


@dataclass(frozen=True)
class Files:
    """What is handed in: Anna's overlapping exports and her account data, Ben's history, a catalogue."""

    folder: Path
    listening: int
    refused: int

    @property
    def of_anna(self) -> list[Path]:
        return [self.folder / name for name in ("first.zip", "second.zip", "account.zip")]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("handed_in")
    rows = plays(FIRST, 240)
    burst = [play(FIRST + timedelta(days=40), 7 + n, ms_played=60_000 + n) for n in range(8)]
    refused = [play(FIRST, 1, ts="never"), {"ms_played": 5, "username": PLANTED[0]}]
    identical = rows[:3]
    write_zip(
        folder / "first.zip",
        {"MyData/Streaming_History_Audio_2024.json": [*rows[:150], *burst, *identical, *refused]},
    )
    write_zip(folder / "second.zip", {"MyData/Streaming_History_Audio_2024.json": [*rows[100:], *burst]})
    write_zip(
        folder / "account.zip", {"StreamingHistory_music_0.json": [account_row(row) for row in rows[50:200]]}
    )
    write_json(folder / "ben.json", plays(FIRST + timedelta(hours=2), 60))
    catalogue = [tracks_dataset_row(n) for n in range(1, 40)]
    write_csv(folder / "tracks.csv", catalogue)
    return Files(folder, listening=240 + len(burst), refused=len(refused))


@pytest.fixture(scope="module")
def person(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Everything imported and materialised at month grain."""
    with in_folder(tmp_path_factory.mktemp("person")) as person:
        person.works("import", *map(str, files.of_anna), "--user", ANNA, "--timezone", "Asia/Kathmandu")
        person.works("import", str(files.folder / "ben.json"), "--user", BEN)
        person.works("import", str(files.folder / "tracks.csv"), "--snapshot-date", "2024-11-15")
        person.works("materialize")
        yield person


class in_folder:  # noqa: N801 - a context manager that reads as a phrase
    """A data folder and Dagster instance of its own, by the environment; `changes` are further variables."""

    def __init__(self, folder: Path, **changes: str) -> None:
        self._folder = folder
        self._changes = changes
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> Person:
        variables = {
            "SPOTIFY_DATA_DIR": self._folder / "data",
            "DAGSTER_HOME": self._folder / "home",
            "SPOTIFY_PARTITION_GRAIN": "month",
            "SPOTIFY_TRAINING_DAYS": 30,
            **self._changes,
        }
        for name, value in variables.items():
            self._patch.setenv(name, str(value))
        return Person(self._folder)

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


@pytest.fixture(autouse=True)
def no_settings_from_outside() -> None:
    """The module's fixtures set the environment themselves."""


def test_every_play_counts_once(person: Person, files: Files):
    events = person.table("core.listening_events")
    assert Counter(events["user_id"]) == {ANNA: files.listening, BEN: 60}
    assert set(events["source"]) == {"extended_history"}


def test_every_receipt_adds_up_to_the_last_row(person: Person, files: Files):
    receipts = read_receipts(person.settings.lake_dir)
    assert len(receipts) == 5
    by_file = {receipt.input_file: receipt for receipt in receipts}
    assert (
        sum(by_file["first.zip/MyData/Streaming_History_Audio_2024.json"].rejected.values()) == files.refused
    )
    listening: Counter[str | None] = Counter()
    for receipt in receipts:
        assert receipt.reconciles
        if receipt.target == "raw.raw_events":
            account = account_of(person, receipt.receipt_id)
            assert account.pop("in") == receipt.rows_in
            loaded = account.pop("loaded")
            later = {k: n for k, n in account.items() if k == "listening" or k.startswith("duplicate")}
            assert sum(later.values()) == loaded
            listening[receipt.user_id] += later.get("listening", 0)
    assert listening == {ANNA: files.listening, BEN: 60}


def account_of(person: Person, receipt_id: str) -> dict[str, int]:
    lines = [
        line.strip("│ ") for line in person.call("receipt", receipt_id).stdout.splitlines() if "│" in line
    ]
    rows = [[part.strip() for part in line.split("│")] for line in lines]
    return {row[0]: int(row[1].replace(",", "")) for row in rows if len(row) == 2}


def test_refused_rows_are_in_the_warehouse_and_shown(person: Person, files: Files):
    assert f"{files.refused} of {files.refused} refused rows." in person.works("rejected")
    with duckdb.connect(str(person.settings.serving_path), read_only=True) as connection:
        [[refused]] = connection.execute(
            "select count(*) from ops.rejected_rows where table_name = 'raw.raw_events'"
        ).fetchall()
    assert refused == files.refused


def test_no_personal_field_is_in_any_file_or_table(person: Person):
    found = everything_in(person.folder)
    assert "Song 7" in found, "the search reads what it should"
    assert [word for word in PLANTED if word in found] == []


def everything_in(folder: Path) -> str:
    """All that the files below a folder hold, compressed ones and databases opened."""
    parts: list[str] = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        parts += [str(path.relative_to(folder)), content.decode("utf-8", "replace")]
        if path.suffix == ".gz":
            parts.append(gzip.decompress(content).decode("utf-8", "replace"))
        elif path.suffix == ".parquet":
            parts.append(
                pl.read_parquet(path, hive_partitioning=False).cast(pl.String, strict=False).write_csv()
            )
        elif path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                names = connection.execute(
                    "select table_schema, table_name from information_schema.tables"
                ).fetchall()
                for schema, name in names:
                    rows = connection.execute(f'from "{schema}"."{name}"').fetchall()
                    parts.append(json.dumps(rows, default=str, ensure_ascii=False))
    return "\n".join(parts)


def test_importing_again_changes_no_table(person: Person, files: Files):
    before = {name: person.table(name) for name in LISTENING}
    told = person.works("import", *map(str, files.of_anna), "--user", ANNA)
    assert "landed before" in told
    person.works("materialize", "--select", RAW_AND_CORE)
    for name, rows in before.items():
        assert person.table(name).equals(rows), name


def test_any_order_of_imports_gives_the_same_listening(
    person: Person, files: Files, tmp_path_factory: pytest.TempPathFactory
):
    expected = person.table("core.listening_events")
    with in_folder(tmp_path_factory.mktemp("other")) as other:
        other.works("import", str(files.folder / "tracks.csv"), "--snapshot-date", "2024-11-15")
        other.works("import", str(files.folder / "ben.json"), "--user", BEN)
        for path in reversed(files.of_anna):
            other.works("import", str(path), "--user", ANNA)
        other.works("materialize", "--select", RAW_AND_CORE)
        assert other.table("core.listening_events").equals(expected)


def test_a_listener_who_goes_is_gone_and_the_others_are_as_before(person: Person):
    before = {name: person.table(name).filter(pl.col("user_id") == ANNA) for name in OF_LISTENERS}
    assert BEN in everything_in(person.settings.data_dir)

    told = person.works("erase-user", BEN, "--yes")

    assert "│ warehouse │ core.listening_events │ 60 │" in told
    assert BEN not in everything_in(person.folder)
    for name, rows in before.items():
        assert person.table(name).equals(rows), name
    plays_left = person.table("core.daily_track_metrics")["plays"].sum()
    assert plays_left == person.table("core.listening_events").height
    with duckdb.connect(str(person.settings.serving_path), read_only=True) as connection:
        assert connection.execute("select distinct user_id from marts.fact_listens").fetchall() == [(ANNA,)]
