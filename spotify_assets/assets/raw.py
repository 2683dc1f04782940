"""Raw layer: what lies in the lake, as tables. Not here: judging rows (core)."""

from collections.abc import Callable, Generator, Sequence
from datetime import date

import dagster as dg
import polars as pl

from spotify_assets import places
from spotify_assets.assets.spec import FIRST, IO_MANAGER, about, made_anywhere, partitioned, pool_of
from spotify_assets.lake import layout
from spotify_assets.lake.events import EventLake
from spotify_assets.lake.receipts import as_found, read_receipts, receipts_frame, rejected_at_landing
from spotify_assets.lake.unreadable import naming_all
from spotify_assets.partitions import windows
from spotify_assets.places import Place
from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.share import WHOLE, Share
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.sources.landed import read_landed
from spotify_assets.tables import IMPORT_RECEIPTS, RAW_EVENTS, RAW_TRACKS
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.io_manager import Storage
from spotify_assets.warehouse.pruning import prune
from spotify_assets.warehouse.slices import Slices, each_alone, joined, too_large


def raw_assets(settings: Settings, begins: Callable[[], date]) -> list[dg.AssetsDefinition]:
    """The assets that read the lake.

    `begins` says where partitions begin by what the lake has now: rows before that leave every table first.
    """
    lake_dir = settings.lake

    @dg.asset(**made_anywhere(RAW_TRACKS), **partitioned(settings), io_manager_key=IO_MANAGER, op_tags=FIRST)
    def raw_tracks(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Storage]) -> Slices:
        _prune(context, warehouse.door, begins())
        days = windows(context)
        snapshots = each_alone(layout.landed_snapshots(lake_dir))

        def read(window: Window) -> Cleaned:
            left = Window(window.start, joined(days).end)
            with naming_all(RAW_TRACKS, lake_dir, lambda: track_files(lake_dir, left)):
                return landed_tracks(settings, window)

        return Slices.of(
            days,
            read,
            rows=snapshots,
            files=lambda window: _names(lake_dir, track_files(lake_dir, window)),
        )

    @dg.asset(**made_anywhere(RAW_EVENTS), **partitioned(settings), io_manager_key=IO_MANAGER, op_tags=FIRST)
    def raw_events(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Storage]) -> Slices:
        _prune(context, warehouse.door, begins())
        lake, days = EventLake(lake_dir), windows(context)
        rows = lake.expected_rows(joined(days))
        shared = too_large(rows) and lake.has_files_for_themselves(joined(days))

        def read(window: Window, share: Share = WHOLE) -> Cleaned:
            left = Window(window.start, joined(days).end)
            with naming_all(RAW_EVENTS, lake_dir, lambda: lake.files(left)):
                return lake.read(window) if share == WHOLE else lake.read_share(window, share)

        def read_shares(window: Window, of: int) -> Generator[Cleaned, None, None]:
            return (read(window, Share(number, of)) for number in range(of))

        return Slices.of(
            days,
            read,
            rows=rows,
            files=lambda window: _names(lake_dir, lake.files(window)),
            make_shares=read_shares if shared else None,
        )

    @dg.asset(**about(IMPORT_RECEIPTS), pool=pool_of(settings), io_manager_key=IO_MANAGER)
    def import_receipts() -> pl.DataFrame:
        return receipts_frame(as_found(lake_dir, read_receipts(lake_dir)))

    return [raw_tracks, raw_events, import_receipts]


def _prune(context: dg.AssetExecutionContext, warehouse: Warehouse, start: date) -> None:
    """Take what lies before the partitions out of the tables; the first step of a run that reads the lake."""
    for name, rows in prune(warehouse, start).items():
        context.log.info(f"{name}: {rows:,} rows before {start} left the table.")


def _names(lake_dir: Place, files: Sequence[Place]) -> list[str]:
    return [places.within(path, lake_dir) for path in files]


def track_files(lake_dir: Place, window: Window) -> list[Place]:
    """The catalogue files of a window's snapshots."""
    return [p for day in window.days() for p in layout.landed_files(layout.tracks_dir(lake_dir, day))]


def landed_tracks(settings: Settings, window: Window) -> Cleaned:
    """The catalogue rows of a window's snapshots, beside those that landing refused."""
    days = window.days()
    landed = read_landed(track_files(settings.lake, window), RAW_TRACKS, settings.lake)
    receipts = [receipt for receipt in read_receipts(settings.lake) if receipt.snapshot_date in days]
    refused = rejected_at_landing(receipts, settings.lake)
    return Cleaned(
        rows=landed.rows,
        rows_in=landed.rows_in + refused.height,
        rejected=pl.concat([landed.rejected, refused]),
    )
