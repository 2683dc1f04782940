"""Where slices are made: on Spark, all of them before anything is written.

Each task calls what the asset gave (`Slices.make`) on one group of windows, reads one pinned state of the
warehouse, and stages what it made (`staged`). Spark does a task again that died or is slow; nothing here
schedules anything. A refusal is an answer and no error, so that it is not tried again.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from spotify_assets import places
from spotify_assets.places import Place
from spotify_assets.rows.tally import TALLY
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import Table
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.errors import SliceRefusedError, WarehouseError
from spotify_assets.warehouse.making import InProcess, Maker, Part
from spotify_assets.warehouse.slices import Slices
from spotify_assets.warehouse.staged import Staged, Staging, remove_abandoned, signed_by, stage
from spotify_assets.warehouse.stalled import ended_when_stalled

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

TASKS_PER_CORE = 2
"""Groups of windows for each core, at least, as far as there are windows: the last tasks end together."""
_ANSWER = "answer string"


@dataclass(frozen=True)
class OnSpark:
    """Spark at an address: `local[4]`, `spark://…`, `yarn`, `k8s://…`, or `sc://…` for Spark Connect.

    `folder` is where files are staged for a warehouse that does not say where it takes them. `wait_seconds`
    is how long Spark may run no task of a table before that is an error.
    """

    master: str
    folder: Place
    wait_seconds: float = 900.0

    @contextmanager
    def parts(self, slices: Slices, table: Table, warehouse: Warehouse) -> Iterator[Iterable[Part]]:
        """The parts, all made and audited; what was staged beside them is removed in the end.

        Raises:
            SliceRefusedError: a slice was refused where it was made.
            WarehouseError: Spark gave up.
        """
        taking = warehouse.takes_files_in(table)
        staging, adopt = Staging(taking or self.folder), warehouse.adopt if taking else None
        if taking is None:  # a lakehouse is looked after by `upkeep`
            remove_abandoned(self.folder)
        try:
            signed = signed_by(self._answers(slices, table, staging))
        except BaseException:
            places.remove(staging.files())
            raise
        TALLY.read += sum(each.rows_read for each in signed)
        yield [Staged(each, staging, table, adopt) for each in signed]
        # Only now, when all is committed: after an error at the commit nobody knows whether it was.
        taken = {each.files["rows"][0] for each in signed if adopt and "rows" in each.files}
        places.remove(file for file in staging.files() if file.name not in taken)

    def reads(self, warehouse: Warehouse) -> Warehouse:
        """As it is now, whatever is written while tasks read it."""
        return warehouse.pinned()

    def _answers(self, slices: Slices, table: Table, staging: Staging) -> list[dict[str, Any]]:
        if not slices.groups:
            return []
        session = session_of(self.master)
        groups = spread(slices.groups, TASKS_PER_CORE * _cores(session))
        make = task(replace(slices, groups=groups), table, staging)
        numbers = session.range(0, len(groups), 1, len(groups))
        try:
            with ended_when_stalled(session, self.wait_seconds) as stalled:
                rows = numbers.mapInArrow(make, _ANSWER).collect()
        except Exception as error:
            failure = self._failure(error, table, session, stalled=stalled())
            if failure is None:
                raise
            raise failure from error
        answers = [json.loads(row["answer"]) for row in rows]
        if refused := [answer["refused"] for answer in answers if "refused" in answer]:
            raise SliceRefusedError(min(refused))
        return answers

    def _failure(
        self, error: Exception, table: Table, session: "SparkSession", *, stalled: bool
    ) -> WarehouseError | None:
        """What an error of Spark becomes; None for any other, which stays what it is."""
        from pyspark.errors import PySparkException  # noqa: PLC0415

        if stalled:
            session.stop()  # the next table asks the master anew
            return WarehouseError(
                f"{table.full_name}: Spark has run no task for {self.wait_seconds:,.0f} seconds: it has no "
                "executors for this run, or its master has given the run up. Nothing was written; start the "
                "run again, or let it wait longer (SPOTIFY_SPARK_WAIT_SECONDS)."
            )
        if not isinstance(error, PySparkException):
            return None
        said = [line for line in str(error).splitlines() if line.strip()]
        return WarehouseError(f"{table.full_name}: Spark gave up ({said[-1][:300]})")


def maker_of(settings: Settings) -> Maker:
    """Where the settings say that slices are made."""
    if settings.spark_master is None:
        return InProcess()
    return OnSpark(settings.spark_master, settings.staging, settings.spark_wait_seconds)


def task(
    slices: Slices, table: Table, staging: Staging
) -> "Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]":
    """What Spark calls with numbers of groups: it answers with what was signed, as JSON."""

    def make(batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        import pyarrow  # noqa: PLC0415 on the machine of the task

        for batch in batches:
            for number in batch.column(0).to_pylist():
                one = replace(slices, groups=(slices.groups[number],), files=None)
                yield pyarrow.RecordBatch.from_pydict({"answer": [json.dumps(_answer(one, table, staging))]})

    return make


def _answer(slices: Slices, table: Table, staging: Staging) -> dict[str, Any]:
    try:
        return {"signed": [signed.to_json() for signed in stage(slices, table, staging)]}
    except SliceRefusedError as refused:
        return {"refused": str(refused)}


def spread(groups: Sequence[tuple[Window, ...]], wanted: int) -> tuple[tuple[Window, ...], ...]:
    """The same windows in at least so many groups, as far as there are windows; the longest are cut first."""
    found = list(groups)
    while len(found) < wanted and (longest := max(found, key=len, default=())) and len(longest) > 1:
        at, half = found.index(longest), len(longest) // 2
        found[at : at + 1] = [longest[:half], longest[half:]]
    return tuple(found)


def session_of(master: str) -> "SparkSession":
    """The session of this process with a cluster, a new one where the last was stopped.

    Raises:
        WarehouseError: PySpark is missing.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 of the extra `spark`
    except ImportError:
        raise WarehouseError("slices on Spark: pip install 'spotify-assets[spark]'") from None
    # The workers have the same environment under the same path, unless the variable says otherwise.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("spotify-assets")
    builder = builder.remote(master) if master.startswith("sc://") else builder.master(master)
    return builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()


def _cores(session: "SparkSession") -> int:
    """How many tasks run together; Spark Connect does not tell."""
    try:
        return int(session.sparkContext.defaultParallelism)
    except Exception:  # noqa: BLE001 of Connect, each version raises another one
        return 8
