"""The product's own assets, by Dagster, with the catalogue's rules checked on every slice."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import dagster as dg

from spotify_assets.automation.runs import run as run_job
from spotify_assets.definitions import build_defs
from spotify_assets.instance.home import instance_of
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from tests.benchmarks.engines import COMPARED
from tests.benchmarks.lakes import FIRST
from tests.benchmarks.watching import Cost, measured
from tests.instance.range_assets import ASSETS, materialize_range

CATALOGUE, BACKFILL = "clean_catalogue", "backfill"


class Product:
    """The product's definitions over one data folder, with jobs that only write.

    Rows are checked by the catalogue's rules before they are written; the asset checks, which look at what is
    stored once more, are no part of the jobs.
    """

    def __init__(
        self, settings: Settings, instance: dg.DagsterInstance, resources: Mapping[str, Any] | None = None
    ) -> None:
        self._settings, self._instance = settings, instance
        definitions = build_defs(settings, resources)
        tracks = definitions.get_assets_def(dg.AssetKey(["core", "tracks"])).keys
        tables = [dg.AssetKey([table.schema, table.name]) for table in COMPARED]
        selected = {
            CATALOGUE: [dg.AssetKey(["raw", "raw_tracks"]), *tracks],
            BACKFILL: [dg.AssetKey(["raw", "raw_events"]), *tables],
        }
        jobs = [
            dg.define_asset_job(name, selection=dg.AssetSelection.assets(*keys).without_checks())
            for name, keys in selected.items()
        ]
        self._definitions = dg.Definitions.merge(definitions, dg.Definitions(jobs=jobs))

    def clean_catalogue(self) -> None:
        """Make `core.tracks` of the lake's catalogue."""
        self._run(CATALOGUE, Window(FIRST, FIRST + timedelta(days=1)))

    def backfill(self, window: Window) -> Cost:
        """Raw events up to the features, in one run."""
        with measured() as cost:
            self._run(BACKFILL, window)
        return cost

    def everything(self, window: Window) -> Cost:
        """The whole graph with its checks, in one run."""
        with measured() as cost:
            outcome = run_job(self._definitions, self._instance, self._settings, "everything", window=window)
        assert not outcome.failures, outcome.failures
        return cost

    def bookkeeping(self, days: int) -> Cost:
        """What Dagster itself costs for as many assets and partitions as a backfill has, without any data."""
        with measured() as cost:
            last = FIRST + timedelta(days=days - 1)
            assert materialize_range(self._instance, str(FIRST), str(last)).success
        share = (1 + len(COMPARED)) / len(ASSETS)
        return Cost(cost.seconds * share, cost.cpu_seconds * share)

    def _run(self, job: str, window: Window) -> None:
        outcome = run_job(self._definitions, self._instance, self._settings, job, window=window)
        assert outcome.success, outcome.failures
        assert not outcome.checks


@contextmanager
def product(settings: Settings, resources: Mapping[str, Any] | None = None) -> Iterator[Product]:
    """The product on an instance of its own, with other resources where they are given."""
    with instance_of(settings) as instance:
        yield Product(settings, instance, resources)


def run(settings: Settings, window: Window) -> tuple[Cost, Cost]:
    """One run over the window; and, apart, what bookkeeping is of it."""
    with product(settings) as made:
        made.clean_catalogue()
        return made.backfill(window), made.bookkeeping(len(window.days()))
