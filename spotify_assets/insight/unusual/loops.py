"""Sleep loops: one track, album or artist that goes on for hours, and no hand touches it."""

from datetime import timedelta

import polars as pl

from spotify_assets.insight.unusual.marks import APART, in_runs, marks, silence, span

KIND = "sleep_loop"
LONG = timedelta(hours=3)
LONG_OF_ARTIST = timedelta(hours=4)
ROUNDS = 2.0
"""How often each track of an album or artist comes round, on the mean: a discography played once is none."""
HEARD_SHARE = 0.8
"""Of the time, at least so much is heard: a pause of hours makes no loop."""
HANDS = ("clickrow", "fwdbtn", "backbtn", "playbtn", "clickside", "uriopen", "remote")
"""Reasons of a start that take somebody who is awake."""


def sleep_loops(plays: pl.DataFrame) -> pl.DataFrame:
    """The marks of sleep loops among playbacks of music, by listener and time."""
    album = pl.concat_str("artist_name", "album_name", separator="\0")
    found = [
        _loops(plays, sign, same, (span() >= long) & (pl.len() / pl.col("track_key").n_unique() >= rounds))
        for sign, same, long, rounds in (
            ("track", pl.col("track_key"), LONG, 1.0),
            ("album", album, LONG, ROUNDS),
            ("artist", pl.col("artist_name"), LONG_OF_ARTIST, ROUNDS),
        )
    ]
    return pl.concat(found).unique("event_id", keep="first", maintain_order=True)


def _loops(plays: pl.DataFrame, sign: str, same: pl.Expr, is_loop: pl.Expr) -> pl.DataFrame:
    runs = in_runs(
        plays.with_columns(_same=same),
        pl.col("_same").is_null() | pl.col("_same").ne_missing(pl.col("_same").shift(1)),
        silence() > APART,
        pl.col("reason_start").is_in(HANDS),
        pl.col("outcome").shift(1) == "skip",
    )
    heard = pl.duration(milliseconds=pl.col("ms_played").sum()) >= span() * HEARD_SHARE
    return marks(runs.filter((is_loop & heard).over("run")), KIND, sign)
