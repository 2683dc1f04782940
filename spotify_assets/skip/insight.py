"""What the skip model says, in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spotify_assets.skip.model import FeatureTerm, SkipModel

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


def insight(model: "SkipModel") -> str:
    """Two readable sentences on a trained skip model, and a caution.

    The first names the feature with the largest coefficient among those whose 95 % interval excludes no
    effect, or says that there is none. It is the strongest of several, so its interval is a little
    optimistic. The second says how much better than guessing the model is on the test window.
    """
    return f"{_strongest(model)} {_judgement(model)} This is association, not cause."


def _strongest(model: "SkipModel") -> str:
    names = [term.name for term in model.features]
    clear = [term for term in model.features if term.excludes_no_effect]
    if not clear:
        return (
            f"In {model.train_rows:,} playbacks of {model.users:,} users, none of {_listed(names)} shows an "
            "association with skipping: every 95 % interval includes no effect."
        )
    term = max(clear, key=lambda candidate: abs(candidate.coefficient))
    wording = _WORDINGS[term.name]
    others = _listed([name for name in names if name != term.name])
    return (
        f"Controlling for {others}, a track one standard deviation ({wording.amount(term.sd)}) "
        f"{wording.comparative} has {_effect(term)}."
    )


def _effect(term: "FeatureTerm") -> str:
    """The odds ratio and its interval: a percentage, or a factor where it doubles or halves the odds."""
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
    days = (model.test.last - model.test.first).days + 1
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
