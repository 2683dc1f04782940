"""The range backfill, raw files → listening events → daily metrics → features, by several engines.

    .venv/bin/python -m tests.benchmarks.backfill --events 1M [--days 100] [--engines script,assets,…]

Each engine runs in a process of its own over the same generated files, one after the other, in rounds. Time
is that of the work alone, start-up left out; memory is the peak of the process and its children. An engine
that passes the limit of memory, or takes `--patience` times as long as the script, is stopped and reported
as not finished. The tables that the engines make are compared row by row, all columns, through a checksum.
`--days` decides how large a day is; the default makes it a hundredth of the events, and at most 100,000.
"""

import argparse
import importlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import psutil  # type: ignore[import-untyped]

from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import Table
from tests.benchmarks.engines import COMPARED, ENGINES, OF_SEVERAL_SOURCES, PARQUET
from tests.benchmarks.lakes import FIRST, make_lake
from tests.benchmarks.reporting import report
from tests.benchmarks.watching import Cost, watch

ROOT = Path(__file__).parents[2]
OLDER_DUCKDB = Path(sys.prefix) / "duckdb-1.5"
"""Where `make bench` and `make test-duckdb-1.5` put the DuckDB that the stock IO manager can read."""
ROUNDED_TO = 9
"""Decimals to which fractions are compared: engines add up in different orders."""
SHORTEST_SECONDS = 120
"""No engine is stopped for its time before, whatever the script took: starting up alone takes a while."""
FEWEST_DAYS, MOST_EVENTS_A_DAY = 100, 100_000
_SIZES = {"K": 1_000, "M": 1_000_000}

Checksums = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Limits:
    """What an engine may take before it is stopped."""

    most_mb: float
    patience: float
    """Times the wall time of the script."""


@dataclass(frozen=True)
class Outcome:
    """What one engine came to; without figures, and with the reason, where it did not finish."""

    engine: str
    finished: bool
    why: str
    cost: Cost | None = None
    bookkeeping: Cost | None = None
    peak_mb: int | None = None
    tables: Checksums | None = None


def size(text: str) -> int:
    """A number of events such as `500K`, `10M` or `1000000`."""
    unit = _SIZES.get(text[-1:].upper())
    return int(float(text[:-1]) * unit) if unit else int(text)


def missing(engine: str) -> str:
    """What an engine needs that is not there, in words; empty where it can run."""
    if engine == "stock" and not OLDER_DUCKDB.is_dir():
        return f"no DuckDB 1.5 in {OLDER_DUCKDB.name}: run it through `make bench`"
    if engine in ("pandas", "spark"):
        package = "pyspark" if engine == "spark" else "pandas"
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed: run it through `make bench`"
    if engine == "spark" and not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        return "there is no Java"
    return ""


def run_engine(engine: str, data_dir: Path, days: int) -> dict[str, object]:
    """Run an engine in this process and say what it cost."""
    module = importlib.import_module(f"tests.benchmarks.engines.{engine}")
    settings = Settings(data_dir=data_dir, _env_file=None)
    cost = module.run(settings, Window(FIRST, FIRST + timedelta(days=days)))
    work, bookkeeping = cost if isinstance(cost, tuple) else (cost, None)
    return {"cost": vars(work), "bookkeeping": bookkeeping and vars(bookkeeping)}


def measure(engine: str, lake: Path, days: int, limits: Limits, script_seconds: float | None) -> Outcome:
    """Run one engine in a process and a folder of its own, and look at what it made."""
    if reason := missing(engine):
        return Outcome(engine, finished=False, why=reason)
    longest = max(SHORTEST_SECONDS, limits.patience * script_seconds) if script_seconds else float("inf")
    with tempfile.TemporaryDirectory(dir=lake.parent) as scratch:
        (Path(scratch) / "raw").symlink_to(lake / "raw")
        (Path(scratch) / "dagster").mkdir()
        command = [sys.executable, "-m", "tests.benchmarks.backfill"]
        command += ["--run", engine, "--data", scratch, "--days", str(days)]
        ended = watch(
            command, engine_environment(engine, Path(scratch)), most_mb=limits.most_mb, most_seconds=longest
        )
        if ended.stopped:
            return Outcome(engine, finished=False, why=ended.stopped, peak_mb=ended.peak_mb)
        if ended.returncode:
            last = ended.errors.strip().splitlines()[-1:] or [f"ended with {ended.returncode}"]
            return Outcome(engine, finished=False, why=last[0], peak_mb=ended.peak_mb)
        told = json.loads(ended.output.splitlines()[-1])
        bookkeeping = Cost(**told["bookkeeping"]) if told["bookkeeping"] else None
        tables = checksums(Path(scratch))
    return Outcome(engine, True, "", Cost(**told["cost"]), bookkeeping, ended.peak_mb, tables)


