"""Published results of skip prediction on real listening, to hold a ladder against; never what is fitted."""

from dataclasses import dataclass

from spotify_assets.skip.ladder import BOOSTING, LOGISTIC, REPEAT, Estimator


@dataclass(frozen=True)
class PublishedScore:
    """One published figure, and the rung and measure of a ladder that comes nearest to it."""

    system: str
    measure: str
    value: float
    source: str
    rung: str
    estimator: Estimator


PUBLISHED = (
    PublishedScore(
        "repeat the last known action: accuracy on the first track",
        "accuracy",
        0.742,
        "arXiv:1904.10273",
        REPEAT,
        "rule",
    ),
    PublishedScore(
        "logistic regression, audio and context",
        "accuracy",
        0.58,
        "public notebook on the MSSD mini set",
        "context",
        LOGISTIC,
    ),
    PublishedScore(
        "the same with how the track was started",
        "accuracy",
        0.756,
        "public notebook on the MSSD mini set",
        "start",
        LOGISTIC,
    ),
    PublishedScore(
        "gradient boosting on personal exports, split by time per user",
        "auc",
        0.809,
        "public repository",
        "history",
        BOOSTING,
    ),
)
"""Figures of docs on the field; those with a known leak (`reason_end`, `ms_played`) are left out."""

REPEAT_MAA, REPEAT_FIRST = 0.537, 0.742
"""Mean average accuracy and accuracy on the first predicted track of repeating the last known action
(arXiv:1904.10273)."""
