"""An operator's day beside `spotify-assets up`: what goes wrong is named, told once, mended and told over.

`tests/automation/test_operator_day.py` has more faults, with the product called in one process. Here the real
daemon asks for the runs or takes them from its queue, sees them fail, and tells a webhook; `failing` and the
command that it names are processes of their own.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import polars as pl
import pytest

from spotify_assets.automation.alerts import HEALTH
from spotify_assets.automation.sensors import RAW_FILES
from tests.automation.operator_day import small_project, webhook
from tests.e2e.conftest import LAST
from tests.e2e.operator_day import MINUTES, Fault, Installation, Up
from tests.e2e.server import run_cli

DAYS = 12
"""Files are broken four days apart: each is asked for with the days beside it."""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A few listeners over a few days, and what a person starts beside them."""
    folder = tmp_path_factory.mktemp("operator")
    first = LAST - timedelta(days=DAYS - 1)
    with webhook() as (url, posts):
        variables = {
            "SPOTIFY_DBT_PROJECT_DIR": str(small_project(folder / "dbt_project")),
            "SPOTIFY_START_DATE": str(first),
            "SPOTIFY_LOCK_TIMEOUT_SECONDS": "5",
            "SPOTIFY_ALERT_WEBHOOK_URL": url,
        }
        made = ("--users", "8", "--days", str(DAYS), "--tracks", "80", "--until", str(LAST))
        run_cli(folder, "generate", *made, variables=variables)
        run_cli(folder, "materialize", "--select", 'not group:"ml"', variables=variables)
        server = Up(folder, **variables)
        try:
            server.start()
            server.wait(lambda: server.ticks(RAW_FILES), "a look at the lake", 10 * MINUTES)
            server.wait(lambda: server.ticks(HEALTH), "a look at what is broken", 10 * MINUTES)
            yield Installation(server, variables, posts, first)
        finally:
            server.stop()


Do = Callable[[Installation], object]


def holds(number: int, content: bytes) -> Do:
    """The file of a day is something else."""
    return lambda day: day.keep(day.events(number)).write_bytes(content)


def cut_short(number: int) -> Do:
    return lambda day: day.keep(day.events(number)).write_bytes(day.events(number).read_bytes()[:-2_000])


def has(number: int, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Do:
    """The rows of a day are others."""

    def do(day: Installation) -> None:
        file = day.keep(day.events(number))
        change(pl.read_parquet(file, glob=False)).write_parquet(file)

    return do


def text(name: str, content: str) -> Do:
    """A file of the data folder that a person writes, with something that is wrong."""

    def do(day: Installation) -> None:
        file = day.server.folder / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    return do


def gone(name: str) -> Do:
    return lambda day: (day.server.folder / "data" / name).unlink(missing_ok=True)


def launched(number: int, *assets: str) -> Do:
    """A run of a day of some assets lies in the queue; nobody waits for it."""
    return lambda day: day.launch(number, *assets)


def after_each_other(*steps: Do) -> Do:
    def do(day: Installation) -> None:
        for step in steps:
            step(day)

    return do


def a_wrong_model(day: Installation) -> None:
    day.keep(day.model("dim_date")).write_text("select 1 as date_day from nowhere")
    day.launch(8, "marts/dim_date")


def a_model_that_repeats(day: Installation) -> None:
    file, row = day.keep(day.model("dim_device")), "('web', 'Web player', false),"
    assert row in file.read_text()
    file.write_text(file.read_text().replace(row, f"{row} {row}"))
    day.launch(9, "marts/dim_device")


def a_broken_receipt(day: Installation) -> None:
    day.idle()
    text("raw/_receipts/x.json", "{")(day)


def held(day: Installation) -> None:
    """A run of the queue while another program has the warehouse open."""
    with day.held_by_another():
        day.failed(day.launch(3, "raw/raw_events"))


def a_full_disk(day: Installation) -> None:
    with day.a_small_disk():
        day.failed(day.launch(4, "publish/serving"))


def killed(day: Installation) -> None:
    """A run is killed in its middle that was not to make what another fault is about."""
    day.killed(day.launch(10, "raw/raw_events", "core/listening_events", "core/daily_track_metrics"))


def of_day(number: int) -> Callable[[Installation], str]:
    return lambda day: f"date={day.on(number)}"


FILES = [
    Fault("a truncated file", of_day(2), cut_short(2)),
    Fault(
        "a column of another type",
        of_day(6),
        has(6, lambda rows: rows.with_columns(pl.lit([1]).alias("ms_played"))),
    ),
    Fault(
        "ids are null all day",
        lambda _: "few_refusals",
        has(10, lambda rows: rows.with_columns(pl.lit(None, pl.String).alias("event_id"))),
    ),
]
TOGETHER = [
    Fault(
        "four files at once",
        lambda _: "4 files cannot be used",
        after_each_other(*(holds(number, b"nonsense" * 99) for number in (5, 6, 7, 8))),
    )
]
RUNS = [
    Fault("held by another program", lambda _: "is held by", held),
    Fault("a full disk", lambda _: "publish__serving", a_full_disk),
    Fault("a killed run", lambda _: "process of the run was killed", killed),
    Fault(
        "a run that somebody ended",
        lambda day: f"Canceled: before its first step for {day.on(11)}",
        lambda day: day.ended(day.launch(11, "raw/raw_events")),
    ),
    Fault(
        "rules of recordings",
        lambda _: "recordings.toml",
        after_each_other(text("recordings.toml", "not [toml"), launched(5, "core/recordings")),
        gone("recordings.toml"),
    ),
    Fault(
        "rules of exclusions",
        lambda _: "exclusions.toml",
        after_each_other(text("exclusions.toml", "not [toml"), launched(7, "core/listening_events")),
        gone("exclusions.toml"),
    ),
    Fault(
        "a model that fails",
        lambda _: "Table with name nowhere",
        a_wrong_model,
    ),
    Fault(
        "a model that repeats a row",
        lambda _: "unique_dim_device",
        a_model_that_repeats,
    ),
    Fault(
        "a receipt that is none",
        lambda _: "A receipt cannot be read",
        a_broken_receipt,
        gone("raw/_receipts/x.json"),
    ),
]


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(TOGETHER, id="together"),
        pytest.param(FILES, id="files", marks=pytest.mark.slow),
        pytest.param(RUNS, id="runs", marks=pytest.mark.slow),
    ],
)
def test_what_goes_wrong_beside_the_daemon_is_named_told_once_mended_and_told_over(
    day: Installation, faults: list[Fault]
):
    seconds, found = day.live_through(faults)
    for name, (messages, all_clears) in found.items():
        print(f"| {name:26} | daemon | {seconds:5.1f} s | {messages} | {all_clears} | 0 |")
    assert found == {fault.name: (1, 1) for fault in faults}, day.posts