def engine_environment(engine: str, scratch: Path) -> dict[str, str]:
    """The variables of an engine's process, with nothing of the product's set from outside."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SPOTIFY_", "DAGSTER_"))}
    paths = [str(ROOT), *([str(OLDER_DUCKDB)] if engine == "stock" else [])]
    return {**own, "DAGSTER_HOME": str(scratch / "dagster"), "PYTHONPATH": os.pathsep.join(paths)}


def checksums(data_dir: Path) -> Checksums:
    """Rows and an order-free checksum over all columns of each table that an engine left."""
    warehouse = Settings(data_dir=data_dir, _env_file=None).warehouse_path
    with duckdb.connect() as connection:
        if warehouse.exists():
            connection.execute(f"attach '{warehouse}' as made (read_only)")
        return {table.full_name: _checksum(connection, table, data_dir) for table in COMPARED}


def _checksum(connection: duckdb.DuckDBPyConnection, table: Table, data_dir: Path) -> tuple[int, int]:
    files = data_dir / PARQUET / table.full_name
    source = f"read_parquet('{files}/*.parquet')" if files.exists() else f"made.{table.full_name}"
    columns = [
        f"round({column.name}::double, {ROUNDED_TO})"
        if column.type == "DOUBLE"
        else f"{column.name}::{column.type}"
        for column in table.columns
        if column.name not in OF_SEVERAL_SOURCES
    ]
    query = f"select count(*), coalesce(sum(hash({', '.join(columns)})::hugeint), 0) from {source}"
    [(rows, checksum)] = connection.execute(query).fetchall()
    return rows, checksum


def compare(lake: Path, days: int, engines: Sequence[str], rounds: int, limits: Limits) -> list[Outcome]:
    """Every engine in every round, the script first: its time is what the others' patience is measured by."""
    outcomes: list[Outcome] = []
    for _ in range(rounds):
        for engine in sorted(engines, key=list(ENGINES).index):
            script = [o.cost.seconds for o in outcomes if o.engine == "script" and o.cost]
            outcome = measure(engine, lake, days, limits, min(script) if script else None)
            print(f"  {engine}: {_told(outcome)}", file=sys.stderr, flush=True)
            outcomes.append(outcome)
    return outcomes


def _told(outcome: Outcome) -> str:
    if outcome.cost is None:
        return f"did not finish: {outcome.why}"
    return f"{outcome.cost.seconds:.1f} s, {outcome.cost.cpu_seconds:.1f} s of processor time"


def as_rows(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    """One row per engine: its round with the least processor time, beside that of the script."""
    best: dict[str, Outcome] = {}
    for outcome in outcomes:
        known = best.get(outcome.engine)
        if known is None or known.cost is None or (outcome.cost and _cpu(outcome) < _cpu(known)):
            best[outcome.engine] = outcome
    script = best.get("script")
    return [_row(outcome, script, best) for outcome in best.values()]


def _cpu(outcome: Outcome) -> float:
    return outcome.cost.cpu_seconds if outcome.cost else float("inf")


def _row(outcome: Outcome, script: Outcome | None, best: Mapping[str, Outcome]) -> dict[str, object]:
    cost, books = outcome.cost, outcome.bookkeeping
    yardstick = script.cost if script else None

    def times_script(own: float, apart: float, of_script: float) -> float:
        return round((own - apart) / of_script, 2)

    both = cost is not None and yardstick is not None
    first = next((each.tables for each in best.values() if each.tables), None)
    return {
        "engine": outcome.engine,
        "seconds": cost and round(cost.seconds, 2),
        "CPU seconds": cost and round(cost.cpu_seconds, 2),
        "bookkeeping": books and round(books.seconds, 2),
        "× script": times_script(cost.seconds, books.seconds if books else 0, yardstick.seconds)
        if cost and yardstick
        else None,
        "× script, CPU": times_script(
            cost.cpu_seconds, books.cpu_seconds if books else 0, yardstick.cpu_seconds
        )
        if both and cost and yardstick
        else None,
        "peak MB": outcome.peak_mb,
        "result": ("equal" if outcome.tables == first else "DIFFERENT")
        if outcome.finished
        else f"did not finish: {outcome.why}",
        "_bookkeeping_cpu_seconds": books and round(books.cpu_seconds, 2),
        "_tables": outcome.tables,
    }


def ratios(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The assets' least processor time by that of each other engine that finished."""
    least = {
        name: min((_cpu(o) for o in outcomes if o.engine == name and o.finished), default=None)
        for name in ENGINES
    }
    own = least.pop("assets", None)
    return {f"assets / {name}, processor time": own / it for name, it in least.items() if own and it}


def main() -> None:
    """Measure, print the table, and end with 1 where engines disagree."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=size, default=1_000_000)
    parser.add_argument("--days", type=int, help="over which the events are spread")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--engines", default=",".join(ENGINES), help="of: %(default)s")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "listening-bench")
    most = round(0.9 * psutil.virtual_memory().total / 1024**3, 1)
    parser.add_argument("--memory-gb", type=float, default=most, help="stop an engine that takes more")
    parser.add_argument("--patience", type=float, default=20, help="stop an engine after × the script's time")
    parser.add_argument("--run", choices=ENGINES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(run_engine(arguments.run, arguments.data, arguments.days)))
        return
    engines = arguments.engines.split(",")
    if unknown := set(engines) - set(ENGINES):
        parser.error(f"no such engine: {', '.join(sorted(unknown))}")
    days = arguments.days or max(FEWEST_DAYS, arguments.events // MOST_EVENTS_A_DAY)
    lake = arguments.data / f"{arguments.events}-{days}"
    make_lake(lake, arguments.events, days)
    limits = Limits(arguments.memory_gb * 1024, arguments.patience)
    outcomes = compare(lake, days, engines, arguments.rounds, limits)
    rows = as_rows(outcomes)
    facts = {"events": arguments.events, "days": days, "rounds": arguments.rounds}
    notes = [f"{name}: {ENGINES[name]}" for name in ENGINES if name in engines]
    notes.append("`bookkeeping` is Dagster's own share of the seconds, left out of both × script")
    report(f"backfill-{arguments.events}-{days}", facts, rows, notes, ratios(outcomes))
    if any(row["result"] == "DIFFERENT" for row in rows):
        sys.exit("engines disagree: see _tables in the JSON")


if __name__ == "__main__":
    main()
