"""One fuzzed input through the real import, and what must hold afterwards whatever the input was."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl

from spotify_assets.lake import layout
from spotify_assets.lake.importing import ImportOptions, import_path
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.sources.errors import SourceError
from tests.fuzz.mutate import Fuzzed

TODAY = date(2026, 1, 1)
DECLARED = (SourceError,)
"""What importing may raise for a file that exists and a lake that can be written."""


def check(fuzzed: Fuzzed, folder: Path) -> str:
    """Import into a lake of its own; returns the outcomes of its files, sorted.

    Raises:
        AssertionError: something does not hold.
        Exception: whatever the import raised but must not.
    """
    shutil.rmtree(folder, ignore_errors=True)
    path, lake_dir = folder / "in" / fuzzed.name, folder / "lake"
    path.parent.mkdir(parents=True)
    path.write_bytes(fuzzed.content)
    try:
        handed = list(import_path(path, lake_dir, ImportOptions("me", TODAY)))
    except DECLARED:
        handed = []
    assert path.read_bytes() == fuzzed.content, "the file that was handed in was changed"
    assert {each.name for each in folder.iterdir()} <= {"in", "lake"}, "something was written elsewhere"
    _nothing_half_landed(lake_dir)
    outcomes = sorted({str(file.outcome) for each in handed for file in each.files})
    return ", ".join(outcomes) or "raised"


def _nothing_half_landed(lake_dir: Path) -> None:
    receipts = read_receipts(lake_dir)
    landed: dict[str, int] = {}
    for receipt in receipts:
        assert receipt.reconciles, f"the receipt does not add up: {receipt}"
        rows = 0
        for name in receipt.landed_files:
            height = pl.read_parquet(lake_dir / name, hive_partitioning=False).height
            assert height > 0, f"{name} is empty"
            landed[name] = height
            rows += height
        assert rows == receipt.loaded, f"{rows} rows landed, {receipt.loaded} on the receipt"
    data = {
        file.relative_to(lake_dir).as_posix()
        for root in (layout.TRACKS, layout.EVENTS)
        for file in (lake_dir / root).rglob("*")
        if file.is_file()
    }
    assert data == set(landed), f"files without a receipt: {sorted(data - set(landed))}"
    leftovers = [
        file.name
        for file in lake_dir.rglob("*")
        if file.name.endswith(".tmp") or file.name.startswith(".landing-")
    ]
    assert not leftovers, f"unfinished files are left: {leftovers}"
