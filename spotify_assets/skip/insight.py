"""What the skip model says, in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from spotify_assets.skip.evaluation import Estimate
    from spotify_assets.skip.ladder import Ladder, Rung
    from spotify_assets.skip.logistic import Coefficient
    from spotify_assets.skip.model import SkipModel
    from spotify_assets.skip.popularity import PopularityModel

GUESSING_AUC = 0.5
"""Area under the ROC curve of a ranking that knows nothing."""

_DOUBLE = 2.0
"""Odds ratio from which a factor reads better than a percentage."""


@dataclass(frozen=True)
class _Wording:
    """How a person says that a track has more of a feature: the comparative, the unit and its decimals."""

    comparative: str
    unit: str
    decimals: int

    def amount(self, value: float) -> str:
        return f"{value:.{self.decimals}f}{self.unit}"


_WORDINGS: Mapping[str, _Wording] = {
    "danceability": _Wording("more danceable", "", 2),
    "energy": _Wording("more energetic", "", 2),
    "valence": _Wording("more positive in mood", "", 2),
    "tempo": _Wording("faster", " BPM", 0),
    "popularity": _Wording("more popular", " points", 0),
}


_GROUP_WORDS: Mapping[str, str] = {
    "audio": "what the track sounds like",
    "context": "popularity, time, device and shuffle",
    "start": "how the playback was started",
    "session": "what happened earlier in the session",
    "history": "the user's last 28 days",
}
"""What each group of features knows."""

_ESTIMATOR_WORDS: Mapping[str, str] = {
    "logistic": "logistic regression",
    "gradient_boosting": "gradient boosting",
}

_GRADE_WORDS: Mapping[str, str] = {
    "5 s": "within 5 s",
    "10 s": "within 10 s",
    "30 s": "within 30 s",
    "end": "before the end",
}

CAUTION = "This is association, not cause."


def insight(model: "SkipModel") -> str:
    """Two readable sentences on a trained skip model, and a caution.

    The first names the feature with the largest coefficient among those whose 95 % interval excludes no
    effect, or says that there is none. It is the strongest of several, so its interval is a little
    optimistic. The second says how much better than guessing the model is on the test window.
    """
    return f"{_strongest(model)} {_judgement(model)} {CAUTION}"


def rung_insight(ladder: "Ladder", rung: "Rung") -> str:
    """What a rung of the ladder says: its AUC with its interval, what the group added, and on what."""
    judged = f"{ladder.test_rows:,} later playbacks"
    if rung.estimator == "constant":
        loss = rung.measures["log_loss"].value
        return (
            f"Always predicting the skip rate of the training days has a log loss of {loss:.3f} on {judged}."
        )
    if rung.estimator == "rule":
        accuracy = rung.measures["accuracy"]
        return (
            f"Predicting that the previous outcome repeats is right for {_percent(accuracy.value)} % of "
            f"{judged}{_interval(accuracy, percent=True)}."
        )
    before = [one for one in ladder.rungs if one.estimator == rung.estimator]
    place = before.index(rung)
    without = (
        f"guessing ({GUESSING_AUC:.2f})"
        if place == 0
        else f"{before[place - 1].measures['auc'].value:.3f} without it"
    )
    auc = rung.measures["auc"]
    said = (
        f"Knowing {_GROUP_WORDS[rung.name]}, {_ESTIMATOR_WORDS[rung.estimator]} reaches an AUC of "
        f"{auc.value:.3f}{_interval(auc)} on {judged}, against {without}."
    )
    terms = getattr(rung.model.fitted, "terms", ()) if rung.model else ()
    strongest = _strongest_term(terms)
    if strongest is None:
        return said
    return f"{said} Controlling for the other {len(terms) - 2} columns, {strongest}. {CAUTION}"


def popularity_insight(model: "PopularityModel", estimator: str) -> str:
    """What the popularity model says: how often it is right, and what goes with the high bucket."""
    accuracy, base = model.measures[estimator]["accuracy"], model.measures["constant"]["accuracy"]
    right = f"{_percent(accuracy.value)} % of {model.test_rows:,} tracks of artists not learnt from"
    if estimator == "constant":
        return f"Always naming the most common bucket of popularity is right for {right}."
    better = f"against {_percent(base.value)} % for the most common one"
    said = (
        f"Knowing only what a track sounds like, {_ESTIMATOR_WORDS[estimator]} names its bucket of "
        f"popularity rightly for {right}{_interval(accuracy, percent=True)}, {better}."
    )
    strongest = _strongest_term(model.terms["high"]) if estimator == "logistic" else None
    if strongest is None:
        return said
    others = len(model.terms["high"]) - 2
    said_of_high = strongest.replace("being skipped", "the high rather than the low bucket")
    return f"{said} Controlling for the other {others} columns, {said_of_high}. {CAUTION}"


def survival_insight(survival: pl.DataFrame, agreement: pl.DataFrame) -> str:
    """What the survival curves say of all playbacks, and how far the export's flag is off.

    Args:
        survival: rows of `ml.skip_survival` of one cut-off.
        agreement: rows of `ml.skip_flag_agreement` of the same cut-off.
    """
    graded = survival.filter(pl.col("dimension") == "all", pl.col("grade").is_not_null()).sort("second")
    if graded.is_empty():
        return "There are too few music playbacks to say when listeners skip."
    shares = [
        f"{_percent(1 - row['survival'])} % {_GRADE_WORDS[row['grade']]}{_band(row)}"
        for row in graded.iter_rows(named=True)
    ]
    playbacks = graded["playbacks"][0]
    said = f"Of {playbacks:,} playbacks, {_listed(shares)} are skipped."
    skips = agreement.filter(pl.col("outcome") == "skip")
    flagged = int(skips.filter(pl.col("flag") == "skipped")["playbacks"].sum())
    total = int(skips["playbacks"].sum())
    if not total:
        return said
    return f"{said} The export's own flag says so of {_percent(flagged / total)} % of the skips."


def _band(row: Mapping[str, Any]) -> str:
    if row["survival_low"] is None:
        return ""
    low, high = 1 - row["survival_high"], 1 - row["survival_low"]
    return f" (95 % band {_percent(low)} to {_percent(high)} %)"


def _interval(estimate: "Estimate", *, percent: bool = False) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    shown = (
        f"{_percent(estimate.low)} to {_percent(estimate.high)} %"
        if percent
        else f"{estimate.low:.3f} to {estimate.high:.3f}"
    )
    return f" (95 % interval {shown})"


def _strongest_term(terms: "Sequence[Coefficient]") -> str | None:
    """The largest coefficient among those whose interval excludes no effect, in words; None without one."""
    term = _largest(terms)
    return f"one standard deviation more of {term.term} goes with {_odds(term)}" if term else None


def _largest(terms: "Sequence[Coefficient]") -> "Coefficient | None":
    """The largest coefficient of a column among those whose interval excludes no effect."""
    clear = [term for term in terms if term.sd is not None and term.excludes_no_effect]
    return max(clear, key=lambda candidate: abs(candidate.coefficient), default=None)


def _strongest(model: "SkipModel") -> str:
    names = [term.term for term in model.features]
    term = _largest(model.features)
    if term is None or term.sd is None:
        return (
            f"In {model.train_rows:,} playbacks of {model.users:,} users, none of {_listed(names)} shows an "
            "association with skipping: every 95 % interval includes no effect."
        )
    wording = _WORDINGS[term.term]
    others = _listed([name for name in names if name != term.term])
    return (
        f"Controlling for {others}, a track one standard deviation ({wording.amount(term.sd)}) "
        f"{wording.comparative} has {_odds(term)}."
    )


def _odds(term: "Coefficient") -> str:
    """The odds ratio and its interval: a percentage, or a factor where it doubles or halves the odds."""
    assert term.ci_low is not None and term.ci_high is not None  # it excludes no effect
    ratio, low, high = (math.exp(value) for value in (term.coefficient, term.ci_low, term.ci_high))
    if not 1 / _DOUBLE < ratio < _DOUBLE:
        return f"{ratio:.2g} times the odds of being skipped (95 % interval {low:.2g} to {high:.2g})"
    if ratio < 1:
        ratio, low, high, direction = 1 - ratio, 1 - high, 1 - low, "lower"
    else:
        ratio, low, high, direction = ratio - 1, low - 1, high - 1, "higher"
    return (
        f"{_percent(ratio)} % {direction} odds of being skipped "
        f"(95 % interval {_percent(low)} to {_percent(high)} %)"
    )


def _judgement(model: "SkipModel") -> str:
    days = len(model.test.days())
    following = "On the following day" if days == 1 else f"On the following {days} days"
    auc = f"{model.auc:.2f}"
    guessing = f"{GUESSING_AUC:.2f}"
    if float(auc) <= GUESSING_AUC:
        return f"{following} the model's AUC is {auc}, no better than the {guessing} of guessing."
    loss, base_loss = f"{model.log_loss:.3f}", f"{model.base_log_loss:.3f}"
    always = "always predicting the skip rate it learnt from"
    compared = (
        f"and its log loss {loss} against {base_loss} for {always}"
        if float(loss) < float(base_loss)
        else f"but its log loss of {loss} is no better than the {base_loss} of {always}"
    )
    return f"{following} the model's AUC is {auc} against {guessing} for guessing, {compared}."


def _percent(share: float) -> str:
    """A share in percent, with two significant digits below ten."""
    percent = 100 * share
    return f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
