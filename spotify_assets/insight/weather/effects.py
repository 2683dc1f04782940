"""What listening has to do with weather, light and season: one estimate for each question, with its interval.

A question is a measure of a listener and a condition: is the valence of what they play another when it
rains? Each clock hour of the listener's days counts once, by what was heard in it. Within a month and a local
hour of the day hours are compared with each other, so that neither season nor daily rhythm stands for the
weather. Weather lasts for days, and so do moods: intervals come from drawing whole blocks of days.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.tables import WEATHER_EFFECTS

RULES = "weather-v2"
MEASURES = ("valence", "energy", "tempo", "minutes", "skip_rate")
BLOCK_DAYS = 7
SEASON_BLOCK = "1q"
"""Seasons are compared by their instances: what differs between two winters is no effect of winter."""
LEAST_BLOCKS, LEAST_SEASONS = 12, 8
"""Blocks below which nothing is said."""
DRAWS = 2_000
LEVEL = 0.05
"""Of all answers, adjusted for their number by Benjamini and Hochberg (1995)."""


@dataclass(frozen=True)
class Condition:
    """What listening may go with: its name, what an estimate is the difference between, and its value."""

    name: str
    compares: str
    value: pl.Expr
    seasonal: bool = False


RAIN_MM = 0.1
"""Rain or snow in an hour, as water, from which it counts as wet: the least that gauges tell."""
CONDITIONS = (
    Condition("rain", "wet hours less dry ones", (pl.col("rain_mm") >= RAIN_MM).cast(pl.Float64)),
    Condition("temperature", "ten degrees more", pl.col("temperature_c") / 10),
    Condition("daylight", "the sun up less down", pl.col("is_daylight").cast(pl.Float64)),
    Condition(
        "season",
        "summer half-year less winter half-year",
        (pl.col("season_month").is_between(4, 9)).cast(pl.Float64),
        seasonal=True,
    ),
)


def weather_effects(hours: pl.DataFrame, *, seed: int = 7) -> pl.DataFrame:
    """The answers to every question. One row per listener, condition and measure, as core.weather_effects.

    `hours` has one row per listener and clock hour from the first to the last of their listening, heard in
    or not: `user_id`, `local_date`, `local_hour`, `minutes`, `decided` (plays of known outcome), `skips`, the
    means `valence`, `energy` and `tempo` with the plays that they are of (`sounding`), `rain_mm`,
    `temperature_c`, `is_daylight`, and `season_month` (the month, six later south of the equator).
    """
    rng = np.random.default_rng(seed)
    rows = [
        _answer(mine, condition, measure, rng) | {"user_id": user}
        for (user,), mine in hours.sort("user_id", "local_date", "local_hour")
        .partition_by("user_id", as_dict=True, maintain_order=True)
        .items()
        for condition in CONDITIONS
        for measure in MEASURES
    ]
    answers = pl.DataFrame(rows, schema_overrides={"p_value": pl.Float64})
    return with_adjusted(answers).select(WEATHER_EFFECTS.column_names) if rows else WEATHER_EFFECTS.empty()


def with_adjusted(answers: pl.DataFrame) -> pl.DataFrame:
    """With `adjusted_p_value` over all answers, and `is_positive` where that is below `LEVEL`."""
    from scipy import stats  # type: ignore[import-untyped]  # noqa: PLC0415

    p = answers["p_value"]
    adjusted = np.full(len(p), np.nan)
    known = p.is_not_null().to_numpy()
    if known.any():
        adjusted[known] = stats.false_discovery_control(p.drop_nulls().to_numpy(), method="bh")
    return answers.with_columns(adjusted_p_value=pl.Series(adjusted).fill_nan(None)).with_columns(
        is_positive=(pl.col("adjusted_p_value") < LEVEL).fill_null(value=False)
    )


def _answer(
    hours: pl.DataFrame, condition: Condition, measure: str, rng: np.random.Generator
) -> dict[str, object]:
    """The answer to one question; without an estimate where there is too little to compare."""
    from scipy import stats  # noqa: PLC0415

    rows = _cells(hours, condition, measure)
    x, y, w = (rows[name].to_numpy() for name in ("x", "y", "w"))
    of_block = rows["block"].rle_id().to_numpy().astype(np.int64)
    blocks = int(of_block[-1]) + 1 if of_block.size else 0
    answer: dict[str, object] = {
        "condition": condition.name,
        "measure": measure,
        "compares": condition.compares,
        "hours": rows.height,
        "blocks": blocks,
        "mean": float(np.average(y, weights=w)) if rows.height else None,
        "rule_version": RULES,
    } | dict.fromkeys(("estimate", "ci_low", "ci_high", "p_value"))
    if blocks < (LEAST_SEASONS if condition.seasonal else LEAST_BLOCKS):
        return answer
    within = ["local_hour"] if condition.seasonal else ["month", "local_hour"]
    dx, dy = (_within(rows, values, w, within) for values in (x, y))
    xx, xy = (np.bincount(of_block, w * dx * each).astype(np.float64) for each in (dx, dy))
    slopes = _drawn(xx, xy, rng)
    if slopes is None:
        return answer
    estimate, drawn = slopes
    # Each month's mean is taken from a few blocks, which then differ from it less than from the true one, as
    # a variance around a mean is too small by (n - 1) / n; a t distribution, because blocks are few.
    left = blocks - (1 if condition.seasonal else rows["month"].n_unique())
    drawn = estimate + (drawn - estimate) * np.sqrt(blocks / left)
    low, high = np.quantile(drawn, [0.025, 0.975])
    p = 2 * stats.t.sf(abs(estimate) / drawn.std(ddof=1), left) if drawn.std() > 0 else 1.0
    return answer | {
        "estimate": float(estimate),
        "ci_low": float(low),
        "ci_high": float(high),
        "p_value": float(p),
    }


def _cells(hours: pl.DataFrame, condition: Condition, measure: str) -> pl.DataFrame:
    """Condition `x`, measure `y` and weight `w` of each hour in which both are known, with its block."""
    value, weight = {
        "minutes": (pl.col("minutes"), pl.lit(1.0)),
        "skip_rate": (pl.col("skips") / pl.col("decided"), pl.col("decided")),
    }.get(measure, (pl.col(measure), pl.col("sounding")))
    block = (
        pl.col("local_date").dt.truncate(SEASON_BLOCK)
        if condition.seasonal
        else pl.col("local_date").dt.epoch("d") // BLOCK_DAYS
    )
    return hours.select(
        x=condition.value,
        y=value.cast(pl.Float64),
        w=weight.cast(pl.Float64),
        block=block,
        month=pl.col("local_date").dt.truncate("1mo"),
        local_hour="local_hour",
    ).filter(pl.col("w") > 0, pl.col("x").is_not_null(), pl.col("y").is_finite())


def _within(
    rows: pl.DataFrame, values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], groups: list[str]
) -> npt.NDArray[np.float64]:
    """The values less their weighted means by each group, in turns until nothing moves."""
    numbers = [rows[name].rank("dense").to_numpy().astype(np.int64) for name in groups]
    sums = [np.maximum(np.bincount(number, weights), 1e-12) for number in numbers]
    left = values.astype(np.float64)
    for _ in range(50 if len(groups) > 1 else 1):
        before = left
        for number, total in zip(numbers, sums, strict=True):
            left = left - (np.bincount(number, weights * left) / total)[number]
        if np.abs(left - before).max(initial=0) < 1e-10:
            break
    return left


def _drawn(
    xx: npt.NDArray[np.float64], xy: npt.NDArray[np.float64], rng: np.random.Generator
) -> tuple[float, npt.NDArray[np.float64]] | None:
    """The slope of all blocks, and those of blocks drawn again and again; None where nothing varies."""
    if xx.sum() <= 1e-12:
        return None
    times = rng.multinomial(len(xx), np.full(len(xx), 1 / len(xx)), size=DRAWS)
    below = times @ xx
    slopes = (times @ xy)[below > 1e-12] / below[below > 1e-12]
    return float(xy.sum() / xx.sum()), slopes
