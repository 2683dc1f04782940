"""Machine-like plays: streams cut just above what pays, and listening that never sleeps."""

from datetime import timedelta

import polars as pl

from spotify_assets.insight.unusual.marks import APART, in_runs, marks, silence, span

KIND = "machine_like"
JUST_ABOVE_MS = (30_000, 36_000)
"""Milliseconds heard of a playback that ends as soon as it counts as a stream (30 s)."""
AT_ONCE = timedelta(seconds=60)
IN_A_ROW = 20
NO_SLEEP = timedelta(hours=20)
"""Listening without half an hour of silence: a shop's loudspeaker, or a machine."""


def cut_streams(plays: pl.DataFrame) -> pl.DataFrame:
    """The marks of runs of at least `IN_A_ROW` playbacks that end just after they became streams."""
    cut = plays.with_columns(_cut=pl.col("ms_played").is_between(*JUST_ABOVE_MS))
    runs = in_runs(cut, pl.col("_cut").ne_missing(pl.col("_cut").shift(1)), silence() > AT_ONCE)
    return marks(runs.filter("_cut", pl.len().over("run") >= IN_A_ROW), KIND, "cut_streams")


def round_the_clock(plays: pl.DataFrame) -> pl.DataFrame:
    """The marks of playbacks of `NO_SLEEP` without half an hour of silence."""
    runs = in_runs(plays, silence() > APART)
    return marks(runs.filter((span() >= NO_SLEEP).over("run")), KIND, "round_the_clock")
