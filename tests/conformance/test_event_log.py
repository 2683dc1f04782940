"""Dagster's own tests of an event log, from its source distribution, on ours."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
import pytest

from spotify_assets.instance.event_log import PooledSqliteEventLogStorage

if importlib.util.find_spec("dagster_tests") is None:
    pytest.skip("Dagster's tests are fetched by `make test-conformance`", allow_module_level=True)

# The package also imports its tests of a run storage, which need a package that Dagster does not publish.
_OF_RUNS = "dagster_tests.storage_tests.utils.run_storage"
sys.modules.setdefault(_OF_RUNS, ModuleType(_OF_RUNS))

from dagster_tests.storage_tests.utils.event_log_storage import (  # type: ignore[import-not-found]  # noqa: E402
    TestEventLogStorage as OfDagster,
)


class TestPooledEventLog(OfDagster):  # type: ignore[misc]
    """As Dagster tests its own SQLite event log, whose limits are ours."""

    __test__ = True

    @pytest.fixture
    def instance(self, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
        ours = {
            "event_log_storage": {
                "module": PooledSqliteEventLogStorage.__module__,
                "class": PooledSqliteEventLogStorage.__name__,
                "config": {"base_dir": str(tmp_path / "history" / "runs")},
            }
        }
        with dg.instance_for_test(temp_dir=str(tmp_path), overrides=ours) as made:
            yield made

    @pytest.fixture
    def storage(self, instance: dg.DagsterInstance) -> Any:
        found = instance.event_log_storage
        assert isinstance(found, PooledSqliteEventLogStorage)
        return found

    def supports_multiple_event_type_queries(self) -> bool:
        return False

    def can_wipe_asset_partitions(self) -> bool:
        return False
