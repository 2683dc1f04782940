"""Which model is current: a new one is promoted only when it beats the current one on the same rows."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

Judged = tuple[float, float]
"""Log loss in nats and AUC."""


@dataclass(frozen=True)
class Candidate:
    """A newly trained model: its id, its rule's version, its measures and its text."""

    model_id: str
    rule_version: str
    log_loss: float
    auc: float
    model: str


@dataclass(frozen=True)
class Verdict:
    """How a candidate compares with the model of the cut-off before it, and with the current one."""

    previous_model_id: str | None
    previous_log_loss: float | None
    previous_auc: float | None
    challenged_model_id: str | None
    challenged_log_loss: float | None
    promoted: bool
    current_model_id: str


def decide(candidate: Candidate, earlier: pl.DataFrame, judge: Callable[[str], Judged]) -> Verdict:
    """Compare a candidate with the models before it; none of them has seen the candidate's test rows.

    Args:
        candidate: the new model.
        earlier: rows of `ml.model_registry` of the same target and estimator with earlier cut-offs. Models
            of another rule version are no rivals: they may need features that are no longer made.
        judge: log loss and AUC of the stored model with an id on the candidate's test rows.

    Returns:
        The verdict. The first model is promoted; another one only when its log loss is below that of the
        current one.
    """
    rivals = earlier.filter(pl.col("rule_version") == candidate.rule_version).sort("cutoff_date")
    if rivals.is_empty():
        return Verdict(None, None, None, None, None, promoted=True, current_model_id=candidate.model_id)
    previous, current = rivals.select("model_id", "current_model_id").row(-1)
    if current not in rivals["model_id"]:
        # The current model's cut-off was made again without it: the last that was promoted stands in.
        promoted_ids = rivals.filter("promoted")["model_id"].to_list()
        current = promoted_ids[-1] if promoted_ids else previous
    judged = {name: judge(name) for name in {previous, current}}
    promoted = candidate.log_loss < judged[current][0]
    return Verdict(
        previous_model_id=previous,
        previous_log_loss=judged[previous][0],
        previous_auc=judged[previous][1],
        challenged_model_id=current,
        challenged_log_loss=judged[current][0],
        promoted=promoted,
        current_model_id=candidate.model_id if promoted else current,
    )
