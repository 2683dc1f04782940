"""What people do in the Dagster UI and to its lake, on the real webserver, daemon and browser."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest

from spotify_assets.lake import layout
from tests.e2e.browser import opened_browser
from tests.e2e.conftest import LAST
from tests.e2e.server import Server, run_cli

MINUTES = 60


@pytest.fixture
def page() -> Iterator[Any]:
    with opened_browser() as browser:
        shown = browser.new_page(viewport={"width": 1400, "height": 1000})
        shown.set_default_timeout(5 * MINUTES * 1000)
        yield shown


def drop_events(server: Server, of: date, on: date, name: str) -> int:
    """Drop a file with the plays of one day, moved to another day; returns their number."""
    lake = server.folder / "data" / "raw"
    [source] = layout.landed_files(layout.events_dir(lake, of))
    moved = on - of
    frame = pl.read_parquet(source).with_columns(
        pl.col("event_date") + moved, pl.col("started_at") + moved, pl.col("ended_at") + moved
    )
    if "event_id" in frame.columns:
        frame = frame.with_columns(event_id="again-" + pl.col("event_id"))
    if "source_file" in frame.columns:
        frame = frame.with_columns(source_file=pl.lit(f"{name}-{on}@000000000000"))
    layout.write_parquet(layout.events_dir(lake, on) / name, frame)
    return frame.height


def finished(server: Server, run_id: str) -> str | None:
    """The status of a run that has ended."""
    [run] = server.runs(runIds=[run_id])
    return run["status"] if run["status"] in ("SUCCESS", "FAILURE", "CANCELED") else None


def count(server: Server, table: str, on: date) -> int:
    """Rows of a published table on a day."""
    with duckdb.connect(str(server.folder / "data" / "processed" / "serving.duckdb"), read_only=True) as copy:
        [(rows,)] = copy.execute(f"select count(*) from {table} where event_date = ?", [on]).fetchall()
    return int(rows)


def day(offset: int) -> date:
    """A day of the folder, counted from its last; the later ones are negative."""
    return LAST + timedelta(days=offset)


def sensor_runs(server: Server, on: date, but: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """The runs that the sensor on raw files asked for and whose partitions cover a day, but for some."""
    asked = server.runs(tags=[{"key": "spotify/requested_by", "value": "raw_files"}])
    of_day = [run for run in asked if _first(run) <= str(on) <= _last(run)]
    return [run for run in of_day if run["runId"] not in but]


def _first(run: dict[str, Any]) -> str:
    return str(run["tags"].get("dagster/asset_partition_range_start") or run["tags"]["dagster/partition"])


def _last(run: dict[str, Any]) -> str:
    return str(run["tags"].get("dagster/asset_partition_range_end") or run["tags"]["dagster/partition"])


def _is_partitioned(run: dict[str, Any]) -> bool:
    return "dagster/asset_partition_range_start" in run["tags"] or "dagster/partition" in run["tags"]


def backfill_ended(server: Server, backfill: str) -> str:
    """Wait for a backfill, and return how it ended."""

    def ended() -> str | None:
        found = server.ask(
            "query ($id: String!) { partitionBackfillOrError(backfillId: $id) "
            "{ ... on PartitionBackfill { status } } }",
            id=backfill,
        )
        status = str(found["partitionBackfillOrError"]["status"])
        return status if status.startswith("COMPLETED") or status in ("FAILED", "CANCELED") else None

    return server.wait(ended, f"backfill {backfill} to end", 15 * MINUTES)


def test_an_asset_is_materialised_in_the_ui(server: Server, page: Any):
    before = {run["runId"] for run in server.runs()}
    page.goto(f"{server.url}/assets/core/countries")
    page.get_by_role("button", name="Materialize").first.click()
    launched = server.wait(
        lambda: [
            run
            for run in server.runs()
            if run["runId"] not in before and "spotify/requested_by" not in run["tags"]
        ],
        "the run that the button starts",
        10 * MINUTES,
    )
    status = server.wait(lambda: finished(server, launched[0]["runId"]), "the run to end", 10 * MINUTES)
    assert status == "SUCCESS"
    page.goto(f"{server.url}/runs/{launched[0]['runId']}")
    page.get_by_text("Success", exact=False).first.wait_for()


def test_a_backfill_of_thirty_partitions_is_one_run(server: Server):
    names = [str(LAST - timedelta(days=60 + number)) for number in range(30)]
    answer = server.ask(
        "mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) "
        "{ __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }",
        params={
            "partitionNames": names,
            "assetSelection": [
                {"path": ["raw", "raw_tracks"]},
                *(
                    {"path": ["core", name]}
                    for name in ("tracks", "artists", "track_artists", "track_genres")
                ),
            ],
        },
    )
    backfill = answer["launchPartitionBackfill"]["backfillId"]
    assert backfill_ended(server, backfill) == "COMPLETED_SUCCESS"
    runs = server.runs(tags=[{"key": "dagster/backfill", "value": backfill}])
    assert [run["status"] for run in runs] == ["SUCCESS"]
    assert runs[0]["tags"]["dagster/asset_partition_range_start"] == min(names)
    assert runs[0]["tags"]["dagster/asset_partition_range_end"] == max(names)


def test_the_command_line_hands_a_backfill_over(server: Server):
    arguments = (
        "backfill",
        "--from",
        str(day(-3)),
        "--to",
        str(day(-2)),
        "--select",
        'group:"raw"',
        "--again",
    )
    said = run_cli(
        server.folder, *arguments, "--no-wait", variables={"SPOTIFY_DAGSTER_URL": server.url}
    ).stdout
    [backfill] = re.findall(r"backfill (\w+)$", said, re.MULTILINE)
    assert backfill_ended(server, backfill) == "COMPLETED_SUCCESS"
    runs = server.runs(tags=[{"key": "dagster/backfill", "value": backfill}])
    assert {(_first(run), _last(run)) for run in runs if _is_partitioned(run)} == {
        (str(day(-3)), str(day(-2)))
    }
    nobody = run_cli(
        server.folder,
        *arguments,
        "--no-wait",
        check=False,
        variables={"SPOTIFY_DAGSTER_URL": "http://127.0.0.1:9"},
    )
    assert nobody.returncode == 1
    assert "no Dagster server answers at http://127.0.0.1:9" in nobody.stderr


def test_a_dropped_file_ends_in_the_published_tables_once(server: Server):
    before = count(server, "marts.fact_listens", LAST)
    earlier = frozenset(run["runId"] for run in sensor_runs(server, LAST))
    rows = drop_events(server, of=day(-1), on=LAST, name="late.parquet")
    [run] = server.wait(
        lambda: sensor_runs(server, LAST, earlier), "the run that the sensor asks for", 10 * MINUTES
    )
    assert server.wait(lambda: finished(server, run["runId"]), "that run to end", 15 * MINUTES) == "SUCCESS"
    assert before < count(server, "marts.fact_listens", LAST) <= before + rows
    assert len(sensor_runs(server, LAST, earlier)) == 1


def free_warehouse(server: Server) -> duckdb.DuckDBPyConnection | None:
    """The warehouse, where no run is at work on it; what follows other tests' runs may still be."""
    if server.runs(statuses=["QUEUED", "STARTING", "STARTED", "CANCELING"]):
        return None
    try:
        return duckdb.connect(str(server.folder / "data" / "warehouse.duckdb"))
    except duckdb.IOException:
        return None


