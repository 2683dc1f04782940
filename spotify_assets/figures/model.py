"""The skip models: what they say, how far they can be believed, which tracks they find popular and skipped.

Models are judged by cut-off, the last day that they saw. No filter applies to a model, because it was learnt
from everybody; only `popular_and_skipped` knows the filters of tracks. A table that no run made yet has no
rows here, so that a page can say what to do.
"""

from datetime import date

import polars as pl
from polars._typing import PolarsDataType

from spotify_assets.figures.view import Filters, ask
from spotify_assets.tables import (
    FEATURE_DRIFT,
    SKIP_CURVES,
    SKIP_LADDER,
    SKIP_LADDER_COEFFICIENTS,
    SKIP_MODEL,
    SKIP_MODEL_COEFFICIENTS,
    SKIP_PREDICTIONS,
    Table,
)
from spotify_assets.warehouse.audit import is_stored
from spotify_assets.warehouse.connection import Connection

LEAST_PLAYBACKS = 20
"""Playbacks in the test window from which on the mean probability of a track is worth a look."""
TOP_SHARE = 0.25
"""Share of the judged tracks that counts as high: the top quarter, as in the query of the same name."""
LAST_RUNG = "history"
"""The rung of the ladder that has every group of features."""
LARGE_DRIFT = 0.2
"""Population stability index above which a shift is usually called large (Siddiqi 2006)."""


def cutoffs(connection: Connection) -> list[date]:
    """The cut-offs of the readable skip model, newest first."""
    return _dates(connection, SKIP_MODEL)


def ladder_cutoffs(connection: Connection) -> list[date]:
    """The cut-offs at which the ladder was climbed, newest first."""
    return _dates(connection, SKIP_LADDER)


def readable_model(connection: Connection, cutoff: date) -> pl.DataFrame:
    """The row of `ml.skip_model` of a cut-off."""
    return _of(connection, SKIP_MODEL, cutoff)


def coefficients(connection: Connection, cutoff: date) -> pl.DataFrame:
    """Coefficients of the readable model with their 95 % intervals: one row per term."""
    return _of(connection, SKIP_MODEL_COEFFICIENTS, cutoff).sort("term")


def models_over_time(connection: Connection) -> pl.DataFrame:
    """How the readable model did at each cut-off: `auc`, `log_loss`, `base_log_loss`, `accuracy`,
    `base_accuracy`, `base_rate` (share skipped in training) and `test_skip_rate`. Oldest first.
    """
    if not is_stored(connection, SKIP_MODEL):
        return SKIP_MODEL.empty().select(_OVER_TIME)
    return ask(connection, f"select {', '.join(_OVER_TIME)} from {SKIP_MODEL.full_name} order by cutoff_date")


_OVER_TIME = (
    *("cutoff_date", "auc", "log_loss", "base_log_loss", "accuracy", "base_accuracy"),
    *("base_rate", "test_skip_rate", "test_rows"),
)


def ladder(connection: Connection, cutoff: date) -> pl.DataFrame:
    """What each group of features adds: the rows of `ml.skip_ladder` of a cut-off, in steps."""
    return _of(connection, SKIP_LADDER, cutoff).sort("step")


def ladder_coefficients(connection: Connection, cutoff: date) -> pl.DataFrame:
    """Coefficients of the ladder's last logistic regression: one row per term."""
    return _of(connection, SKIP_LADDER_COEFFICIENTS, cutoff).filter(rung=LAST_RUNG).sort("term")


def roc(connection: Connection, cutoff: date, estimator: str = "gradient_boosting") -> pl.DataFrame:
    """ROC curves of an estimator on the test rows, one per rung: `rung`, `false_positive_rate`,
    `true_positive_rate`, in the order of the ladder's steps.
    """
    order = ladder(connection, cutoff).filter(estimator=estimator).select("rung", "step")
    return (
        _of(connection, SKIP_CURVES, cutoff)
        .filter(curve="roc", estimator=estimator)
        .join(order, on="rung")
        .sort("step", "point")
        .select("rung", false_positive_rate="x", true_positive_rate="y")
    )


