"""When listeners skip: the share not skipped second by second, skip grades, and what the export's flag says.

Formula: cumulative incidence of skips with completion as a competing event and abandoned playbacks as
censored (Aalen & Johansen 1978; Kalbfleisch & Prentice, The Statistical Analysis of Failure Time Data, 2002,
section 8.2). The survival shown is one less that incidence, so that at the end of the tracks it is the share
never skipped. The bands are pointwise 95 % percentile intervals of a bootstrap that draws users.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.tables import SKIP_FLAG_AGREEMENT, SKIP_SURVIVAL

Floats = npt.NDArray[np.float64]

LAST_SECOND = 300
"""Seconds that are told apart; skips after that are counted in the last one."""
GRADES = (5, 10, 30, LAST_SECOND)
"""Seconds within which a skip is graded (P. Lamere, "The Skip", 2014: 5, 10, 30 s, before the end)."""
END = "end"
MOST_GENRES = 20
"""Genres shown, those with the most playbacks."""
LEAST_PLAYBACKS = 100
"""Playbacks of a group from which on its curve says something."""
ALL = "all"
_GROUPS = 200
"""Users are drawn in at most so many groups, which bounds the cost of the bands."""
_REPETITIONS = 200
_SEED = 20_140_522
_SKIP, _COMPLETE, _ABANDONED = range(3)
_NOTHING: Floats = np.zeros(0)
_POSITIONS = (
    (1, 1, "1"),
    (2, 2, "2"),
    (3, 3, "3"),
    (4, 5, "4-5"),
    (6, 10, "6-10"),
    (11, 10**9, "11 and more"),
)

NEEDED = (
    "user_id",
    "track_id",
    "started_at",
    "action",
    "content_type",
    "ms_played",
    "outcome",
    "device",
    "session_position",
    "skipped",
    "reason_end",
    "source",
)
"""Columns of `core.listening_events` that the analyses need."""


def skip_survival(events: pl.DataFrame, genres: pl.DataFrame) -> pl.DataFrame:
    """Survival by second, for all music playbacks and by genre, device, position in the session and UTC hour.

    Args:
        events: rows of `core.listening_events`; `NEEDED` are enough. Interactions, what is no music and
            what ended nobody knows how are ignored.
        genres: `track_id` and `genre`, one row per track and genre; a track counts in each of its genres.

    Returns:
        The columns of `catalog.SKIP_SURVIVAL` but the cut-off: one row per group and second, 0 to 300.
        Groups with fewer than 100 playbacks are left out, and all but the 20 most played genres. At the
        seconds 5, 10 and 30, and at the last, `grade` names the skip grade: the share skipped by then.
    """
    plays = _music(events).filter(pl.col("outcome") != "unknown")
    parts = [_curves(plays, ALL, pl.lit(ALL))]
    if not plays.is_empty():
        position = pl.col("session_position")
        bands = pl.coalesce(
            [pl.when(position.is_between(low, high)).then(pl.lit(name)) for low, high, name in _POSITIONS]
        )
        parts += [
            _curves(plays, "device", pl.col("device")),
            _curves(plays, "position", bands),
            _curves(plays, "hour", pl.col("started_at").dt.hour().cast(pl.String).str.zfill(2)),
            _curves(plays.join(genres, on="track_id"), "genre", pl.col("genre"), MOST_GENRES),
        ]
    return pl.concat(parts)


def flag_agreement(events: pl.DataFrame) -> pl.DataFrame:
    """How often the export's own `skipped` flag agrees with the derived outcome. Music playbacks only.

    Returns:
        The columns of `catalog.SKIP_FLAG_AGREEMENT` but the cut-off: one row per source, reason, outcome and
        flag that occurs. A flag disagrees where it says skipped of what was no skip, or not skipped of what
        was one; an unknown flag neither agrees nor disagrees.
    """
    flag = pl.col("skipped")
    says = pl.when(flag.is_null()).then(pl.lit("unknown")).when(flag).then(pl.lit("skipped"))
    agrees = pl.when(flag.is_not_null()).then(flag == (pl.col("outcome") == "skip"))
    reason = pl.col("reason_end").fill_null("")
    return (
        _music(events)
        .group_by("source", reason_end=reason, outcome="outcome", flag=says.otherwise(pl.lit("not skipped")))
        .agg(playbacks=pl.len().cast(pl.Int64), agrees=agrees.first())
        .sort("source", "reason_end", "outcome", "flag")
        .select(name for name in SKIP_FLAG_AGREEMENT.column_names if name != "cutoff_date")
    )


def _music(events: pl.DataFrame) -> pl.DataFrame:
    return events.filter(pl.col("outcome").is_not_null(), pl.col("content_type") == "music")


def _curves(plays: pl.DataFrame, dimension: str, value: pl.Expr, most: int | None = None) -> pl.DataFrame:
    """The curves of every group of a dimension that has enough playbacks."""
    grouped = plays.with_columns(value.alias("value")).filter(pl.col("value").is_not_null())
    sizes = (
        grouped["value"].value_counts(name="playbacks").sort("playbacks", "value", descending=[True, False])
    )
    shown = sizes.filter(pl.col("playbacks") >= LEAST_PLAYBACKS).head(most or sizes.height)["value"]
    curves = [_curve(grouped.filter(pl.col("value") == one), dimension, one) for one in shown.sort()]
    return (
        pl.concat(curves)
        if curves
        else _table(dimension, ALL, 0, survival=_NOTHING, low=_NOTHING, high=_NOTHING)
    )


def _curve(plays: pl.DataFrame, dimension: str, value: str) -> pl.DataFrame:
    counts = _counts(plays)
    groups = counts.shape[0]
    incidence = _incidence(counts.sum(axis=0)[None])[0]
    if groups < 2:
        low = high = np.full(incidence.size, np.nan)
    else:
        random = np.random.default_rng(_SEED)
        draws = random.multinomial(groups, np.full(groups, 1 / groups), _REPETITIONS).astype(np.float64)
        drawn = _incidence(np.tensordot(draws, counts, axes=1))
        high, low = np.quantile(drawn, [0.025, 0.975], axis=0)
        low, high = 1 - low, 1 - high
    return _table(dimension, value, plays.height, survival=1 - incidence, low=low, high=high)


def _counts(plays: pl.DataFrame) -> Floats:
    """Ends per group of users, kind of end and second: an array of groups x 3 x seconds."""
    users = (plays["user_id"].rank("dense") - 1).cast(pl.Int64).to_numpy() % _GROUPS
    outcome = plays["outcome"]
    kind = np.where(outcome == "skip", _SKIP, np.where(outcome == "complete", _COMPLETE, _ABANDONED))
    # A skip within the n-th second counts from second n on: by 5 s means at most 5,000 ms played.
    second = np.minimum(-(-plays["ms_played"].to_numpy() // 1000), LAST_SECOND)
    counts = np.zeros((int(users.max()) + 1, 3, LAST_SECOND + 1))
    np.add.at(counts, (users, kind, second), 1)
    return counts


def _incidence(counts: Floats) -> Floats:
    """Share skipped by each second: draws x seconds, from counts of draws x kinds x seconds."""
    ends = counts.sum(axis=1)
    at_risk = ends.sum(axis=1, keepdims=True) - np.cumsum(ends, axis=1) + ends
    safe = np.where(at_risk > 0, at_risk, 1.0)
    leaving = counts[:, _SKIP] + counts[:, _COMPLETE]
    still = np.cumprod(1 - leaving / safe, axis=1)
    before = np.concatenate([np.ones((counts.shape[0], 1)), still[:, :-1]], axis=1)
    incidence: Floats = np.cumsum(before * counts[:, _SKIP] / safe, axis=1)
    return incidence


def _table(
    dimension: str, value: str, playbacks: int, *, survival: Floats, low: Floats, high: Floats
) -> pl.DataFrame:
    seconds = np.arange(survival.size)
    grades = {grade: f"{grade} s" for grade in GRADES[:-1]} | {LAST_SECOND: END}
    table = pl.DataFrame(
        {
            "dimension": pl.Series([dimension] * seconds.size, dtype=pl.String),
            "value": pl.Series([value] * seconds.size, dtype=pl.String),
            "second": seconds.astype(np.int64),
            "playbacks": np.full(seconds.size, playbacks, dtype=np.int64),
            "survival": survival,
            "survival_low": low,
            "survival_high": high,
        }
    ).with_columns(
        pl.col("survival", "survival_low", "survival_high").fill_nan(None).clip(0, 1),
        grade=pl.col("second").replace_strict(grades, default=None, return_dtype=pl.String),
    )
    return table.select(name for name in SKIP_SURVIVAL.column_names if name != "cutoff_date")
