"""Synthetic events: what a day is, that it always comes out the same, and that it is possible."""

from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.generator import world
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import generate_day, generate_days, write_days
from spotify_assets.generator.planted import PLACES, Behaviour
from spotify_assets.generator.population import Population, population
from spotify_assets.generator.truth import truth_path
from spotify_assets.lake import layout
from spotify_assets.sources.landed import read_landed
from spotify_assets.tables import LISTENING_EVENTS, RAW_EVENTS
from spotify_assets.transforms.outcomes import with_outcome
from tests.examples import examples
from tests.generator.worlds import default_month, playbacks, small_catalogue

SMALL = GeneratorConfig(users=40, seed=5)
CLOCK_CHANGE = date(2026, 10, 25)
"""European clocks go back."""


def days_from(first: date, count: int, config: GeneratorConfig = SMALL) -> pl.DataFrame:
    days = generate_days(config, small_catalogue(), first, first + timedelta(days=count - 1))
    return pl.concat(events for _, events in days)


@examples(15)
@given(
    seed=st.integers(0, 2**31),
    users=st.integers(1, 30),
    first=st.dates(date(2010, 1, 1), date(2030, 1, 1)),
)
def test_a_day_alone_equals_the_same_day_of_a_range(seed, users, first):
    config = GeneratorConfig(users=users, seed=seed)
    for day, events in generate_days(config, small_catalogue(), first, first + timedelta(days=2)):
        assert events.equals(generate_day(config, small_catalogue(), day))


@examples(8)
@given(at_once=st.integers(1, 2_000))
def test_a_day_does_not_depend_on_how_many_users_are_simulated_together(at_once):
    whole = generate_day(SMALL, small_catalogue(), CLOCK_CHANGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "PLAYBACKS_AT_ONCE", at_once)
        assert generate_day(SMALL, small_catalogue(), CLOCK_CHANGE).equals(whole)


@examples(15)
@given(seed=st.integers(0, 2**31), busy=st.floats(0.1, 3.0), length=st.floats(2.0, 20.0))
def test_playbacks_of_a_user_never_overlap(seed, busy, length):
    config = GeneratorConfig(users=40, seed=seed, sessions_per_day=busy, tracks_per_session=length)
    rows = playbacks(days_from(CLOCK_CHANGE - timedelta(days=1), 3, config))
    before = pl.col("ended_at").shift(1).over("user_id")
    assert rows.filter(pl.col("started_at") < before).is_empty()


def test_another_seed_gives_other_events_of_other_people():
    other = GeneratorConfig(users=40, seed=6)
    mine, theirs = (generate_day(c, small_catalogue(), CLOCK_CHANGE) for c in (SMALL, other))
    assert mine.join(theirs, on="event_id").is_empty()
    assert mine.join(theirs, on="user_id").is_empty()


def test_columns_are_exactly_those_of_raw_events():
    events = generate_day(SMALL, small_catalogue(), date(2026, 10, 1))
    assert events.schema == RAW_EVENTS.polars_schema
    assert events["source_row"].to_list() == list(range(1, events.height + 1))
    assert events["source_file"].unique().to_list() == ["synthetic@seed5/2026-10-01"]
    assert events["source"].unique().to_list() == ["synthetic"]
    assert events["content_type"].unique().to_list() == ["music"]


def test_spans_of_a_day_add_up_to_it():
    population = world.World.build(SMALL, small_catalogue())
    day = date(2026, 10, 1)
    begin, end = world.span_of(day)
    cut = begin + 31_415_926
    parts = [population.between(*span, source_file="any") for span in ((begin, cut), (cut, end))]
    provenance = ("source_file", "source_row")
    assert (
        pl.concat(parts)
        .drop(provenance)
        .sort("event_id")
        .equals(population.day(day).drop(provenance).sort("event_id"))
    )


def test_an_empty_day_has_the_columns_too():
    nobody = GeneratorConfig(users=1, seed=1, sessions_per_day=0.0001)
    events = generate_day(nobody, small_catalogue(), date(2026, 10, 1))
    assert events.is_empty()
    assert events.schema == RAW_EVENTS.polars_schema


def test_values_keep_the_rules_of_listening_events():
    events = days_from(date(2026, 10, 1), 3)
    for column in LISTENING_EVENTS.columns:
        if column.name not in events.columns:
            continue
        values = events[column.name]
        if not column.nullable:
            assert values.null_count() == 0, column.name
        if column.pattern:
            assert values.str.contains(f"^{column.pattern}$").all(), column.name
        if column.accepted:
            assert set(values) <= set(column.accepted), column.name
    assert set(events["action"]) == {"play", "skip", "pause", "add_to_playlist"}
    assert events["event_id"].is_unique().all()


