"""Fields of a listening history that nobody planned for: kept as one JSON object, without personal ones.

Not here: which fields are planned (the readers), and what makes one personal (`privacy`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter

import orjson
import polars as pl

from spotify_assets.sources.privacy import is_personal_key, looks_personal, scrub


def values_of(elements: Sequence[Mapping[str, object]], name: str) -> list[object]:
    """The values of one field, null where it is absent."""
    try:
        return list(map(itemgetter(name), elements))
    except KeyError:
        return list(map(dict.get, elements, repeat(name)))  # type: ignore[arg-type]


@dataclass
class Extras:
    """Fields nobody planned for, each with its values by position, and those dropped as personal."""

    values: dict[str, dict[int, object]] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)


def unplanned(elements: Sequence[Mapping[str, object]], known: frozenset[str]) -> Extras:
    """The fields of the elements beyond those that are known, without personal ones."""
    extras = Extras()
    for key in sorted(set().union(*elements) - known):
        if is_personal_key(key) or looks_personal(key):
            extras.dropped.add(key)
            continue
        kept: dict[int, object] = {}
        for at, value in enumerate(values_of(elements, key)):
            if value is None or value == "":
                continue
            if (scrubbed := scrub(value)) is not None:
                kept[at] = scrubbed
            elif isinstance(value, (str, dict, list)) and value:
                extras.dropped.add(key)
        if kept:
            extras.values[key] = kept
    return extras


def extra_json(planned: pl.DataFrame, extras: Extras) -> pl.Series:
    """The `extra` column: a JSON object of what is not null, null where nothing is. What is planned wins."""
    texts = _planned_json(planned)
    if not extras.values:
        return texts
    others: dict[int, dict[str, object]] = {}
    for name, values in extras.values.items():
        wins = planned.get_column(name) if name in planned.columns else None
        for at, value in values.items():
            if wins is None or wins[at] is None:
                others.setdefault(at, {})[name] = value
    written = []
    for members, before in zip(others.values(), texts.gather(list(others)), strict=True):
        added = orjson.dumps(members).decode()
        written.append(f"{before[:-1]},{added[1:]}" if before else added)
    return texts.scatter(list(others), written)


def _planned_json(planned: pl.DataFrame) -> pl.Series:
    given = [column.name for column in planned if column.null_count() < planned.height]
    if not given:
        return pl.Series("extra", [None] * planned.height, dtype=pl.String)
    members = [pl.concat_str(pl.lit(f'"{name}":'), _member_json(planned.get_column(name))) for name in given]
    joined = planned.select(extra=pl.concat_str(members, separator=",", ignore_nulls=True))
    return joined.select(
        pl.when(pl.col("extra") != "").then(pl.format("{{{}}}", "extra")).alias("extra")
    ).to_series()


_ESCAPED = r'["\\\x00-\x1f]'
"""What stands in JSON text otherwise than it is."""


def _member_json(values: pl.Series) -> pl.Expr:
    """A column as JSON, null where it is null."""
    name = values.name
    if values.dtype != pl.String:
        return pl.col(name).cast(pl.String)
    if not values.str.contains(_ESCAPED).any():
        return pl.format('"{}"', name)
    encoded = pl.struct(name).struct.json_encode().str.slice(len(name) + 4).str.head(-1)
    return pl.when(pl.col(name).is_not_null()).then(encoded)
