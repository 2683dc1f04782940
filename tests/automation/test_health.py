"""What is broken now, by real runs: told with its reason, and not any more once it is mended."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._utils import get_run_crash_explanation

from spotify_assets.automation.backfills import Backfill, Which, backfill_of
from spotify_assets.automation.failed_runs import cause_key, failed_partitions
from spotify_assets.automation.failing_checks import failing_checks
from spotify_assets.automation.health import late_layers, look, problems
from spotify_assets.automation.problem import Problem, to_be_made
from spotify_assets.automation.runs import run
from spotify_assets.instance.cause import KILLED
from spotify_assets.instance.home import instance_of
from spotify_assets.partitions import partitions
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.sources.errors import SeveralSourcesError, SourceError
from spotify_assets.warehouse.incidents import read_incidents

START = date(2026, 8, 1)
"""Not long ago: every problem that is looked for is one of all days since then."""


class Graph:
    """Two partitioned assets, one made from the other, with a check, and a last one without partitions.

    Files in a folder break them: `raw`, `core` an asset, `check` the check, `publish` the last one.
    """

    def __init__(self, settings: Settings, instance: dg.DagsterInstance, broken: Path) -> None:
        self.settings, self.instance, self.broken = settings, instance, broken
        self.during_core: Callable[[], object] = lambda: None
        self.definitions = self._definitions()
        self.graph = self.definitions.resolve_asset_graph()
        broken.mkdir(parents=True)

    def run(self, first: int, last: int, *assets: str, job: str = "everything") -> bool:
        """One run over the days from `first` to `last` of August; of some assets of a job, or of all."""
        days = [f"2026-08-{first:02}", f"2026-08-{last:02}"]
        tags = dict(
            zip(
                ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end"),
                days,
                strict=True,
            )
        )
        return (
            self.definitions.resolve_job_def(job)
            .execute_in_process(
                instance=self.instance,
                tags=tags,
                asset_selection=[dg.AssetKey([name, name]) for name in assets] or None,
                raise_on_error=False,
            )
            .success
        )

    def check(self) -> None:
        """The check alone, on all rows, as `spotify-assets check` has it."""
        job = self.definitions.resolve_job_def("everything").get_subset(
            asset_selection=set(), asset_check_selection=set(self.graph.asset_check_keys)
        )
        job.execute_in_process(instance=self.instance, raise_on_error=False)

    def begin(self, day: int) -> None:
        """Let the partitions begin on a day of August."""
        self.settings = self.settings.model_copy(update={"start_date": START + timedelta(days=day - 1)})
        self.definitions = self._definitions()
        self.graph = self.definitions.resolve_asset_graph()

    def broke(self, *names: str) -> None:
        for file in self.broken.iterdir():
            file.unlink()
        for name in names:
            (self.broken / name).touch()

    def problems(self) -> list[Problem]:
        return problems(self.instance, self.graph)

    def backfill(self, first: int, last: int, which: Which = Which.MISSING) -> Backfill:
        window = Window(date(2026, 8, first), date(2026, 8, last) + timedelta(days=1))
        keys = self.graph.materializable_asset_keys
        broken = to_be_made(self.problems())
        return backfill_of(self.instance, self.graph, self.settings, window, keys, which=which, broken=broken)

    def mend(self) -> bool:
        """What `backfill --failed-only` does, over August."""
        return all(
            self.run(
                part.window.start.day,
                (part.window.end - timedelta(days=1)).day,
                *(key.path[-1] for key in part.assets),
            )
            for part in self.backfill(1, 31, Which.FAILED).ranges
        )

    def _definitions(self) -> dg.Definitions:
        definition = partitions(self.settings)
        policy = dg.BackfillPolicy.single_run()

        def fail_if(name: str) -> None:
            files = sorted(self.broken.glob(f"{name}-*"))
            if files:
                errors = [SourceError(file, "cannot be read", "write it again") for file in files]
                raise SeveralSourcesError(errors)
            if (self.broken / name).exists():
                raise OSError((self.broken / name).read_text() or f"{name} is full")

        @dg.asset(key=["raw", "raw"], group_name="raw", partitions_def=definition, backfill_policy=policy)
        def raw() -> None:
            fail_if("raw")

        @dg.asset(
            key=["core", "core"],
            group_name="core",
            deps=[raw],
            partitions_def=definition,
            backfill_policy=policy,
            freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=1)),
        )
        def core() -> None:
            self.during_core()
            fail_if("core")

        @dg.asset_check(asset=core)
        def sound(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
            return dg.AssetCheckResult(
                passed=not (self.broken / "check").exists(),
                description="2 rows are odd",
                metadata={"slice": context.run.tags.get("dagster/asset_partition_range_start", "all rows")},
            )

        @dg.multi_asset_check(
            specs=[dg.AssetCheckSpec(name, asset=core, blocking=True) for name in ("many", "usual")]
        )
        def blocking() -> Iterator[dg.AssetCheckResult]:
            for name in ("many", "usual"):
                yield dg.AssetCheckResult(
                    asset_key=core.key,
                    check_name=name,
                    passed=not (self.broken / "blocking").exists(),
                    description="all rows are refused",
                )

        @dg.asset(key=["publish", "publish"], group_name="publish", deps=[core])
        def publish() -> None:
            fail_if("publish")

        return dg.Definitions(
            [raw, core, publish],
            asset_checks=[sound, blocking],
            jobs=[
                dg.define_asset_job("everything", selection=dg.AssetSelection.all()),
                dg.define_asset_job("raw_only", selection=[raw]),
            ],
            executor=dg.in_process_executor,
        )


@pytest.fixture
def graph(make_settings: Callable[..., Settings], tmp_path: Path) -> Iterator[Graph]:
    settings = make_settings(start_date=START)
    with instance_of(settings) as instance:
        yield Graph(settings, instance, tmp_path / "broken")


def spans(found: Backfill) -> list[tuple[str, str]]:
    return [(part.keys[0], part.keys[-1]) for part in found.ranges]


def test_nothing_is_broken_before_and_after_good_runs(graph: Graph):
    assert graph.problems() == []
    assert graph.run(1, 3)
    assert graph.problems() == []


def test_a_failed_run_is_one_problem_with_its_cause_until_its_partitions_are_made(graph: Graph):
    graph.broke("core")
    assert not graph.run(1, 3)
    [problem] = graph.problems()
    assert problem.kind == "run"
    assert problem.partitions == "2026-08-01 to 2026-08-03"
    assert "core is full" in problem.detail
    assert "core/core" in problem.assets
    assert "raw/raw" not in problem.assets
    graph.broke()
    assert graph.run(1, 1)
    [left] = failed_partitions(graph.instance, graph.graph)
    assert left.partitions == "2026-08-02 to 2026-08-03"
    assert graph.run(1, 3)
    assert graph.problems() == []


@pytest.mark.slow
def test_files_that_are_broken_together_are_one_problem_that_names_the_first_and_counts_the_others(
    graph: Graph,
):
    graph.broke(*(f"raw-{day}" for day in "abcd"))
    assert not graph.run(1, 3)
    [problem] = graph.problems()
    assert problem.detail == (
        "4 files cannot be used: raw-a: cannot be read. Write it again. "
        "raw-b: cannot be read. Write it again. raw-c: cannot be read. Write it again. and 1 more"
    )
    assert problem.key.splitlines() == [f"run:raw-{day}: cannot be read. Write it again." for day in "abcd"]
    graph.broke()
    assert graph.mend()
    assert graph.problems() == []


@pytest.mark.slow
def test_a_retry_that_fails_alike_is_the_same_problem(graph: Graph):
    graph.broke("core")
    found = []
    for _ in range(2):
        graph.run(1, 3)
        found.append(graph.problems())
    assert [[problem.key for problem in each] for each in found] == [[found[0][0].key]] * 2


@pytest.mark.slow
def test_an_unpartitioned_asset_that_failed_is_told(graph: Graph):
    graph.broke("publish")
    assert not graph.run(1, 1)
    [problem] = graph.problems()
    assert problem.assets == ("publish/publish",)
    graph.broke()
    assert graph.run(2, 2)
    assert graph.problems() == []


@pytest.mark.slow
def test_a_failing_check_is_told_until_the_same_rows_pass(graph: Graph):
    graph.broke("check")
    graph.run(1, 2)
    graph.broke()
    graph.run(3, 3)
    [problem] = failing_checks(graph.instance, graph.graph)
    assert problem.title == "Check sound fails on core/core, 2026-08-01"
    assert problem.detail == "2 rows are odd"
    assert problem.blocks
    graph.run(1, 1)
    assert len(failing_checks(graph.instance, graph.graph)) == 1
    graph.run(1, 3)
    assert graph.problems() == []


@pytest.mark.slow
def test_a_run_that_checks_stopped_is_one_problem_with_them(graph: Graph):
    graph.broke("blocking")
    assert not graph.run(1, 2)
    [problem] = graph.problems()
    assert problem.title == "Check many fails on core/core"
    assert problem.detail == "all rows are refused; Check usual fails on core/core: all rows are refused"
    assert problem.assets == ("core/core", "publish/publish")
    assert problem.key.splitlines() == ["check:core/core:many", "check:core/core:usual"]
    graph.broke()
    assert graph.mend()
    assert graph.problems() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ("test sound of core: fails for 2 rows", ["Check sound fails on core/core, 2026-08-01"]),
        (
            "test sound of core: fails for 2 rows; publish: no such column",
            ["Failed: publish__publish", "Check sound fails on core/core, 2026-08-01"],
        ),
    ],
)
def test_a_step_of_dbt_that_tests_stopped_is_one_problem_with_them(
    graph: Graph, said: str, problems: list[str]
):
    graph.broke("check", "publish")
    (graph.broken / "publish").write_text(said)
    assert not graph.run(1, 1)
    assert [problem.title for problem in graph.problems()] == problems
    graph.broke()
    assert graph.mend()
    assert graph.problems() == []


def test_a_check_of_days_before_the_first_partition_is_about_nothing(graph: Graph):
    """The partitions begin later than they did: of a failure, the rows that are left decide."""
    graph.broke("check")
    graph.run(1, 2)
    graph.begin(3)
    assert graph.problems() == []


@pytest.mark.slow
@pytest.mark.parametrize(("first", "mended"), [(2, True), (3, False)])
def test_of_a_failing_check_the_rows_that_are_left_are_mended(graph: Graph, first: int, mended: bool):
    graph.broke("check")
    graph.run(1, 3)
    graph.begin(2)
    [problem] = graph.problems()
    assert problem.unmade == {dg.AssetKey(["core", "core"]): frozenset({"2026-08-02", "2026-08-03"})}
    graph.broke()
    graph.run(first, 3)
    assert (graph.problems() == []) is mended


def test_a_layer_without_news_for_too_long_is_late(graph: Graph):
    from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange

    assert late_layers(graph.instance, graph.graph) == []
    for state in (FreshnessState.FAIL, FreshnessState.PASS):
        graph.instance._report_runless_asset_event(
            FreshnessStateChange(
                key=dg.AssetKey(["core", "core"]),
                new_state=state,
                previous_state=FreshnessState.UNKNOWN,
                state_change_timestamp=1.8e9,
            )
        )
        assert [problem.key for problem in late_layers(graph.instance, graph.graph)] == (
            ["late:core"] if state is FreshnessState.FAIL else []
        )


def test_readers_outside_dagster_find_what_is_broken(graph: Graph):
    graph.broke("core")
    graph.run(1, 3)
    [problem] = look(graph.settings, graph.instance, graph.graph)
    standing = read_incidents(graph.settings.processed_dir)
    assert standing is not None
    [incident] = standing.incidents
    assert asdict(incident) == {name: getattr(problem, name) for name in asdict(incident)}


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["raw", "core", "check", "publish"])
def test_whatever_is_broken_one_backfill_of_what_failed_mends(graph: Graph, broken: str):
    graph.broke(broken)
    graph.run(1, 3)
    assert graph.problems()
    graph.broke()
    assert graph.mend()
    assert graph.problems() == []
    assert graph.backfill(1, 31, Which.FAILED).ranges == ()


@pytest.mark.slow
def test_what_a_check_of_all_rows_found_is_mended_by_one_backfill_too(graph: Graph):
    """Which day the bad row is of nobody knows, so every day that was made is made again."""
    assert graph.run(1, 3)
    graph.broke("check")
    graph.check()
    [problem] = graph.problems()
    assert problem.unmade[dg.AssetKey(["core", "core"])] >= {f"2026-08-0{day}" for day in (1, 2, 3)}
    graph.broke()
    assert graph.run(3, 3)
    assert graph.problems() == [problem]
    assert graph.mend()
    assert graph.problems() == []


def test_a_receipt_that_is_none_is_told_beside_all_else(graph: Graph):
    graph.broke("core")
    graph.run(1, 3)
    receipt = graph.settings.lake_dir / "_receipts" / "x.json"
    receipt.parent.mkdir(parents=True)
    receipt.write_text("{")
    found = look(graph.settings, graph.instance, graph.graph)
    assert [problem.kind for problem in found] == ["run", "import"]
    assert str(receipt) in found[1].detail


@pytest.mark.slow
def test_what_a_failed_step_left_unmade_beside_the_way_is_mended_too(graph: Graph):
    """`publish` waited for `core` in the run that failed, and `core` alone was made by hand since."""
    graph.broke("core")
    graph.run(1, 3)
    graph.broke()
    assert graph.run(1, 3, "core")
    [problem] = graph.problems()
    assert problem.assets == ("publish/publish",)
    assert graph.mend()
    assert graph.problems() == []


@pytest.mark.slow
def test_a_canceled_run_is_mended_by_the_same_command(graph: Graph):
    graph.broke("core")
    graph.run(2, 3)
    [run] = graph.instance.get_runs()
    graph.instance.report_run_canceled(run)
    assert graph.problems()[0].title.startswith("Canceled")
    graph.broke()
    assert graph.mend()
    assert graph.problems() == []


def canceled(graph: Graph, first: int, last: int, *, after_raw: bool = False) -> None:
    """A run over days of August that somebody ends: before its first step, or once `raw` is made."""
    job = graph.definitions.resolve_job_def("everything")
    tags = {
        "dagster/asset_partition_range_start": f"2026-08-{first:02}",
        "dagster/asset_partition_range_end": f"2026-08-{last:02}",
    }
    made = graph.instance.create_run_for_job(job, tags=tags)
    if after_raw:
        for day in range(first, last + 1):
            event = dg.AssetMaterialization(["raw", "raw"], partition=f"2026-08-{day:02}")
            graph.instance.report_runless_asset_event(event)
    graph.instance.report_run_canceled(made)


@pytest.mark.slow
@pytest.mark.parametrize("after_raw", [False, True])
@pytest.mark.parametrize("done_before", [False, True])
def test_what_a_canceled_run_was_to_make_is_named_and_mended(
    graph: Graph, done_before: bool, after_raw: bool
):
    if done_before:
        assert graph.run(1, 4)
    canceled(graph, 2, 3, after_raw=after_raw)
    [problem] = graph.problems()
    assert problem.title == "Canceled: before its first step for 2026-08-02 to 2026-08-03"
    assert problem.blocks
    assert ("raw/raw" in problem.assets) is not after_raw
    assert {"core/core", "publish/publish"} <= set(problem.assets)
    assert graph.mend()
    assert graph.problems() == []


@pytest.mark.slow
def test_a_canceled_run_stays_named_while_another_repairs_it_and_not_where_it_was_mended_before(graph: Graph):
    canceled(graph, 2, 3)
    [left] = graph.problems()
    seen: list[list[Problem]] = []
    graph.during_core = lambda: seen.append(graph.problems())
    assert graph.run(2, 3)
    [while_repaired] = seen.pop()
    assert (while_repaired.key, while_repaired.run_id) == (left.key, left.run_id)
    assert graph.problems() == []
    assert graph.run(2, 3)
    assert seen == [[]]


@pytest.mark.slow
def test_a_canceled_run_of_days_before_the_first_partition_is_about_nothing(graph: Graph):
    canceled(graph, 2, 3)
    graph.begin(8)
    assert graph.run(8, 9)
    assert graph.problems() == []


@pytest.mark.slow
def test_a_problem_stays_while_a_run_repairs_it_and_goes_with_its_success(graph: Graph):
    graph.broke("core")
    graph.run(1, 3)
    [failed] = look(graph.settings, graph.instance, graph.graph)
    seen: list[list[Problem]] = []
    graph.during_core = lambda: seen.append(look(graph.settings, graph.instance, graph.graph))
    graph.run(1, 3)
    assert seen.pop() == [failed]
    [again] = look(graph.settings, graph.instance, graph.graph)
    assert (again.key, again.run_id != failed.run_id) == (failed.key, True)
    graph.broke()
    assert graph.run(1, 3)
    assert seen.pop() == [again]
    assert look(graph.settings, graph.instance, graph.graph) == []


@pytest.mark.slow
def test_a_run_of_other_days_repairs_nothing(graph: Graph):
    graph.broke("core")
    graph.run(1, 3)
    look(graph.settings, graph.instance, graph.graph)
    graph.broke()
    assert graph.run(1, 3)
    seen: list[list[Problem]] = []
    graph.during_core = lambda: seen.append(look(graph.settings, graph.instance, graph.graph))
    graph.run(8, 9)
    assert seen == [[]]


@pytest.mark.slow
def test_a_failed_run_of_a_job_says_nothing_of_assets_that_are_not_of_the_job(graph: Graph):
    graph.broke("raw")
    assert not graph.run(1, 3, job="raw_only")
    graph.broke()
    assert graph.run(1, 3, job="raw_only")
    seen: list[list[Problem]] = []
    graph.during_core = lambda: seen.append(look(graph.settings, graph.instance, graph.graph))
    assert graph.run(1, 3)
    assert seen == [[]]


def test_a_check_of_a_run_under_way_decides_nothing(graph: Graph):
    graph.broke("check")
    graph.run(1, 2)
    [run] = graph.instance.get_runs()
    assert len(failing_checks(graph.instance, graph.graph)) == 1
    graph.instance.run_storage.handle_run_event(
        run.run_id, dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, run.job_name)
    )
    assert failing_checks(graph.instance, graph.graph) == []


@pytest.mark.slow
def test_a_killed_run_is_ended_and_says_at_which_step(graph: Graph):
    graph.during_core = lambda: os.kill(os.getpid(), signal.SIGKILL)
    window = Window(START, START + timedelta(days=3))
    child = os.fork()
    if child == 0:
        run(graph.definitions, graph.instance, graph.settings, "everything", window=window)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    [problem] = look(graph.settings, graph.instance, graph.graph)
    assert problem.title == "Failed: core__core for 2026-08-01 to 2026-08-03"
    assert problem.detail == "The process of the run was killed; no step of it goes on."
    assert problem.assets == ("core/core", "publish/publish")
    graph.during_core = lambda: None
    assert graph.mend()
    assert look(graph.settings, graph.instance, graph.graph) == []


@pytest.mark.slow
@pytest.mark.parametrize("seen_by", ["the code server", "run monitoring"])
def test_a_kill_is_told_alike_whoever_saw_it(graph: Graph, seen_by: str):
    graph.during_core = lambda: os._exit(1)
    for first in (1, 5):
        child = os.fork()
        if child == 0:
            graph.run(first, first + 1)
        os.waitpid(child, 0)
        [killed] = graph.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
        if seen_by == "the code server":
            crash = get_run_crash_explanation(f"Run execution process for {killed.run_id}", -signal.SIGKILL)
            graph.instance.report_engine_event(crash, killed)
            graph.instance.report_run_failed(killed)
        else:
            health = CheckRunHealthResult(WorkerStatus.FAILED, KILLED)
            graph.instance.report_run_failed(killed, f"{health}. Marking run {killed.run_id} as failed.")
    [problem] = graph.problems()
    assert problem.detail == "The process of the run was killed; no step of it goes on."
    assert problem.title.startswith("Failed: core__core for ")


@pytest.mark.slow
def test_one_cause_is_one_problem_whatever_days_and_numbers_it_names(graph: Graph):
    graph.broke("core")
    graph.run(1, 2)
    graph.run(5, 6)
    [problem] = graph.problems()
    assert problem.partitions == "2026-08-01 to 2026-08-02, 2026-08-05 to 2026-08-06"
    newest = graph.instance.get_run_by_id(str(problem.run_id))
    assert newest is not None
    assert newest.tags["dagster/asset_partition_range_start"] == "2026-08-05"


def test_a_cause_is_the_same_whatever_counts_and_processes_it_names():
    held = "warehouse.duckdb is held by python3.11 (process {}), still after {} s: close that program"
    assert cause_key(held.format(23922, 2)) == cause_key(held.format(4, 10))
    day = "part of date=2026-08-{} cannot be read"
    assert cause_key(day.format("01")) != cause_key(day.format("02"))


def test_a_backfill_runs_what_is_missing_as_contiguous_ranges(graph: Graph):
    assert spans(graph.backfill(1, 9)) == [("2026-08-01", "2026-08-09")]
    graph.run(4, 5)
    found = graph.backfill(1, 9)
    assert spans(found) == [("2026-08-01", "2026-08-03"), ("2026-08-06", "2026-08-09")]
    assert found.done == 2
    assert spans(graph.backfill(4, 5)) == []
    assert spans(graph.backfill(1, 9, Which.ALL)) == [("2026-08-01", "2026-08-09")]


def test_a_backfill_leaves_what_failed_until_it_is_asked_for(graph: Graph):
    graph.broke("core")
    graph.run(2, 3)
    found = graph.backfill(1, 4)
    assert spans(found) == [("2026-08-01", "2026-08-01"), ("2026-08-04", "2026-08-04")]
    assert found.failed_left == 2
    assert spans(graph.backfill(1, 4, Which.FAILED)) == [("2026-08-02", "2026-08-03")]
    assert spans(graph.backfill(1, 4, Which.MISSING_OR_FAILED)) == [("2026-08-01", "2026-08-04")]


def test_a_backfill_goes_on_with_the_assets_that_lack_something(graph: Graph):
    assert graph.run(1, 3, "raw")
    [part] = graph.backfill(1, 3).ranges
    assert [key.path[-1] for key in part.assets] == ["core", "publish"]


def test_a_backfill_outside_the_partitions_is_refused(graph: Graph):
    with pytest.raises(ValueError, match="outside the configured partitions"):
        backfill_of(
            graph.instance,
            graph.graph,
            graph.settings,
            Window(START - timedelta(days=9), START),
            graph.graph.materializable_asset_keys,
            which=Which.MISSING,
            broken={},
        )