def test_an_event_belongs_to_the_utc_date_on_which_it_ended():
    for day, events in generate_days(SMALL, small_catalogue(), date(2026, 10, 1), date(2026, 10, 3)):
        assert (events["event_date"] == day).all()
        assert (events["ended_at"].dt.date() == day).all()


def test_time_passed_covers_the_time_played():
    rows = playbacks(days_from(date(2026, 10, 1), 3))
    passed = (pl.col("ended_at") - pl.col("started_at")).dt.total_milliseconds()
    assert rows.filter(passed < pl.col("ms_played")).is_empty()


def test_sessions_run_over_midnight_and_lie_more_than_half_an_hour_apart():
    rows = playbacks(days_from(date(2026, 10, 1), 4, replace(SMALL, users=200)))
    dates = rows.group_by("session_id").agg(pl.col("event_date").n_unique())["event_date"]
    assert dates.max() == 2
    silence = pl.col("started_at") - pl.col("ended_at").shift(1).over("user_id")
    continued = pl.col("session_id") == pl.col("session_id").shift(1).over("user_id")
    gaps = rows.select(silence=silence, continued=continued).drop_nulls()
    assert (gaps.filter(pl.col("continued"))["silence"] < timedelta(minutes=1)).all()
    assert (gaps.filter(~pl.col("continued"))["silence"] > timedelta(minutes=30)).all()


def test_interactions_take_no_time_and_lie_within_their_playback():
    events = days_from(date(2026, 10, 1), 4)
    others = events.filter(~pl.col("action").is_in(["play", "skip"]))
    assert others["ms_played"].unique().to_list() == [0]
    assert (others["started_at"] == others["ended_at"]).all()
    assert (
        others.select(pl.col("reason_start", "reason_end", "skipped").null_count()).row(0)
        == (others.height,) * 3
    )
    inside = others.join(playbacks(events), on=["session_id", "track_id"], suffix="_play").filter(
        pl.col("started_at").is_between(pl.col("started_at_play"), pl.col("ended_at_play"))
    )
    # The playback of an interaction just before the last midnight may end after it.
    assert inside["event_id"].n_unique() >= others.height - 3


@pytest.mark.slow
def test_reasons_agree_with_what_happened():
    rows = playbacks(default_month()[0])
    lengths = default_month()[1].group_by("track_id").agg(pl.col("duration_ms").first())
    rows = rows.join(lengths, on="track_id", maintain_order="left")
    skipped = rows.filter(pl.col("action") == "skip")
    assert set(skipped["reason_end"]) == {"fwdbtn", "backbtn", "endplay"}
    assert (skipped["ms_played"] < 0.95 * skipped["duration_ms"]).all()
    done = rows.filter(pl.col("reason_end") == "trackdone")
    assert (done["ms_played"] == done["duration_ms"]).all()
    following = rows.with_columns(pl.col("reason_start").shift(-1).over("session_id").alias("next"))
    after = following.filter(pl.col("next").is_not_null()).group_by("reason_end").agg(pl.col("next").unique())
    by_end = {end: set(starts) for end, starts in after.iter_rows()}
    assert by_end["fwdbtn"] == {"fwdbtn"}
    assert by_end["backbtn"] == {"backbtn"}
    assert by_end["endplay"] == {"clickrow"}
    assert by_end["trackdone"] == {"trackdone", "clickrow"}


@pytest.mark.slow
def test_the_outcome_rule_finds_the_skips_that_were_made():
    events, tracks = default_month()
    lengths = tracks.group_by("track_id").agg(pl.col("duration_ms").first().alias("known_duration_ms"))
    judged = playbacks(with_outcome(events.join(lengths, on="track_id")))
    disagreeing = judged.filter((pl.col("action") == "skip") != (pl.col("outcome") == "skip"))
    # The rule looks for what follows an `endplay` on the same date only.
    assert disagreeing.height < 0.001 * judged.height
    assert set(disagreeing["reason_end"]) <= {"endplay"}
    abandoned = judged.filter(pl.col("outcome") == "abandoned").height / judged.height
    assert 0.005 < abandoned < 0.04


