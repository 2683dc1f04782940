"""A day of an operator: what goes wrong is named, told once, mended by the command named, and told over."""

import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange

from spotify_assets.definitions import build_defs
from spotify_assets.instance.home import instance_of
from spotify_assets.settings import Settings
from tests.automation.operator_day import (
    FIRST,
    Do,
    Fault,
    World,
    call,
    killed_at,
    live_through,
    small_project,
    webhook,
)
from tests.warehouse.processes import held_open

pytestmark = pytest.mark.slow
DAYS = 8
RAW = "raw/raw_events"


@pytest.fixture(autouse=True)
def no_settings_from_outside() -> None:
    """The module's fixture sets the environment itself."""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A few listeners over a few days, made once."""
    folder = tmp_path_factory.mktemp("day")
    with pytest.MonkeyPatch.context() as patch, webhook() as (url, posts):
        patch.setenv("SPOTIFY_DATA_DIR", str(folder / "data"))
        patch.setenv("DAGSTER_HOME", str(folder / "home"))
        patch.setenv("SPOTIFY_DBT_PROJECT_DIR", str(small_project(folder / "dbt_project")))
        patch.setenv("SPOTIFY_START_DATE", str(FIRST))
        patch.setenv("SPOTIFY_MODEL_CUTOFFS", "0")
        patch.setenv("SPOTIFY_LADDER_CUTOFFS", "0")
        patch.setenv("SPOTIFY_LOCK_TIMEOUT_SECONDS", "1")
        patch.setenv("SPOTIFY_ALERT_WEBHOOK_URL", url)
        last = FIRST + timedelta(days=DAYS - 1)
        made = ("--users", "25", "--days", str(DAYS), "--until", str(last), "--tracks", "60")
        for command in (("generate", *made), ("materialize",)):
            code, said = call(*command)
            assert code == 0, said
        settings = Settings(_env_file=None)
        with instance_of(settings) as instance:
            world = World(settings, instance, posts, build_defs(settings))
            world.tick()  # what the generated catalogue is warned of is no fault of the day
            yield world


def a_file(number: int, content: bytes) -> Do:
    """The events of a day are something else."""
    return lambda day: day.keep(day.events(number)).write_bytes(content) and None


def cut(number: int) -> Do:
    def do(day: World) -> None:
        file = day.keep(day.events(number))
        file.write_bytes(file.read_bytes()[:-2_000])

    return do


def changed(number: int, *columns: pl.Expr, drop: str | None = None) -> Do:
    """The events of a day with other values, or without a column."""

    def do(day: World) -> None:
        file = day.keep(day.events(number))
        rows = pl.read_parquet(file, glob=False).with_columns(*columns)
        (rows.drop(drop) if drop else rows).write_parquet(file)

    return do


def made(number: int, *assets: str, job: str = "everything") -> Do:
    return lambda day: day.materialize(number, *assets, job=job)


def text(name: str, content: str) -> Do:
    """A file of the data folder that a person writes, with something that is wrong."""

    def do(day: World) -> None:
        file = day.settings.data_dir / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    return do


def gone(name: str) -> Do:
    return lambda day: (day.settings.data_dir / name).unlink(missing_ok=True)


def sql(statement: str) -> Do:
    def do(day: World) -> None:
        with duckdb.connect(str(day.settings.warehouse_path)) as connection:
            [(rows,)] = connection.execute(statement).fetchall()
            assert rows == 1, statement

    return do


def a_row_gone(table: str) -> Do:
    """Somebody deletes a row of a stored table."""
    return sql(f"delete from {table} where rowid = (select min(rowid) from {table})")


def a_row_with(table: str, wrong: str) -> Do:
    """Somebody writes into a row of a stored table."""
    return sql(f"update {table} set {wrong} where rowid = (select min(rowid) from {table})")


def checked(*assets: str) -> Do:
    def do(day: World) -> None:
        code, said = call("check", "--select", " or ".join(f'key:"{asset}"' for asset in assets))
        assert code == 1, said

    return do


def killed(step: str, number: int) -> Do:
    return lambda _: killed_at(step, number)


def nothing(_: World) -> None: ...


FILES = [
    Fault("garbage for Parquet", "date=2025-03-01", a_file(1, b"nonsense" * 99), made(1, RAW)),
    Fault("a truncated file", "date=2025-03-02", cut(2), made(2, RAW)),
    Fault("an empty file", "date=2025-03-03", a_file(3, b""), made(3, RAW, job="data"), by="daemon"),
    Fault("a column is gone", "date=2025-03-04", changed(4, drop="event_id"), made(4, RAW)),
    Fault(
        "a column of another type",
        "date=2025-03-05",
        changed(5, pl.lit([1]).alias("ms_played")),
        made(5, RAW, job="data"),
        by="daemon",
    ),
    Fault(
        "ids are null all day",
        "few_refusals",
        changed(6, pl.lit(None, pl.String).alias("event_id")),
        made(6, RAW),
    ),
    Fault("killed before dbt", "raw__raw_events for 2025-03-07", nothing, killed("raw__raw_events", 7)),
]


def snapshot_of(day: World) -> Path:
    """The folder of the newest catalogue."""
    return max((day.settings.lake_dir / "spotify_tracks").glob("snapshot_date=*"))


def a_column_less(day: World) -> None:
    """The newest catalogue has no ids."""
    [file] = snapshot_of(day).iterdir()
    day.keep(file)
    pl.read_parquet(file, glob=False).drop("track_id").write_parquet(file)


def no_catalogue(day: World) -> None:
    """The newest catalogue holds something else."""
    for file in snapshot_of(day).iterdir():
        day.keep(file).write_bytes(b"nonsense,\n1\n")


def of_the_catalogue(day: World) -> None:
    snapshot = date.fromisoformat(snapshot_of(day).name.removeprefix("snapshot_date="))
    day.materialize((snapshot - FIRST).days + 1, "raw/raw_tracks")


def held(number: int) -> Do:
    """A run of a day while another program has the warehouse open."""

    def do(day: World) -> None:
        with held_open(day.settings.warehouse_path, "write"):
            day.materialize(number, RAW)

    return do


def freshness(state: FreshnessState) -> Do:
    """The daemon's judgement of a layer."""
    return lambda day: day.instance._report_runless_asset_event(
        FreshnessStateChange(
            key=dg.AssetKey(["core", "tracks"]),
            new_state=state,
            previous_state=FreshnessState.UNKNOWN,
            state_change_timestamp=1.8e9,
        )
    )


