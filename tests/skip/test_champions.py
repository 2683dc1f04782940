"""Promotion: the current model stays until one beats it on the same rows."""

from datetime import date

import polars as pl

from spotify_assets.skip.champions import Candidate, Verdict, decide
from spotify_assets.tables import MODEL_REGISTRY


def entry(day: int, *, current: int, promoted: bool, version: str = "v1") -> dict[str, object]:
    return {
        "cutoff_date": date(2025, 1, day),
        "model_id": f"skip/logistic/{day}",
        "rule_version": version,
        "promoted": promoted,
        "current_model_id": f"skip/logistic/{current}",
    }


def registry(*entries: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(entries), schema=MODEL_REGISTRY.polars_schema)


def decided(log_loss: float, *entries: dict[str, object], losses: dict[str, float] | None = None) -> Verdict:
    candidate = Candidate("skip/logistic/9", "v1", log_loss, 0.7, "{}")
    return decide(candidate, registry(*entries), lambda name: ((losses or {})[name], 0.6))


def test_the_first_model_is_promoted_without_a_rival():
    verdict = decided(0.7)
    assert verdict.promoted
    assert verdict.current_model_id == "skip/logistic/9"
    assert verdict.previous_model_id is verdict.challenged_model_id is None


def test_a_better_model_is_promoted_and_an_equal_or_worse_one_is_not():
    entries = [entry(1, current=1, promoted=True), entry(2, current=1, promoted=False)]
    losses = {"skip/logistic/1": 0.6, "skip/logistic/2": 0.5}
    for log_loss, promoted in ((0.59, True), (0.6, False), (0.61, False)):
        verdict = decided(log_loss, *entries, losses=losses)
        assert verdict.promoted is promoted
        assert verdict.current_model_id == ("skip/logistic/9" if promoted else "skip/logistic/1")
        assert (verdict.challenged_model_id, verdict.challenged_log_loss) == ("skip/logistic/1", 0.6)
        assert (verdict.previous_model_id, verdict.previous_log_loss) == ("skip/logistic/2", 0.5)


def test_a_model_of_another_rule_is_no_rival():
    assert decided(0.9, entry(1, current=1, promoted=True, version="v0")).previous_model_id is None


def test_where_the_current_model_is_gone_the_last_promoted_one_stands_in():
    entries = [entry(2, current=2, promoted=True), entry(3, current=1, promoted=False)]
    verdict = decided(0.9, *entries, losses={"skip/logistic/2": 0.5, "skip/logistic/3": 0.6})
    assert verdict.challenged_model_id == verdict.current_model_id == "skip/logistic/2"
