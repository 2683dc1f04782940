"""One run that tells its parts apart: making slices, committing them, and all else. Prints JSON.

    python -m tests.benchmarks.scale_run backfill|everything FIRST-DAY DAYS

The settings come from the environment. In a process that makes its slices itself, making is what is between
two commits of a part; elsewhere it ends before the first. Used by `scale`.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

import dagster as dg

from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import Table
from spotify_assets.warehouse.door import Warehouse, warehouse_of
from spotify_assets.warehouse.io_manager import Storage
from spotify_assets.warehouse.making import Maker, Part
from spotify_assets.warehouse.on_spark import maker_of
from spotify_assets.warehouse.slices import Slices
from tests.benchmarks.engines.assets import product
from tests.benchmarks.watching import Cost, measured


@dataclass
class Timed:
    """Another maker, and what its work costs in this process."""

    maker: Maker
    making: Cost = field(default_factory=Cost)
    committing: Cost = field(default_factory=Cost)
    parts_made: int = 0

    @contextmanager
    def parts(self, slices: Slices, table: Table, warehouse: Warehouse) -> Iterator[Iterable[Part]]:
        """Those of the other."""
        made_before, all_of_it = Cost(**asdict(self.making)), Cost()
        with _added(all_of_it), ExitStack() as stack:
            with _added(self.making):
                parts = stack.enter_context(self.maker.parts(slices, table, warehouse))
            yield self._each(parts)
        for name in ("seconds", "cpu_seconds"):
            made = getattr(self.making, name) - getattr(made_before, name)
            spent = getattr(self.committing, name) + getattr(all_of_it, name) - made
            setattr(self.committing, name, spent)

    def reads(self, warehouse: Warehouse) -> Warehouse:
        """As the other does."""
        return self.maker.reads(warehouse)

    def _each(self, parts: Iterable[Part]) -> Iterator[Part]:
        left = iter(parts)
        while True:
            with _added(self.making):
                part = next(left, None)
            if part is None:
                return
            self.parts_made += 1
            yield part


@contextmanager
def _added(total: Cost) -> Iterator[None]:
    with measured() as cost:
        yield
    total.seconds += cost.seconds
    total.cpu_seconds += cost.cpu_seconds


def main() -> None:
    """Run, and print what it cost."""
    what, first, days = sys.argv[1], date.fromisoformat(sys.argv[2]), int(sys.argv[3])
    settings = Settings()
    timed = Timed(maker_of(settings))
    storage = Storage(warehouse_of(settings), maker=timed)
    window = Window(first, first + timedelta(days=days))
    resources = {"warehouse": dg.IOManagerDefinition.hardcoded_io_manager(storage)}
    with product(settings, resources) as made:
        if what == "backfill":
            made.clean_catalogue()
            timed.making, timed.committing, timed.parts_made = Cost(), Cost(), 0
        run = getattr(made, what)(window)
    told = {"run": run, "making": timed.making, "committing": timed.committing}
    print(json.dumps({name: asdict(cost) for name, cost in told.items()} | {"parts": timed.parts_made}))


if __name__ == "__main__":
    main()
