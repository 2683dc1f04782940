"""What is broken now: partitions whose last run failed, checks that fail, layers that are late.

The one truth about it: the command line, backfills of what failed, the dashboard and the alerts read it here.
Everything is read from the instance, so it opens no table and waits for no run. A run under way decides
nothing: what failed before stays broken until the run that repairs it has ended.

Here belongs: telling what is broken from what was and is mended. Not here: how it is printed (`cli`), sent
(`alerts`) or made again (`backfills`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import dagster as dg

from spotify_assets.automation.accounts import account_problems
from spotify_assets.automation.failed_runs import failed_partitions
from spotify_assets.automation.failing_checks import failing_checks
from spotify_assets.automation.outline import Graph
from spotify_assets.automation.problem import Problem, some
from spotify_assets.automation.runs import release_killed_runs
from spotify_assets.automation.step_times import tell_step_times
from spotify_assets.automation.stream_lag import CHECK_PROBLEM, stream_problems
from spotify_assets.instance.records import late_assets
from spotify_assets.lake.receipts import missing_files, read_receipts
from spotify_assets.places import Place
from spotify_assets.settings import Settings
from spotify_assets.warehouse.incidents import Incident, write_incidents

CHECKS_FAILED = "failed with ERROR severity"
"""What Dagster says of a run that blocking checks stopped, before their names."""
DBT_TEST_FAILED = re.compile(r"test (?P<name>\S+) of (?P<model>\S+): fails for ")
"""What dbt's step says of a test (`assets.dbt_failures`)."""


def look(settings: Settings, instance: dg.DagsterInstance, graph: Graph) -> list[Problem]:
    """Everything that is broken now, told to the readers of the published copy as well.

    Runs whose process was killed are ended first.
    """
    release_killed_runs(instance, settings.dagster_home)
    found = [problem for problem in problems(instance, graph) if problem.key != CHECK_PROBLEM]
    found += [*incomplete_imports(settings.lake), *stream_problems(settings), *account_problems(settings)]
    write_incidents(settings.processed_dir, [_as_incident(problem) for problem in found])
    tell_step_times(settings, instance)
    return found


def problems(instance: dg.DagsterInstance, graph: Graph) -> list[Problem]:
    """Everything that is broken by what has ended: failed runs first, then checks, then what is late."""
    return [
        *_stopped_by_checks(failed_partitions(instance, graph), failing_checks(instance, graph)),
        *late_layers(instance, graph),
    ]


def _stopped_by_checks(runs: Sequence[Problem], checks: Sequence[Problem]) -> Iterator[Problem]:
    """What runs left unmade, then the failing checks; a run that checks stopped is one problem with them."""
    told: set[str] = set()
    for run in runs:
        named = _checks_that_stopped(run)
        left = [check for check in checks if check.blocks and check.key not in told]
        stopping = [check for check in left if named & _called(check)]
        told |= {check.key for check in stopping}
        yield _with_checks(run, stopping) if stopping else run
    yield from (check for check in checks if check.key not in told)


def _called(check: Problem) -> set[tuple[str, str]]:
    """The table and name of a check, as Dagster and as dbt call the table."""
    _, table, name = check.key.split(":")
    return {(table, name), (table.rpartition("/")[2], name)}


def _checks_that_stopped(run: Problem) -> set[tuple[str, str]]:
    """The tables and names of the checks for which alone a run says it failed, dbt's tests among them."""
    _, of_dagster, named = run.detail.partition(CHECKS_FAILED)
    if of_dagster:
        tables = re.findall(r"(\S+): (\S+)", named)
        return {(table, name) for table, names in tables for name in names.split(",")}
    tests = [DBT_TEST_FAILED.match(said) for said in run.detail.split("; ")]
    return {(test["model"], test["name"]) for test in tests if test} if all(tests) else set()


def _with_checks(run: Problem, checks: Sequence[Problem]) -> Problem:
    """A run that checks stopped: by their words, with all that it left unmade and that they judged."""
    unmade = dict(run.unmade)
    for check in checks:
        for key, partitions in check.unmade.items():
            unmade[key] = unmade.get(key, frozenset()) | partitions
    others = [f"{check.title}: {check.detail}" for check in checks[1:]]
    return replace(
        run,
        key="\n".join(check.key for check in checks),
        title=checks[0].title,
        detail="; ".join([checks[0].detail, *others]),
        assets=tuple(sorted({*run.assets, *(asset for check in checks for asset in check.assets)})),
        unmade=unmade,
    )


def _as_incident(problem: Problem) -> Incident:
    return Incident(
        kind=problem.kind,
        title=problem.title,
        detail=problem.detail,
        assets=problem.assets,
        partitions=problem.partitions,
        run_id=problem.run_id,
        blocks=problem.blocks,
    )


def incomplete_imports(lake_dir: Place) -> list[Problem]:
    """The imports of which landed files are no longer in the lake; their rows leave the tables.

    A receipt that cannot be read is a problem as well, and keeps no other one from being told.
    """
    try:
        receipts = {receipt.receipt_id: receipt for receipt in read_receipts(lake_dir)}
    except ValueError as error:
        return [
            Problem("receipts", "import", "A receipt cannot be read", str(error), ("ops/import_receipts",))
        ]
    return [
        Problem(
            key=f"import:{receipt_id}",
            kind="import",
            title=f"Files of import {receipt_id} ({receipts[receipt_id].input_file}) are missing",
            detail=f"{some(names)}: import the file again, or take out the rest with spotify-assets import "
            f"--undo {receipt_id}",
            assets=(receipts[receipt_id].target.replace(".", "/"),),
            blocks=False,
        )
        for receipt_id, names in missing_files(lake_dir, list(receipts.values())).items()
    ]


def late_layers(instance: dg.DagsterInstance, graph: Graph) -> list[Problem]:
    """The layers of which an asset is later than its freshness policy allows, by the daemon's judgement."""
    late: dict[str, list[str]] = {}
    for key in late_assets(instance, sorted(graph.materializable_asset_keys)):
        late.setdefault(str(graph.get(key).group_name), []).append(key.to_user_string())
    return [
        Problem(
            key=f"late:{layer}",
            kind="late",
            title=f"Layer {layer} is late",
            detail=f"{some(assets)}: nothing new for longer than the freshness policy allows",
            assets=tuple(assets),
            blocks=False,
        )
        for layer, assets in late.items()
    ]
