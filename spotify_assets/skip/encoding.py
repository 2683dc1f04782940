"""From feature columns to design matrices: one for linear models, one for trees.

What is learnt from the training rows (means, spreads, the values of a category) is kept in the encoding, so
that other rows are encoded alike. An encoding is plain data and can be stored as JSON.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.skip.registry import Feature, Kind

Floats = npt.NDArray[np.float64]

RARE_SHARE = 0.005
"""Share of training rows below which a value of a category is pooled with the other rare ones."""
RARE_ROWS = 30
"""And the number of rows: fewer say nothing that a standard error could be trusted for."""
UNKNOWN, RARE = "unknown", "rare"
_HOURS = 24


@dataclass(frozen=True)
class Encoded:
    """How one feature is encoded.

    `mean` is that of the training rows' known values, after the logarithm for counts. `levels` are a
    category's values, most frequent first; the first is the reference that has no column of its own.
    `has_unknown` says whether training rows lack the feature.
    """

    name: str
    kind: Kind
    mean: float
    levels: tuple[str, ...]
    has_unknown: bool

    @property
    def columns(self) -> list[str]:
        """Names of its columns in the linear design."""
        if self.kind == "category":
            return [f"{self.name} = {level}" for level in self.levels[1:]]
        known = [f"{self.name} (sine)", f"{self.name} (cosine)"] if self.kind == "hour" else [self.name]
        return [*known, f"{self.name} is unknown"] if self.has_unknown else known

    def linear(self, rows: pl.DataFrame) -> list[Floats]:
        """Its columns before standardising: unknown numbers stand at the mean, with a column that says so."""
        if self.kind == "category":
            codes = self.codes(rows)
            return [(codes == code).astype(np.float64) for code in range(1, len(self.levels))]
        values = _numbers(rows, self.name, self.kind)
        unknown = np.isnan(values)
        if self.kind == "hour":
            angle = 2 * math.pi * np.where(unknown, 0.0, values) / _HOURS
            known = [np.where(unknown, 0.0, np.sin(angle)), np.where(unknown, 0.0, np.cos(angle))]
        else:
            known = [np.where(unknown, self.mean, values)]
        return [*known, unknown.astype(np.float64)] if self.has_unknown else known

    def codes(self, rows: pl.DataFrame) -> Floats:
        """Places of a category's values among the levels; a value never seen counts as rare."""
        places = {level: place for place, level in enumerate(self.levels)}
        other = places.get(RARE, 0)
        texts = rows[self.name].cast(pl.String).fill_null(UNKNOWN)
        codes: Floats = texts.replace_strict(places, default=other, return_dtype=pl.Float64).to_numpy()
        return codes

    def tree(self, rows: pl.DataFrame) -> Floats:
        """Its one column for trees, which split numbers as they are and take NaN for unknown."""
        return self.codes(rows) if self.kind == "category" else _numbers(rows, self.name, "number")


@dataclass(frozen=True)
class Encoding:
    """The encoding of several features, learnt from training rows."""

    features: tuple[Encoded, ...]

    @classmethod
    def learn(cls, rows: pl.DataFrame, features: Sequence[Feature]) -> "Encoding":
        """Learn the encoding of the features that have more than one value in the training rows."""
        learnt = (_learn(rows, feature) for feature in features)
        return cls(tuple(one for one in learnt if one is not None))

    @property
    def columns(self) -> list[str]:
        """Names of the columns of the linear design."""
        return [column for feature in self.features for column in feature.columns]

    def linear(self, rows: pl.DataFrame) -> npt.NDArray[np.float32]:
        """The design matrix of a linear model, without an intercept. One row per row."""
        return _stacked([column for feature in self.features for column in feature.linear(rows)], rows.height)

    def trees(self, rows: pl.DataFrame) -> npt.NDArray[np.float32]:
        """The matrix for trees: one column per feature. One row per row."""
        return _stacked([feature.tree(rows) for feature in self.features], rows.height)

    def to_json(self) -> list[dict[str, Any]]:
        """The encoding as JSON types."""
        return [asdict(feature) | {"levels": list(feature.levels)} for feature in self.features]

    @classmethod
    def from_json(cls, stored: Sequence[Mapping[str, Any]]) -> "Encoding":
        """The encoding that `to_json` gave."""
        return cls(tuple(Encoded(**{**one, "levels": tuple(one["levels"])}) for one in stored))


def _stacked(columns: Sequence[Floats], height: int) -> npt.NDArray[np.float32]:
    matrix = np.empty((height, len(columns)), dtype=np.float32)
    for place, column in enumerate(columns):
        matrix[:, place] = column
    return matrix


def _numbers(rows: pl.DataFrame, name: str, kind: Kind) -> Floats:
    """A feature's values as numbers, NaN where unknown or not finite; counts as ln(1 + count)."""
    values: Floats = rows[name].cast(pl.Float64).fill_null(math.nan).to_numpy()
    values = np.where(np.isfinite(values), values, math.nan)
    return np.log1p(np.maximum(values, 0)) if kind == "count" else values


def _learn(rows: pl.DataFrame, feature: Feature) -> Encoded | None:
    """How a feature is encoded; None where it has one value only, from which nothing can be learnt."""
    if feature.kind == "category":
        counts = rows[feature.name].cast(pl.String).fill_null(UNKNOWN).value_counts(name="rows")
        ordered = counts.sort("rows", feature.name, descending=[True, False])
        least = max(RARE_ROWS, RARE_SHARE * rows.height)
        levels = tuple(ordered.filter(pl.col("rows") >= least)[feature.name])
        pooled = (RARE,) if ordered.filter(pl.col("rows") < least)["rows"].sum() >= least else ()
        found = (*levels, *pooled)
        return Encoded(feature.name, "category", 0.0, found, has_unknown=False) if len(found) > 1 else None
    values = _numbers(rows, feature.name, feature.kind)
    known = values[~np.isnan(values)]
    unknown = known.size < values.size
    if not known.size or known.min() == known.max():
        return None
    return Encoded(feature.name, feature.kind, float(known.mean()), (), unknown)
