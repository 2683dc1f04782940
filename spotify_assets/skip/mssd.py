"""The ladder on the Music Streaming Sessions Dataset, and the challenge's own measure of a simple rule.

The log has no users, so that sessions take their place as clusters and there is no history. It is split by
time: the sessions that began last are judged on.
"""

from collections.abc import Mapping

import polars as pl

from spotify_assets.skip.evaluation import mean_average_accuracy
from spotify_assets.skip.ladder import Ladder, climb
from spotify_assets.skip.registry import Feature, Group, Kind
from spotify_assets.sources.mssd import TRACK_CATEGORIES, TRACK_NUMBERS

TEST_SHARE = 0.25
"""Share of the sessions, the last ones, that are judged on."""
_CONTEXT_OF_TRACK = ("duration", "release_year", "us_popularity_estimate")


def _feature(name: str, group: Group, kind: Kind) -> Feature:
    of_track = name in (*TRACK_NUMBERS, *TRACK_CATEGORIES)
    earlier = name in ("previous_is_skip", "recent_skip_rate")
    return Feature(
        name,
        "Column of the MSSD's track features." if of_track else "Column of the MSSD's session log.",
        of="track" if of_track else "previous playback" if earlier else "playback",
        source=f"mssd.{'tracks' if of_track else 'log'}.{name}",
        known="earlier playbacks that were over" if earlier else "at the start",
        group=group,
        kind=kind,
    )


MSSD_FEATURES: Mapping[str, Feature] = {
    feature.name: feature
    for feature in (
        *(
            _feature(name, "context" if name in _CONTEXT_OF_TRACK else "audio", "number")
            for name in TRACK_NUMBERS
        ),
        *(_feature(name, "audio", "category") for name in TRACK_CATEGORIES),
        _feature("hour_of_day", "context", "hour"),
        _feature("weekday", "context", "category"),
        _feature("premium", "context", "flag"),
        _feature("shuffle", "context", "flag"),
        _feature("context_type", "context", "category"),
        _feature("reason_start", "start", "category"),
        _feature("context_switch", "start", "flag"),
        _feature("pause_before", "start", "category"),
        _feature("session_position", "session", "count"),
        _feature("previous_is_skip", "session", "flag"),
        _feature("recent_skip_rate", "session", "number"),
    )
}
"""Every feature of the log that is known before the outcome, by name."""


def mssd_ladder(log: pl.DataFrame) -> Ladder:
    """The ladder on a log of `sources.mssd`, split by time: whole sessions, ordered by their first hour.

    Raises:
        TooLittleData: either part has too few rows, or one outcome only.
    """
    began = log.group_by("session_id").agg(
        pl.struct("date", "hour_of_day").min().alias("began"), rows=pl.len()
    )
    ordered = began.sort("began", "session_id")
    test = ordered.tail(max(1, round(TEST_SHARE * ordered.height)))
    train_rows = log.join(test, on="session_id", how="anti")
    test_rows = log.join(test, on="session_id", how="semi")
    return climb(train_rows, test_rows, MSSD_FEATURES, user="session_id", day="date")


def repeat_last_known_action(log: pl.DataFrame) -> tuple[float, float]:
    """Mean average accuracy, and accuracy on the first track, of the challenge's simplest rule.

    The outcomes of the first half of a session are known; that of its last track is predicted for every
    track of the second half (arXiv:1904.10273). Sessions that lack the last known track are left out.
    """
    half = pl.col("session_length") // 2
    known = log.filter(pl.col("session_position") == half).select("session_id", last="is_skip")
    predicted = log.filter(pl.col("session_position") > half).join(known, on="session_id")
    return mean_average_accuracy(
        predicted.select("session_id", "session_position", correct=pl.col("is_skip") == pl.col("last"))
    )
