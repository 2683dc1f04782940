"""Survival curves against the share counted by hand, and what the export's flag says."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from spotify_assets.skip.survival import NEEDED, flag_agreement, skip_survival
from spotify_assets.tables import LISTENING_EVENTS, SKIP_FLAG_AGREEMENT, SKIP_SURVIVAL

NOON = datetime.fromisoformat("2025-03-01T12:00:00")
NO_GENRES = pl.DataFrame(schema={"track_id": pl.String(), "genre": pl.String()})


def plays(seed: int, rows: int = 2_000, *, abandoned: bool = False) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    outcome = random.choice(["skip", "complete"], rows)
    if abandoned:
        outcome[random.random(rows) < 0.3] = "abandoned"
    ms = np.where(outcome == "complete", 200_000, random.integers(0, 200_000, rows))
    return pl.DataFrame(
        {
            "user_id": [f"u{user}" for user in random.integers(0, 30, rows)],
            "track_id": [f"t{track}" for track in random.integers(0, 50, rows)],
            "started_at": [NOON + timedelta(hours=int(hour)) for hour in random.integers(0, 3, rows)],
            "action": "play",
            "content_type": "music",
            "ms_played": ms,
            "outcome": outcome,
            "device": random.choice(["mobile", "desktop"], rows),
            "session_position": random.integers(1, 20, rows),
            "skipped": [None, True, False] * (rows // 3) + [True] * (rows % 3),
            "reason_end": "fwdbtn",
            "source": "extended_history",
        }
    ).cast({name: LISTENING_EVENTS.polars_schema[name] for name in NEEDED})


def at(curves: pl.DataFrame, second: int, value: str = "all") -> dict[str, float]:
    return curves.row(by_predicate=(pl.col("second") == second) & (pl.col("value") == value), named=True)


def test_without_abandoned_playbacks_survival_is_the_share_not_skipped_by_then():
    events = plays(1)
    curves = skip_survival(events, NO_GENRES)
    is_skip, ms = (events["outcome"] == "skip").to_numpy(), events["ms_played"].to_numpy()
    for second in (0, 5, 10, 30, 150, 300):
        expected = 1 - (is_skip & (ms <= 1000 * second)).mean()
        assert at(curves, second)["survival"] == pytest.approx(expected), second
    for second in (5, 300):
        device = events.filter(pl.col("device") == "mobile")
        expected = (
            1 - device.filter(pl.col("ms_played") <= 1000 * second, outcome="skip").height / device.height
        )
        assert at(curves, second, "mobile")["survival"] == pytest.approx(expected)


def test_abandoned_playbacks_count_as_long_as_they_were_heard():
    """An abandoned playback might have been skipped later, so the share skipped rises among the others."""
    curves = skip_survival(plays(2, abandoned=True), NO_GENRES)
    # Aalen-Johansen by hand: share still playing before each second times share of those skipped in it.
    events = plays(2, abandoned=True).with_columns(second=(pl.col("ms_played") / 1000).ceil().clip(0, 300))
    playing, skipped = 1.0, 0.0
    for second in range(31):
        at_risk = events.filter(pl.col("second") >= second)
        now = at_risk.filter(pl.col("second") == second)
        skips, completes = (now.filter(outcome=one).height for one in ("skip", "complete"))
        skipped += playing * skips / at_risk.height
        playing *= 1 - (skips + completes) / at_risk.height
    assert at(curves, 30)["survival"] == pytest.approx(1 - skipped)


def test_bands_hold_the_curve_which_never_rises():
    curves = skip_survival(plays(3), NO_GENRES).filter(pl.col("value") == "all")
    assert (curves["survival"].diff().drop_nulls() <= 0).all()
    assert (curves["survival_low"] <= curves["survival"]).all()
    assert (curves["survival"] <= curves["survival_high"]).all()
    assert (curves["survival_low"] < curves["survival_high"])[300]


def test_grades_are_named_at_their_seconds():
    graded = skip_survival(plays(4), NO_GENRES).filter(
        pl.col("value") == "all", pl.col("grade").is_not_null()
    )
    assert graded.select("second", "grade").rows() == [(5, "5 s"), (10, "10 s"), (30, "30 s"), (300, "end")]


def test_playbacks_are_grouped_by_genre_device_position_and_hour():
    genres = pl.DataFrame({"track_id": ["t1", "t1", "t2"], "genre": ["rock", "pop", "rock"]})
    few = skip_survival(plays(5, 6_000), genres)
    groups = {key: set(part["value"]) for (key,), part in few.group_by("dimension")}
    assert groups["device"] == {"mobile", "desktop"}
    assert groups["hour"] == {"12", "13", "14"}
    assert groups["position"] == {"1", "2", "3", "4-5", "6-10", "11 and more"}
    assert groups["genre"] == {"rock", "pop"}
    assert few.columns == [name for name in SKIP_SURVIVAL.column_names if name != "cutoff_date"]


def test_groups_with_few_playbacks_and_what_is_no_music_are_left_out():
    events = plays(6).with_columns(device=pl.lit("mobile"))
    few = events.head(99).with_columns(device=pl.lit("tv"))
    podcasts = events.with_columns(device=pl.lit("car"), content_type=pl.lit("podcast"))
    curves = skip_survival(pl.concat([events, few, podcasts]), NO_GENRES)
    assert set(curves.filter(pl.col("dimension") == "device")["value"]) == {"mobile"}


def test_one_user_has_a_curve_without_a_band_and_nobody_has_none():
    alone = skip_survival(plays(7).with_columns(user_id=pl.lit("anna")), NO_GENRES)
    assert alone["survival_low"].null_count() == alone.height > 0
    assert skip_survival(plays(8).clear(), NO_GENRES).is_empty()


def test_the_flag_is_compared_with_the_outcome():
    events = plays(9, 600)
    agreement = flag_agreement(events)
    assert agreement.columns == [name for name in SKIP_FLAG_AGREEMENT.column_names if name != "cutoff_date"]
    assert agreement["playbacks"].sum() == 600
    said = {(row["outcome"], row["flag"]): row["agrees"] for row in agreement.iter_rows(named=True)}
    assert said == {
        ("skip", "skipped"): True,
        ("skip", "not skipped"): False,
        ("skip", "unknown"): None,
        ("complete", "skipped"): False,
        ("complete", "not skipped"): True,
        ("complete", "unknown"): None,
    }
    [wrong] = agreement.filter(outcome="skip", flag="not skipped")["playbacks"]
    assert wrong == events.filter(outcome="skip", skipped=False).height
