"""Skips against playbacks counted one by one, and survival against the library's own estimator."""

from dataclasses import replace

import polars as pl
import pytest

from spotify_assets.figures import skips
from spotify_assets.figures.view import Filters
from tests.dbt.test_kpis import UNKNOWN
from tests.figures.recount import FEBRUARY, chosen, within

VALUES = {
    "device": pl.col("device"),
    "position": pl.min_horizontal("session_position", 21).cast(pl.String).str.zfill(2),
    "hour": pl.col("local_hour").cast(pl.String).str.zfill(2),
    "shuffle": pl.when(pl.col("shuffle")).then(pl.lit("on")).otherwise(pl.lit("off")),
    "reason_start": pl.col("reason_start").fill_null(UNKNOWN),
}


def views() -> list[Filters]:
    """With a mart that answers, and with the playbacks alone."""
    user = str(within(FEBRUARY)["user_id"].max())
    return [Filters(FEBRUARY), replace(Filters(FEBRUARY), user_id=user)]


@pytest.mark.parametrize("restricted", [False, True])
@pytest.mark.parametrize("dimension", list(VALUES))
def test_rates_by_what_a_playback_was(connection, dimension, restricted):
    filters = views()[restricted]
    value = VALUES[dimension]
    if dimension == "shuffle":
        value = pl.when(pl.col("shuffle").is_null()).then(pl.lit(UNKNOWN)).otherwise(value)
    wanted = chosen(filters).group_by(value.alias("value")).agg(plays=pl.len(), skips=pl.col("is_skip").sum())

    found = skips.by_dimension(connection, filters, dimension)

    assert wanted.height > 1
    assert sorted(found.select("value", "plays", "skips").rows()) == sorted(wanted.rows())
    assert found["skip_rate"].to_list() == pytest.approx((found["skips"] / found["plays"]).to_list())


@pytest.mark.parametrize("restricted", [False, True])
def test_survival_is_one_less_the_cumulative_incidence(connection, restricted):
    filters = views()[restricted]
    rows = chosen(filters).with_columns(second=((pl.col("ms_played") + 999) // 1000).clip(upper_bound=300))

    still, incidence, wanted = 1.0, 0.0, {}
    for (second,), ended in sorted(rows.partition_by("second", as_dict=True).items()):
        playing = rows.filter(pl.col("second") >= second).height
        incidence += still * int(ended["is_skip"].sum()) / playing
        still *= 1 - (int(ended["is_skip"].sum()) + int(ended["is_complete"].sum())) / playing
        wanted[second] = (playing, 1 - incidence)

    found = skips.survival(connection, filters)

    assert found["second"].to_list() == list(wanted)
    assert found["playing"].to_list() == [playing for playing, _ in wanted.values()]
    assert found["survival"].to_list() == pytest.approx([share for _, share in wanted.values()], abs=1e-9)


def test_grades_are_read_off_the_curve():
    curve = pl.DataFrame(
        {"second": [2, 5, 6, 40], "playing": [10, 9, 8, 7], "survival": [0.9, 0.8, 0.7, 0.6]}
    )
    assert skips.by_grade(curve)["share"].to_list() == pytest.approx([0.2, 0.3, 0.3, 0.4])
    assert skips.by_grade(curve.filter(pl.col("second") > 30))["share"].to_list() == pytest.approx(
        [0, 0, 0, 0.4]
    )
    assert skips.by_grade(curve.clear())["share"].to_list() == [None] * 4


@pytest.mark.parametrize("restricted", [False, True])
def test_the_flag_is_told_beside_the_outcome(connection, restricted):
    filters = views()[restricted]
    flag = pl.col("skipped").replace_strict({True: "skipped", False: "not skipped"}, default="says nothing")
    wanted = chosen(filters).group_by("outcome", flag.alias("flag")).len()

    found = skips.flag_against_outcome(connection, filters)

    assert sorted(found.select("outcome", "flag", "plays").rows()) == sorted(wanted.rows())
    assert found.group_by("outcome").agg(pl.col("share").sum())["share"].to_list() == pytest.approx(
        [1.0] * found["outcome"].n_unique()
    )
