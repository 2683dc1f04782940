"""A run of its own process, by the executor of the settings: some days of one asset.

python -m tests.cluster.launched SCHEMA.TABLE FIRST-DAY LAST-DAY
"""

import sys

import dagster as dg

from spotify_assets.definitions import build_defs
from spotify_assets.instance.home import instance_of
from spotify_assets.settings import Settings


def everything() -> dg.JobDefinition:
    """The job of all assets, as the settings of the environment have it."""
    return build_defs(Settings()).resolve_job_def("everything")


def main() -> None:
    """Run it; end with 1 where it failed."""
    table, first, last = sys.argv[1:]
    days = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    with (
        instance_of(Settings()) as instance,
        dg.execute_job(
            dg.reconstructable(everything),
            instance,
            asset_selection=[dg.AssetKey(table.split("."))],
            tags=days,
        ) as result,
    ):
        sys.exit(not result.success)


if __name__ == "__main__":
    main()