def test_a_broken_row_stops_what_is_downstream(server: Server):
    with server.wait(
        lambda: free_warehouse(server), "runs to leave the warehouse", 10 * MINUTES
    ) as connection:
        connection.execute(
            "insert into core.listening_events "
            "select * from core.listening_events where event_date = ? limit 1",
            [day(-3)],
        )
    answer = server.ask(
        "mutation ($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) "
        "{ __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }",
        params={
            "selector": {
                "repositoryName": "__repository__",
                "repositoryLocationName": "spotify_assets",
                "pipelineName": "__ASSET_JOB",
                "assetSelection": [{"path": ["core", "daily_track_metrics"]}],
                "assetCheckSelection": [
                    {"assetKey": {"path": ["core", "listening_events"]}, "name": "unique_key"}
                ],
            },
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": str(day(-3))}]},
        },
    )
    run_id = answer["launchPipelineExecution"]["run"]["runId"]
    assert server.wait(lambda: finished(server, run_id), "the run to end", 10 * MINUTES) == "FAILURE"
    events = server.ask(
        "query ($id: ID!) { logsForRun(runId: $id, limit: 1000) { ... on EventConnection { events "
        "{ __typename ... on AssetCheckEvaluationEvent { evaluation { checkName success } } } } } }",
        id=run_id,
    )["logsForRun"]["events"]
    evaluations = [event["evaluation"] for event in events if event.get("evaluation")]
    assert evaluations == [{"checkName": "unique_key", "success": False}]
    assert "MaterializationEvent" not in {event["__typename"] for event in events}


def test_a_killed_daemon_leaves_nothing_half_done_and_the_next_goes_on(server: Server):
    killed = killed_in_a_run(server, day(-1), lambda: os.kill(server.daemon_pid(), signal.SIGKILL))
    assert killed["status"] in ("SUCCESS", "FAILURE", "CANCELED")


def test_a_run_that_is_killed_with_the_whole_server_is_ended_and_started_again(server: Server):
    killed = killed_in_a_run(server, day(-2), lambda: os.killpg(server.process.pid, signal.SIGKILL))
    assert killed["status"] == "FAILURE"


def killed_in_a_run(server: Server, late: date, kill: Callable[[], None]) -> dict[str, Any]:
    """Drop a file, kill in the middle of its run, start the server again, and see the file's rows arrive.

    Returns the run that went on when the killing began, as it ended.
    """
    before = count(server, "marts.fact_listens", late)
    earlier = frozenset(run["runId"] for run in sensor_runs(server, late))
    rows = drop_events(server, of=late + timedelta(days=-1), on=late, name="late.parquet")

    def started() -> list[dict[str, Any]]:
        return [run for run in sensor_runs(server, late, earlier) if run["status"] == "STARTED"]

    [killed] = server.wait(started, "the run that the sensor asks for", 10 * MINUTES)
    kill()
    server.stop()
    server.start()

    def done() -> bool:
        return any(run["status"] == "SUCCESS" for run in sensor_runs(server, late, earlier))

    server.wait(done, "a run to succeed after the kill", 20 * MINUTES)
    assert before < count(server, "marts.fact_listens", late) <= before + rows
    [ended] = server.runs(runIds=[killed["runId"]])
    return ended
