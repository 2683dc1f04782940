"""What the ladder says, as rows of `ml.recommendation_quality`."""

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from spotify_assets.recommend.evaluation import MEASURES
from spotify_assets.recommend.ladder import BASELINE, RULE_VERSION, JudgedRung, Learnt
from spotify_assets.rows.window import Window
from spotify_assets.tables import RECOMMENDATION_QUALITY

HEADLINE = {"next": ("ndcg_10", "NDCG@10"), "new": ("recall_20", "recall@20")}
"""The measure by which the rungs of each task are compared, and how it is called."""
_SAYS = {
    "popularity": "what all play most",
    "personal": "what the listener plays most, lately more than before",
    "neighbours": "what goes with it in sessions",
    "factors": "what listeners alike play",
    "content": "what sounds like what the listener plays",
    "blend": "all of it together",
}


def quality_rows(
    judged: Iterable[JudgedRung], learnt: Learnt, *, cutoff: date, windows: tuple[Window, Window]
) -> pl.DataFrame:
    """Rows of `ml.recommendation_quality`.

    Args:
        judged: the rungs of both tasks.
        learnt: what was judged.
        cutoff: the last day that was judged on.
        windows: the days that were learnt from, and those that were judged on.
    """
    found = list(judged)
    training, test = windows
    day = timedelta(days=1)
    rows = []
    for rung in found:
        measures: dict[str, float | None] = {}
        for name in MEASURES:
            estimate = rung.measures[name]
            measures |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        rows.append(
            {
                "cutoff_date": cutoff,
                "task": rung.task,
                "step": rung.step,
                "rung": rung.rung,
                "rule_version": RULE_VERSION,
                "train_from": training.start,
                "train_to": training.end - day,
                "test_from": test.start,
                "test_to": test.end - day,
                "listeners": rung.listeners,
                "requests": rung.requests,
                "tracks": len(learnt.listening.tracks),
                "insight": _insight(rung, found),
            }
            | measures
        )
    schema = RECOMMENDATION_QUALITY.polars_schema
    return pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema, orient="row")


def _insight(rung: JudgedRung, judged: list[JudgedRung]) -> str:
    """What a rung says beside the plain one of its task."""
    name, called = HEADLINE[rung.task]
    value = rung.measures[name].value
    plain = next(each for each in judged if (each.task, each.rung) == (rung.task, BASELINE[rung.task]))
    says = f"{_SAYS[rung.rung].capitalize()}: {called} {value:.3f}"
    if plain is rung or not plain.measures[name].value:
        return says
    return f"{says}, {value / plain.measures[name].value:.2f} times that of {plain.rung}"
