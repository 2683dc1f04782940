"""Logistic regression that is made to be read: standardised coefficients with cluster-robust errors.

Both readable models are fitted here: the five features of `skip.model` without a penalty, and the rungs of
the ladder with one.

Formulas: Newton's method on the penalised likelihood; cluster-robust covariance with the small-sample factor
G/(G-1)·(n-1)/(n-k) and the t distribution with G-1 degrees of freedom for G clusters: Cameron & Miller, "A
Practitioner's Guide to Cluster-Robust Inference", J. Human Resources 50 (2015), sections II.B, VI.D.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32] | Floats

RIDGE = 1.0
"""Penalty on half the squared standardised coefficients, the standard normal as prior. It keeps coefficients
finite where a rare value separates the outcomes; against thousands of rows it weighs nothing."""
CONFIDENCE = 0.95
INTERCEPT = "intercept"
_LEAST_PIVOT = 1e-5
"""Share of a column's variance that the columns before it must leave unexplained; one with less repeats
them and is left out."""
_SMALLEST_STEP = 1e-6
"""Of any coefficient, below which they have settled. Where a column separates the outcomes the likelihood
settles too, while the coefficient grows by one in every step."""
_STEPS = 50
_LONGEST_STEP = 5.0
_CHUNK = 65_536
"""Rows whose products are formed at once, so that memory stays flat."""


@dataclass(frozen=True)
class Coefficient:
    """One coefficient per standard deviation of its column, in log-odds, with its 95 % interval.

    The error and what follows from it are None where there are fewer than two clusters.
    """

    term: str
    coefficient: float
    standard_error: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    mean: float | None
    sd: float | None

    @property
    def excludes_no_effect(self) -> bool:
        """Whether the 95 % interval is known and leaves out 0."""
        return self.ci_low is not None and self.ci_high is not None and (self.ci_low > 0 or self.ci_high < 0)


@dataclass(frozen=True)
class Logistic:
    """A fitted model: `kept` are the columns of the design that it uses."""

    kept: tuple[int, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    intercept: float
    weights: tuple[float, ...]
    terms: tuple[Coefficient, ...]

    def predict(self, design: Matrix) -> Floats:
        """Probability of the outcome, per row."""
        weights = np.array(self.weights) / np.array(self.sd)
        offset = self.intercept - float(weights @ np.array(self.mean))
        return sigmoid(_times(design, self.kept, weights) + offset)

    def to_json(self) -> dict[str, Any]:
        """What predicting needs, as JSON types."""
        return {
            "kept": list(self.kept),
            "mean": list(self.mean),
            "sd": list(self.sd),
            "intercept": self.intercept,
            "weights": list(self.weights),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Logistic":
        """The model that `to_json` gave; its terms are not kept there."""
        lists = {name: tuple(stored[name]) for name in ("kept", "mean", "sd", "weights")}
        return cls(**lists, intercept=float(stored["intercept"]), terms=())


def sigmoid(log_odds: Floats) -> Floats:
    """The probability with these log-odds."""
    probability: Floats = np.exp(-np.logaddexp(0.0, -log_odds))
    return probability


def fit(
    design: Matrix,
    outcome: npt.NDArray[np.bool_],
    clusters: npt.NDArray[np.int64],
    names: Sequence[str],
    *,
    columns: Sequence[int] | None = None,
    ridge: float = RIDGE,
) -> Logistic:
    """Fit by Newton's method and estimate cluster-robust errors.

    Args:
        design: one row per observation, without an intercept; standardised here.
        outcome: whether each observation has the outcome.
        clusters: number of each observation's cluster, from 0.
        names: of the design's columns.
        columns: those to use, all by default. One that is constant, or a linear function of those before
            it, is left out.
        ridge: penalty; 0 for maximum likelihood.

    Raises:
        ArithmeticError: the coefficients do not settle, which a positive penalty prevents.
    """
    wanted = list(range(design.shape[1])) if columns is None else list(columns)
    x = _Standardised.of(design, independent(design, wanted))
    y = outcome.astype(np.float64)
    penalty = np.full(len(x.columns) + 1, ridge)
    penalty[0] = 0.0
    beta = np.zeros(len(x.columns) + 1)
    beta[0] = _log_odds(float(y.mean()))
    try:
        beta = _settled(x, y, beta, penalty)
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        said = ", ".join(names[column] for column in x.columns)
        raise ArithmeticError(f"the coefficients of {said} do not settle") from error
    _, information = _derivatives(x, y, beta)
    errors = _robust_errors(x, y, beta, information + np.diag(penalty), clusters)
    return Logistic(
        kept=tuple(x.columns),
        mean=tuple(x.mean.tolist()),
        sd=tuple(x.sd.tolist()),
        intercept=float(beta[0]),
        weights=tuple(beta[1:].tolist()),
        terms=_terms([names[column] for column in x.columns], beta, errors, x, int(clusters.max()) + 1),
    )


def independent(design: Matrix, columns: Sequence[int]) -> list[int]:
    """Those of some columns of a design that vary and are no linear function of those before them."""
    x = _Standardised.of(design, list(columns))
    x = x.select([place for place in range(len(columns)) if x.sd[place] > 0])
    gram = np.zeros((len(x.columns) + 1, len(x.columns) + 1))
    for _, part in x.chunks():
        gram += part.T @ part
    gram = gram[1:, 1:]
    kept: list[int] = []
    for place in range(len(x.columns)):
        own, across = gram[place, place], gram[kept, place]
        explained = across @ np.linalg.solve(gram[np.ix_(kept, kept)], across) if kept else 0.0
        if own - explained > _LEAST_PIVOT * own:
            kept.append(place)
    return [x.columns[place] for place in kept]


@dataclass(frozen=True)
class _Standardised:
    """Columns of a design in standard deviations from their mean, formed some rows at a time."""

    design: Matrix
    columns: list[int]
    mean: Floats
    sd: Floats

    @classmethod
    def of(cls, design: Matrix, columns: list[int]) -> "_Standardised":
        """The columns with their mean and standard deviation (n - 1)."""
        n = design.shape[0]
        total, squares = np.zeros(len(columns)), np.zeros(len(columns))
        for rows in _chunks(n):
            total += design[rows][:, columns].astype(np.float64).sum(axis=0)
        mean = total / n
        for rows in _chunks(n):
            squares += ((design[rows][:, columns].astype(np.float64) - mean) ** 2).sum(axis=0)
        return cls(design, columns, mean, np.sqrt(squares / max(1, n - 1)))

    def select(self, places: list[int]) -> "_Standardised":
        """Some of the columns, by their place."""
        columns = [self.columns[place] for place in places]
        return _Standardised(self.design, columns, self.mean[places], self.sd[places])

    def chunks(self) -> Iterator[tuple[slice, Floats]]:
        """The rows with a column of ones before the others."""
        for rows in _chunks(self.design.shape[0]):
            x = np.empty((rows.stop - rows.start, len(self.columns) + 1))
            x[:, 0] = 1.0
            x[:, 1:] = (self.design[rows][:, self.columns] - self.mean) / self.sd
            yield rows, x


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))


def _chunks(rows: int) -> list[slice]:
    return [slice(start, min(start + _CHUNK, rows)) for start in range(0, rows, _CHUNK)]


def _times(design: Matrix, columns: Sequence[int], weights: Floats) -> Floats:
    product = np.empty(design.shape[0])
    for rows in _chunks(design.shape[0]):
        product[rows] = design[rows][:, list(columns)].astype(np.float64) @ weights
    return product


def _derivatives(x: _Standardised, y: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """Gradient and information matrix of the log-likelihood."""
    gradient = np.zeros(beta.size)
    information = np.zeros((beta.size, beta.size))
    for rows, part in x.chunks():
        p = sigmoid(part @ beta)
        gradient += part.T @ (y[rows] - p)
        information += (part * (p * (1 - p))[:, None]).T @ part
    return gradient, information


def _settled(x: _Standardised, y: Floats, beta: Floats, penalty: Floats) -> Floats:
    """The coefficients that maximise the penalised likelihood, from those given on.

    Raises:
        ArithmeticError: they do not settle.
    """
    for _ in range(_STEPS):
        gradient, information = _derivatives(x, y, beta)
        step = np.linalg.solve(information + np.diag(penalty), gradient - penalty * beta)
        longest = float(np.abs(step).max())
        # A step that would overshoot where probabilities saturate is shortened.
        beta = beta + step / max(1.0, longest / _LONGEST_STEP)
        if longest < _SMALLEST_STEP:
            return beta
    raise ArithmeticError


def _robust_errors(
    x: _Standardised, y: Floats, beta: Floats, bread: Floats, clusters: npt.NDArray[np.int64]
) -> Floats | None:
    """Cluster-robust standard errors; None where there is one cluster, which varies from no other."""
    from scipy.sparse import csr_array  # type: ignore[import-untyped]  # noqa: PLC0415

    count = int(clusters.max()) + 1
    if count < 2:
        return None
    scores = np.zeros((count, beta.size))
    for rows, part in x.chunks():
        residual = y[rows] - sigmoid(part @ beta)
        place = np.arange(residual.size)
        scores += csr_array((residual, (clusters[rows], place)), shape=(count, residual.size)) @ part
    inverse = np.linalg.inv(bread)
    factor = count / (count - 1) * (y.size - 1) / max(1, y.size - beta.size)
    errors: Floats = np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse * factor))
    return errors


def _terms(
    names: Sequence[str], beta: Floats, errors: Floats | None, x: _Standardised, clusters: int
) -> tuple[Coefficient, ...]:
    from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped]  # noqa: PLC0415

    moments = [(None, None), *zip(x.mean.tolist(), x.sd.tolist(), strict=True)]
    rows = zip([INTERCEPT, *names], beta.tolist(), moments, strict=True)
    if errors is None:
        return tuple(Coefficient(name, b, None, None, None, None, *m) for name, b, m in rows)
    half = float(stdtrit(clusters - 1, (1 + CONFIDENCE) / 2)) * errors
    p_values = 2 * stdtr(clusters - 1, -np.abs(beta) / np.where(errors > 0, errors, np.inf))
    return tuple(
        Coefficient(name, b, error, b - width, b + width, p, *m)
        for (name, b, m), error, width, p in zip(
            rows, errors.tolist(), half.tolist(), p_values.tolist(), strict=True
        )
    )