def a_wrong_model(day: World) -> None:
    [file] = day.settings.dbt_project_dir.rglob("dim_date.sql")
    day.keep(file).write_text("select 1 as date_day from nowhere")


def a_model_that_repeats(day: World) -> None:
    [file] = day.settings.dbt_project_dir.rglob("dim_device.sql")
    row = "('web', 'Web player', false),"
    content = day.keep(file).read_text()
    assert row in content
    file.write_text(content.replace(row, f"{row} {row}"))


def no_copy(day: World) -> None:
    """Something else lies where the published copy was."""
    day.settings.serving_path.write_bytes(b"nonsense" * 99)


def a_full_disk(day: World) -> None:
    """The published copy gets a file system of its own that is too small."""
    folder = str(day.settings.processed_dir)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", folder], capture_output=True, check=False
    ).returncode:
        pytest.skip("only root can mount a file system")


def room_again(day: World) -> None:
    if day.settings.processed_dir.is_mount():
        subprocess.run(["umount", str(day.settings.processed_dir)], check=True)


OTHERS = [
    Fault("a catalogue of something else", "snapshot_date=", no_catalogue, of_the_catalogue),
    Fault(
        "rules of recordings",
        "recordings.toml",
        text("recordings.toml", "not [toml"),
        made(2, "core/recordings"),
        gone("recordings.toml"),
    ),
    Fault(
        "rules of exclusions",
        "exclusions.toml",
        text("exclusions.toml", "not [toml"),
        made(3, "core/listening_events"),
        gone("exclusions.toml"),
    ),
    Fault("held by another program", "is held by", nothing, held(4)),
    Fault(
        "a receipt that is none",
        "A receipt cannot be read",
        text("raw/_receipts/x.json", "{"),
        nothing,
        gone("raw/_receipts/x.json"),
    ),
    Fault(
        "a layer is late",
        "Layer core is late",
        freshness(FreshnessState.FAIL),
        nothing,
        freshness(FreshnessState.PASS),
        by="daemon",
    ),
]
LATER = [
    Fault("killed in the dbt step", "Failed: dbt for 2025-03-04", nothing, killed("dbt", 4)),
    Fault(
        "a model that fails",
        "Table with name nowhere",
        a_wrong_model,
        made(5, "marts/dim_date", job="data"),
        by="daemon",
    ),
    Fault("a full disk", "publish__serving", a_full_disk, made(6, "publish/serving"), room_again),
    Fault(
        "a model that repeats a row",
        "Check unique_dim_device",
        a_model_that_repeats,
        made(7, "marts/dim_device", job="data"),
        by="daemon",
    ),
    Fault("a catalogue without ids", "snapshot_date=", a_column_less, of_the_catalogue),
]


def a_row_gone_of(asset: str, words: str | None = None) -> Fault:
    return Fault(
        f"a row gone: {asset}",
        words or f"Check reconciliation fails on {asset}",
        a_row_gone(asset.replace("/", ".")),
        checked(asset),
    )


def a_wrong_value_of(asset: str, wrong: str, check: str) -> Fault:
    return Fault(
        f"a wrong value: {asset}",
        f"Check {check} fails on {asset}",
        a_row_with(asset.replace("/", "."), wrong),
        checked(asset),
    )


STORED = [
    a_row_gone_of("marts/fact_listening_hours", "fact_listening_hours_has_all_time_listened"),
    a_row_gone_of("core/daily_track_metrics"),
    a_row_gone_of("core/track_genres"),
    a_row_gone_of("raw/raw_events"),
    a_row_gone_of("ml/model_features"),
]
WRONG = [
    Fault(
        "a wrong value: marts/fact_listening_hours",
        "fact_listening_hours_has_all_time_listened",
        a_row_with("marts.fact_listening_hours", "ms_listened = ms_listened + 1"),
        checked("marts/fact_listening_hours"),
    ),
    a_wrong_value_of("core/daily_track_metrics", "skip_rate = 2", "ranges"),
    a_wrong_value_of("core/recordings", "matched_by = 'guess'", "accepted_values"),
    Fault("the copy is something else", "copy_has_what_is_read", no_copy, checked("publish/serving")),
]


@pytest.mark.parametrize(
    "faults", [FILES, OTHERS, LATER, STORED, WRONG], ids=["files", "others", "later", "stored", "wrong"]
)
def test_what_goes_wrong_is_named_told_once_mended_and_told_over(day: World, faults: list[Fault]):
    found = live_through(day, faults)
    for fault in faults:
        told = found[fault.name]
        print(
            f"| {fault.name:40} | {fault.by:6} | {told.named_after:5.1f} s | "
            f"{told.messages} | {told.all_clears} | {told.at_the_end} |"
        )
    assert {name: (told.messages, told.all_clears, told.at_the_end) for name, told in found.items()} == {
        fault.name: (1, 1, 0) for fault in faults
    }