def test_the_skip_flag_of_the_source_is_unreliable():
    skips = playbacks(default_month()[0]).filter(pl.col("action") == "skip")
    flags = skips["skipped"].value_counts(normalize=True)
    share = dict(flags.iter_rows())
    assert 0.1 < share[False] < 0.4
    assert 0.05 < share[None] < 0.15
    per_user = skips.group_by("user_id").agg(pl.col("skipped").mean().alias("flagged"), pl.len())
    assert per_user.filter((pl.col("flagged") < 0.5) & (pl.col("len") > 50)).height > 100


def test_a_real_catalogue_with_gaps_can_be_played():
    ids = [f"{i:022}" for i in range(4)]
    tracks = pl.DataFrame(
        {
            "track_id": [*ids, None, ids[0]],
            "duration_ms": [200_000, None, 0, 180_000, 100_000, 200_000],
            "popularity": [50, None, 90, 20, 99, 60],
            "energy": [0.5, None, 0.3, 0.9, 0.1, 0.5],
        }
    )
    events = generate_day(SMALL, tracks, date(2026, 10, 1))
    assert set(events["track_id"]) <= {ids[0], ids[1], ids[3]}
    assert events["track_name"].null_count() == events.height
    unknown_length = events.filter((pl.col("track_id") == ids[1]) & (pl.col("reason_end") == "trackdone"))
    assert set(unknown_length["ms_played"]) == {190_000}


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        (pl.DataFrame({"track_id": ["a"], "popularity": [1]}), "lacks duration_ms"),
        (pl.DataFrame({"track_id": ["a"], "popularity": [1], "duration_ms": [0]}), "no track"),
        (small_catalogue().clear(), "no track"),
    ],
)
def test_a_catalogue_that_cannot_be_played_is_refused(tracks, message):
    with pytest.raises(ValueError, match=message):
        generate_day(SMALL, tracks, date(2026, 10, 1))


@pytest.mark.parametrize(
    "values",
    [
        {"users": 0},
        {"seed": -1},
        {"sessions_per_day": 0.0},
        {"sessions_per_day": 4.0},
        {"tracks_per_session": 1.0},
    ],
)
def test_impossible_configurations_are_refused(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        GeneratorConfig(**values)


def test_users_are_the_same_in_a_larger_population():
    small, large = (population(config, Behaviour()) for config in (SMALL, replace(SMALL, users=90)))
    for each in fields(Population):
        assert np.array_equal(getattr(large, each.name)[: SMALL.users], getattr(small, each.name)), each.name


def test_users_listen_where_they_live():
    users = population(SMALL, Behaviour())
    home = {name: PLACES[place][:2] for name, place in zip(users.user_id, users.place, strict=True)}
    events = generate_day(SMALL, small_catalogue(), date(2026, 10, 1)).select(
        "user_id", "country", pl.col("extra").str.json_path_match("$.time_zone")
    )
    assert events.height
    assert all(home[name] == (country, zone) for name, country, zone in events.iter_rows())


@pytest.mark.slow
def test_written_days_are_what_is_generated_however_many_processes_write(tmp_path: Path):
    first, last = date(2026, 10, 1), date(2026, 10, 3)
    one, two = tmp_path / "one", tmp_path / "two"
    seen: list[tuple[date, int]] = []
    total = write_days(
        SMALL, small_catalogue(), one, first, last, on_day=lambda day, rows: seen.append((day, rows))
    )
    assert write_days(SMALL, small_catalogue(), two, first, last, workers=2) == total
    for day, events in generate_days(SMALL, small_catalogue(), first, last):
        path = layout.events_dir(one, day) / "part-synthetic.parquet"
        assert layout.landed_files(layout.events_dir(one, day)) == [path]
        landed = read_landed([path], RAW_EVENTS, one)
        assert landed.rows.equals(events)
        assert landed.rejected.is_empty()
        assert path.read_bytes() == (two / path.relative_to(one)).read_bytes()
        assert (day, events.height) in seen
    assert [day for day, _ in seen] == [date(2026, 10, day) for day in (1, 2, 3)]
    assert sum(rows for _, rows in seen) == total
    assert truth_path(one, SMALL.seed).read_bytes() == truth_path(two, SMALL.seed).read_bytes()


def test_a_range_that_ends_before_it_begins_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="before the first"):
        write_days(SMALL, small_catalogue(), tmp_path, date(2026, 10, 2), date(2026, 10, 1))
    with pytest.raises(ValueError, match="workers"):
        write_days(SMALL, small_catalogue(), tmp_path, date(2026, 10, 1), date(2026, 10, 1), workers=0)
