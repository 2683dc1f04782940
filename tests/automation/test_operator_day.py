"""A day of an operator: what goes wrong is named, told once, mended by the command named, and told over."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest

from spotify_assets.automation.instance import instance_of
from spotify_assets.definitions import build_defs
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


def test_what_goes_wrong_is_named_told_once_mended_and_told_over(day: World):
    found = live_through(day, FILES)
    for fault in FILES:
        told = found[fault.name]
        print(
            f"| {fault.name:32} | {fault.by:6} | {told.named_after:5.1f} s | "
            f"{told.messages} | {told.all_clears} | {told.at_the_end} |"
        )
    assert {name: (told.messages, told.all_clears, told.at_the_end) for name, told in found.items()} == {
        fault.name: (1, 1, 0) for fault in FILES
    }
