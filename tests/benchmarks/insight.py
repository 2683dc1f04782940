"""The tables of what was planted and found: recommendations, unusual listening, the weather.

    .venv/bin/python -m tests.benchmarks.insight [ladders] [unusual] [weather] [--seeds 20]

- ladders: both ladders of recommendations, each rung with its share of the best list's (mean of five seeds);
- unusual: by kind the planted cases and those found, and finds and those that are right, over the seeds; and
  false alarms per listener and year where nothing is planted;
- weather: the share of answers that are positive where nothing is planted (at most 5 % may be) and where rain
  makes listeners sad, by condition and measure, over half as many seeds.

Each prints a table.
"""

import argparse

import polars as pl

from spotify_assets.insight.weather.effects import weather_effects
from tests.benchmarks.recommend import ladders
from tests.insight.planted import agreement, heard, weather_year

USERS, DAYS = 24, 84
YEAR_USERS = 8


def unusual(seeds: int) -> pl.DataFrame:
    """One row per kind: `cases`, `recalled`, `rows` found, `right` ones, `recall` and `precision`."""
    every = [heard(seed, users=USERS, days=DAYS) for seed in range(1, seeds + 1)]
    agreed = pl.concat(agreement(one.find(), one.key) for one in every)
    summed = agreed.group_by("kind").sum().sort("kind")
    alarms = sum(
        heard(seed, users=USERS, days=DAYS, unusual=False).find().height for seed in range(1, seeds + 1)
    )
    years = seeds * USERS * DAYS / 365
    print(f"False alarms without any planted: {alarms} in {years:.0f} years of listeners")
    return summed.with_columns(
        recall=pl.col("recalled") / pl.col("cases"), precision=pl.col("right") / pl.col("rows")
    )


def weather(seeds: int) -> pl.DataFrame:
    """One row per condition and measure: the share of positive answers, where nothing is planted and where
    rain is, and the mean difference there."""
    found = [
        weather_effects(weather_year(seed, users=YEAR_USERS, planted=planted)).with_columns(
            planted=pl.lit("planted" if planted else "null")
        )
        for seed in range(1, max(2, seeds // 2) + 1)
        for planted in (False, True)
    ]
    answers = pl.concat(found).filter(pl.col("estimate").is_not_null())
    for kind, total, positive in (
        answers.group_by("planted").agg(pl.len(), pl.col("is_positive").sum()).sort("planted").iter_rows()
    ):
        print(f"{kind}: {positive} of {total} answers are positive ({positive / total:.1%})")
    shares = answers.pivot(
        "planted", index=["condition", "measure"], values="is_positive", aggregate_function="mean"
    )
    means = (
        answers.filter(pl.col("planted") == "planted")
        .group_by("condition", "measure")
        .agg(difference=pl.col("estimate").mean())
    )
    return shares.join(means, on=["condition", "measure"]).sort("condition", "measure")


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=["ladders", "unusual", "weather"])
    parser.add_argument("--seeds", type=int, default=20)
    asked = parser.parse_args()
    made = {
        "ladders": lambda: pl.DataFrame(ladders()),
        "unusual": lambda: unusual(asked.seeds),
        "weather": lambda: weather(asked.seeds),
    }
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=160, tbl_hide_dataframe_shape=True):
        for part in asked.parts:
            print(f"\n== {part}\n{made[part]()}", flush=True)


if __name__ == "__main__":
    main()
