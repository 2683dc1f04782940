"""The calls that were made to services: read beside the published copy, as new as the daemon's last look."""

from pathlib import Path

import polars as pl

from spotify_assets.warehouse.calls import COLUMNS, read_calls


def api_calls(processed_dir: Path) -> pl.DataFrame:
    """Calls to services by UTC `day` and `purpose`, the newest first.

    `begun`, and of them `answered`, `not_there`, `told_to_wait` (429) and `failed`; `saved` were not needed.

    Raises:
        WarehouseError: the file beside the published copy is none of ours.
    """
    kinds = {name: pl.String() if name in ("day", "purpose") else pl.Int64() for name in COLUMNS}
    rows = pl.DataFrame(read_calls(processed_dir), schema=kinds)
    return rows.with_columns(pl.col("day").str.to_date())
