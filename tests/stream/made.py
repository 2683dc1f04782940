"""Batches made without Kafka."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from spotify_assets.lake.batches import Origin
from spotify_assets.lake.events import EventLake
from spotify_assets.rows.window import Window
from spotify_assets.sources.messages import judge
from spotify_assets.stream.batching import OpenBatch

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ORIGIN = Origin("listening", "Topic-Id_1", 3)
DAY = date(2026, 11, 29)


def batch(
    start: int, *values: bytes | None, origin: Origin = ORIGIN, kept_out: frozenset[str] = frozenset()
) -> OpenBatch:
    """A batch of these messages, which the broker got at noon."""
    opened = OpenBatch(origin, start, start, kept_out=kept_out)
    for offset, value in enumerate(values, start=start):
        opened.add(judge(value, NOW), value, offset, round(NOW.timestamp() * 1000))
    return opened


def play(user: str, hour: int = 10, **fields: Any) -> bytes:
    """A playback that ended at an hour of the day."""
    return json.dumps({"user_id": user, "ended_at": f"{DAY}T{hour:02d}:30:00Z", **fields}).encode()


def read(lake_dir: Path) -> pl.DataFrame:
    """The rows of the day and those around it."""
    return EventLake(lake_dir).read(Window(DAY - timedelta(days=2), DAY + timedelta(days=2))).rows


def refused(lake_dir: Path) -> list[tuple[str, int, str]]:
    """File, row and reason of the refused messages of the day."""
    found = EventLake(lake_dir).read(Window(DAY, DAY + timedelta(days=1))).rejected
    return found.select("source_file", "source_row", "reason").sort("source_row").rows()
