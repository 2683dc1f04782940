"""Model: what the skip models say, how far they can be believed, and what they find popular and skipped."""

from datetime import date
from functools import partial

import polars as pl
import streamlit as st

from spotify_assets.charts import model as charts
from spotify_assets.charts import skips
from spotify_assets.charts.insight import recommendation_ladder
from spotify_assets.dashboard.components import choice, empty_state, heading, headline, show, table, tile
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import insight, model
from spotify_assets.figures.view import Filters

_EVERY_FEATURE = "all features"
_FIVE_FEATURES = "five audio features"
_CLIMB = "The ladder was not climbed at this cut-off: choose the newest one."


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Skip model")
    cutoffs = ask(model.cutoffs)
    if not cutoffs:
        empty_state(
            "No model was trained yet: a run trains models last, and it takes four weeks of listening and "
            "both outcomes.",
            "spotify-assets materialize",
        )
        return
    cutoff = _cutoff(cutoffs)
    trained = ask(model.readable_model, cutoff).row(0, named=True)
    headline(trained["insight"])
    _choice_of(cutoff, cutoffs)
    st.caption(
        f"Learnt from {trained['train_from']} to {trained['train_to']} ({trained['train_rows']:,} playbacks, "
        f"{trained['users']:,} listeners), judged on {trained['test_from']} to {trained['test_to']} "
        f"({trained['test_rows']:,} playbacks). No filter applies to a model; genre and artist choose among "
        "the tracks at the end."
    )
    _tiles(trained)
    _readable(cutoff)
    _ladder(cutoff)
    show(
        "The readable model, cut-off by cut-off",
        charts.over_time,
        ask(model.models_over_time),
        term="AUC",
        name="model_over_time",
        note="Logistic regression on five audio features; the dashed line is guessing.",
    )
    _popular_and_skipped(cutoff, filters)
    show(
        "How well recommendations tell what is played",
        recommendation_ladder,
        ask(insight.recommendation_ladder),
        term="recommendation quality",
        name="recommendation_ladder",
        note="At the newest cut-off: what is played next, and what is new to the listener.",
        empty="Nothing was recommended yet: it takes four weeks of listening.",
    )


def _cutoff(cutoffs: list[date]) -> date:
    """The cut-off that the URL names, by default the newest."""
    newest = {str(day): day for day in cutoffs}
    asked = st.query_params.get("cutoff", str(cutoffs[0]))
    if asked not in newest:
        st.warning(
            f"The address says cutoff={asked}, at which no model was trained. The newest one is shown."
        )
        asked = str(cutoffs[0])
    return newest[asked]


def _choice_of(cutoff: date, cutoffs: list[date]) -> None:
    st.session_state["cutoff"] = str(cutoff)

    def changed() -> None:
        st.query_params["cutoff"] = st.session_state["cutoff"]

    st.selectbox(
        "Cut-off (last day that the model saw)",
        list(map(str, cutoffs)),
        key="cutoff",
        on_change=changed,
        width=320,
    )


def _tiles(trained: dict[str, float]) -> None:
    better = 100 * (trained["accuracy"] - trained["base_accuracy"])
    with st.container(horizontal=True):
        tile("AUC", f"{trained['auc']:.3f}", term="AUC")
        tile(
            "Log loss, nats",
            f"{trained['log_loss']:.4f}",
            term="what features add",
            change=f"{trained['log_loss'] - trained['base_log_loss']:+.4f} against the base rate",
            good="inverse",
        )
        tile(
            "Accuracy",
            f"{trained['accuracy']:.1%}",
            term="what features add",
            change=f"{better:+.1f} points against the majority",
            good="normal",
        )
        tile("Skip rate on test days", f"{trained['test_skip_rate']:.1%}", term="skip rate")


def _readable(cutoff: date) -> None:
    which = choice("Coefficients of", [_FIVE_FEATURES, _EVERY_FEATURE], parameter="features")
    if which == _FIVE_FEATURES:
        rows = ask(model.coefficients, cutoff)
        draw = partial(skips.coefficient_plot, title="", with_figures=False)
    else:
        rows = ask(model.ladder_coefficients, cutoff).drop_nulls("ci_low")
        draw = partial(skips.ladder_coefficient_plot, title="", with_figures=False)
    show(
        f"Odds of a skip, {which}",
        draw,
        rows,
        term="odds ratio",
        name="skip_coefficients",
        note="Per standard deviation (SD) of each feature."
        + (f" The {skips.MOST_TERMS} largest of them." if rows.height > skips.MOST_TERMS else ""),
        empty=_CLIMB,
    )


def _ladder(cutoff: date) -> None:
    rungs = ask(model.ladder, cutoff)
    show("What features add", charts.ladder, rungs, term="what features add", name="ladder", empty=_CLIMB)
    if rungs.is_empty():
        return
    with st.expander("In words"):
        for says in rungs.filter(pl.col("columns") > 1)["insight"]:
            st.markdown(f"- {says}")
    left, right = st.columns(2)
    with left:
        show(
            "ROC on later days",
            partial(skips.roc_plot, title=""),
            ask(model.roc, cutoff),
            term="ROC curve",
            name="roc",
            note="Gradient boosting, with each group of features added.",
            empty="These curves are stored from this version on: run spotify-assets materialize.",
        )
    with right:
        show(
            "Calibration on later days",
            partial(skips.calibration_plot, title=""),
            ask(model.calibration, cutoff).with_columns(pl.col("rung").str.replace_all("_", " ")),
            term="calibration",
            name="calibration",
            note="Both models with all features.",
            empty="These curves are stored from this version on: run spotify-assets materialize.",
        )
    show(
        "Drift of features and score",
        partial(charts.drift, large=model.LARGE_DRIFT),
        ask(model.drift, cutoff),
        term="drift",
        name="drift",
        note="Counts over a listener's past grow while the history is younger than 28 days.",
    )


def _popular_and_skipped(cutoff: date, filters: Filters) -> None:
    rows = ask(model.popular_and_skipped, cutoff, filters)
    empty = (
        f"No track with a known popularity was played {model.LEAST_PLAYBACKS} times on the test days. "
        "Choose another cut-off, or clear genre and artist."
    )
    show(
        "Popular, and yet likely to be skipped",
        charts.popular_and_skipped,
        rows,
        term="skip probability",
        name="popular_and_skipped",
        note=f"Tracks with {model.LEAST_PLAYBACKS} playbacks or more on the test days; “both high” are in "
        "the top quarter by both.",
        empty=empty,
    )
    if rows.is_empty():
        return
    table(
        "Those high in both",
        rows.filter("is_both").drop("is_both", "track_id"),
        term="skip probability",
        name="popular_and_skipped_both",
        columns={
            "track_name": "Track",
            "artist_name": "Artist",
            "playbacks": st.column_config.NumberColumn("Playbacks", format="localized"),
            "skip_probability": st.column_config.NumberColumn("Predicted skips", format="percent"),
            "skip_rate": st.column_config.NumberColumn("Observed skips", format="percent"),
            "popularity": "Popularity",
        },
        empty="No track is high in both.",
    )
