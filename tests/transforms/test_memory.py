"""What a slice was made from is freed with it: hundreds of slices follow one another in a process."""

import gc
from collections.abc import Iterator
from datetime import date

import polars as pl
import pytest

from spotify_assets.tables import TRACKS
from spotify_assets.transforms.events import listening_events
from spotify_assets.transforms.features import model_features
from spotify_assets.transforms.metrics import daily_track_metrics
from tests.transforms.before import Before
from tests.transforms.events import playback, raw_events

DAY_BEFORE = raw_events(playback("e0", "2025-02-28 23:50"))
SLICE = raw_events(playback("e1", "2025-03-01 00:01"), playback("e2", "2025-03-01 00:05"))
DAY_AFTER = raw_events(playback("e3", "2025-03-02 00:01"))


@pytest.fixture
def _collecting_only_when_asked() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


def kept_alive_by_cycles() -> list[pl.DataFrame]:
    """The frames that nobody needs any more and that only the garbage collector would free."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    return [thing for thing in gc.garbage if isinstance(thing, pl.DataFrame)]


@pytest.mark.usefixtures("_collecting_only_when_asked")
@pytest.mark.parametrize("sources", ["one", "several"])
def test_no_frame_of_a_slice_outlives_it(sources: str) -> None:
    cleaned = listening_events(
        SLICE,
        read_raw_before=lambda _: DAY_BEFORE,
        tracks=TRACKS.empty().select("track_id", "snapshot_date", "duration_ms"),
        read_raw_after=(lambda _: DAY_AFTER) if sources == "several" else None,
    )
    assert cleaned.rows.height == SLICE.height
    before = Before(cleaned.rows.clear(), date(2025, 3, 1))
    assert model_features(cleaned.rows, before, TRACKS.empty()).height == SLICE.height
    assert daily_track_metrics(cleaned.rows).height == 1
    del cleaned, before
    assert kept_alive_by_cycles() == []