def calibration(connection: Connection, cutoff: date) -> pl.DataFrame:
    """Predicted and observed share of skips in ten equally filled bins, for the last model of each estimator:
    `rung` (the estimator), `predicted`, `observed`, `playbacks`.
    """
    return (
        _of(connection, SKIP_CURVES, cutoff)
        .filter(curve="calibration")
        .sort("estimator", "point", descending=[True, False])
        .select("playbacks", rung="estimator", predicted="x", observed="y")
    )


def drift(connection: Connection, cutoff: date) -> pl.DataFrame:
    """How far each feature and the score moved from training to test rows, furthest first: `feature`, `psi`
    (population stability index), `train_unknown`, `test_unknown`.
    """
    return _of(connection, FEATURE_DRIFT, cutoff).sort("psi", "feature", descending=[True, False])


def popular_and_skipped(
    connection: Connection,
    cutoff: date,
    filters: Filters,
    least_playbacks: int = LEAST_PLAYBACKS,
) -> pl.DataFrame:
    """Tracks by predicted skip probability and popularity, those first that are high in both.

    One row per track with enough playbacks in the test window and a known popularity: `track_id`,
    `track_name`, `artist_name`, `playbacks`, `skip_probability` (mean prediction of the current model),
    `skip_rate` (what happened), `popularity`, and `is_both`: both lie in the top quarter of all such tracks.
    Genre and artist of the filters choose among them afterwards, so that a quarter stays the same quarter.
    """
    if not is_stored(connection, SKIP_PREDICTIONS):
        return pl.DataFrame(schema=_POPULAR)
    of_genre = "select track_id from marts.bridge_track_genre where genre = $genre"
    chosen = {
        "genre": f"and judged.track_id in ({of_genre})",
        "artist_id": "and tracks.primary_artist_id = $artist_id",
    }
    conditions = " ".join(sql for name, sql in chosen.items() if name in filters.chosen)
    return ask(
        connection,
        f"""
        with judged as (
            select
                *,
                skip_probability >= quantile_cont(skip_probability, $high) over ()
                and popularity >= quantile_cont(popularity, $high) over () as is_both
            from {SKIP_PREDICTIONS.full_name}
            where cutoff_date = $cutoff and playbacks >= $least and popularity is not null
        )
        select
            judged.track_id,
            coalesce(tracks.track_name, judged.track_id) as track_name,
            coalesce(tracks.primary_artist_name, 'Unknown artist') as artist_name,
            judged.playbacks,
            judged.skip_probability,
            judged.skip_rate,
            judged.popularity,
            judged.is_both
        from judged
        left join marts.dim_track as tracks using (track_id)
        where true {conditions}
        order by judged.is_both desc, judged.skip_probability desc, judged.track_id
        """,
        filters,
        cutoff=cutoff,
        least=least_playbacks,
        high=1 - TOP_SHARE,
    )


_POPULAR: dict[str, PolarsDataType] = {
    **dict.fromkeys(("track_id", "track_name", "artist_name"), pl.String),
    "playbacks": pl.Int64,
    **dict.fromkeys(("skip_probability", "skip_rate"), pl.Float64),
    "popularity": pl.Int64,
    "is_both": pl.Boolean,
}


def _dates(connection: Connection, table: Table) -> list[date]:
    if not is_stored(connection, table):
        return []
    found = ask(connection, f"select distinct cutoff_date from {table.full_name} order by 1 desc")
    return found["cutoff_date"].to_list()


def _of(connection: Connection, table: Table, cutoff: date) -> pl.DataFrame:
    """The rows of a cut-off; none where nothing made the table yet."""
    if not is_stored(connection, table):
        return table.empty()
    return ask(connection, f"from {table.full_name} where cutoff_date = $cutoff", cutoff=cutoff)
