"""Histories that know less in one half than in the other: what is unknown, and no jump where habits stay."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from spotify_assets.generator.true_plays import Person, true_plays
from spotify_assets.tables import RAW_EVENTS, TRACKS
from spotify_assets.transforms.events import listening_events
from spotify_assets.transforms.lengths import LengthSources
from tests.transforms.events import Row, playback, raw_events

TRACKS_SCHEMA = {
    name: TRACKS.polars_schema[name]
    for name in ("track_id", "snapshot_date", "track_name", "primary_artist_name", "duration_ms")
}
YEAR = timedelta(days=365)
HALF_AN_HOUR_MS = 30 * 60_000


def outcomes(raw: pl.DataFrame, tracks: pl.DataFrame | None = None) -> pl.DataFrame:
    """`event_id` and `outcome` of each playback of one history, with the catalogue that there is."""
    catalogue = pl.DataFrame(schema=TRACKS_SCHEMA) if tracks is None else tracks
    sources = LengthSources(
        plays=lambda named: raw.join(named, on=named.columns, how="semi"),
        tracks=lambda named: catalogue.join(named, on=named.columns, how="semi"),
        refuted=lambda: pl.DataFrame(schema={"track_id": pl.String, "duration_ms": pl.Int64}),
    )
    as_of = catalogue.select("track_id", "snapshot_date", "duration_ms")
    made = listening_events(raw, lambda _: raw.clear(), as_of, lambda _: raw.clear(), lengths=sources)
    return made.rows.select("event_id", "outcome")


def account_play(seconds: float, day: int, **changes: Any) -> Row:
    """A playback of the account data: names, and neither id nor reason."""
    nothing: Row = {"track_id": None, "reason_start": None, "reason_end": None, "source": "account_data"}
    names = {"artist_name": "Ada", "track_name": "One"}
    return playback(f"{day}", f"2025-03-{day:02} 12:00", seconds, **(nothing | names | changes))


def test_account_data_alone_know_nothing_of_a_track_heard_once():
    rows = [
        account_play(seconds, day, track_name=f"T{day}")
        for day, seconds in enumerate((200, 2, 1.5, 0, 180, 0.9), 1)
    ]
    assert outcomes(raw_events(*rows))["outcome"].to_list() == ["unknown"] * 6


def test_the_outcome_of_a_late_skip_is_complete_where_an_older_play_tells_the_length():
    older = account_play(200, 1, track_id="a" * 22, source="extended_history", reason_end="trackdone")
    late, early = (
        account_play(seconds, day, track_id="a" * 22, source="extended_history", reason_end="fwdbtn")
        for seconds, day in ((190, 2), (189.999, 3))
    )
    assert outcomes(raw_events(older, late, early))["outcome"].to_list() == ["complete", "complete", "skip"]
    assert outcomes(raw_events(late, early))["outcome"].to_list() == ["skip", "skip"]


@pytest.fixture(scope="module", params=[1, 2, 3])
def plays(request: pytest.FixtureRequest) -> pl.DataFrame:
    """The music of a person's year, where each play has a length and an end of its own, and each name is that
    of one track."""
    made = true_plays(Person(date(2024, 1, 1), date(2024, 12, 30), 4_000, request.param))
    return made.filter(
        pl.col("content_type") == "music",
        pl.col("burst").is_null(),
        pl.col("length_ms").is_not_null(),
        pl.col("uri").n_unique().over("creator", "title") == 1,
    ).unique("stamped_ms", keep="first", maintain_order=True)


def told_twice(plays: pl.DataFrame) -> pl.DataFrame:
    """The year as the extended history tells it, and the same plays a year later as account data do."""
    said = plays.select(
        event_id=pl.format("told-{}", "play_id"),
        user_id=pl.lit("anna"),
        track_id="uri",
        ended_at=pl.from_epoch("stamped_ms", "ms").cast(pl.Datetime("us")),
        action=pl.lit("play"),
        ms_played="ms_played",
        reason_start="reason_start",
        reason_end="reason_end",
        source=pl.lit("extended_history"),
        content_type=pl.lit("music"),
        track_name="title",
        artist_name="creator",
        source_file=pl.lit("a.json"),
        source_row="play_id",
    )
    silent = said.with_columns(
        pl.format("silent-{}", "source_row").alias("event_id"),
        pl.lit(None, pl.String).alias("track_id"),
        (pl.col("ended_at") + YEAR).dt.truncate("1m").alias("ended_at"),
        pl.lit(None, pl.String).alias("reason_start"),
        pl.lit(None, pl.String).alias("reason_end"),
        pl.lit("account_data").alias("source"),
    )
    rows = pl.concat([said, silent]).with_columns(
        started_at=pl.col("ended_at") - pl.duration(milliseconds="ms_played"),
        event_date=pl.col("ended_at").dt.date(),
    )
    empty = pl.DataFrame(schema=RAW_EVENTS.polars_schema)
    return pl.concat([empty, rows], how="diagonal_relaxed").select(RAW_EVENTS.column_names)


def catalogue_of(plays: pl.DataFrame) -> pl.DataFrame:
    return plays.select(
        track_id="uri",
        snapshot_date=pl.lit(date(2024, 1, 1)),
        track_name="title",
        primary_artist_name="creator",
        duration_ms="length_ms",
    ).unique("track_id")


def skip_rate(outcome: pl.Series) -> float:
    """The share of skips among outcomes that are known."""
    return outcome.filter(outcome == "skip").len() / outcome.filter(outcome != "unknown").len()


def rates(found: pl.DataFrame) -> tuple[float, float, float]:
    """The skip rate of each half among the plays whose outcome is known, and the share unknown later."""
    half = pl.col("event_id").str.starts_with("told")
    known = found.filter(pl.col("outcome") != "unknown").with_columns(skip=pl.col("outcome") == "skip")
    later = found.filter(~half)
    return (
        int(known.filter(half)["skip"].sum()) / known.filter(half).height,
        int(known.filter(~half)["skip"].sum()) / known.filter(~half).height,
        later.filter(pl.col("outcome") == "unknown").height / later.height,
    )


def test_a_mixed_history_shows_no_false_jump(plays):
    """With the length of every track known, only ends of listening stay unknown, skips and others alike."""
    told, silent, unknown = rates(outcomes(told_twice(plays), catalogue_of(plays)))
    assert silent == pytest.approx(told, abs=0.015)
    in_time = plays.sort("stamped_ms")
    next_start = (pl.col("stamped_ms") - pl.col("ms_played")).shift(-1)
    ends = (next_start - pl.col("stamped_ms") >= HALF_AN_HOUR_MS).fill_null(value=True)
    early = pl.col("ms_played") < 0.95 * pl.col("length_ms")
    assert unknown == pytest.approx(in_time.select((ends & early).mean()).item(), abs=0.01)


def test_where_own_plays_alone_tell_lengths_the_jump_is_small(plays):
    """Tracks that were never heard to their end have no length, and they are skipped more than others."""
    found = outcomes(told_twice(plays))
    told, silent, unknown = rates(found)
    assert silent == pytest.approx(told, abs=0.08)
    assert 0.05 < unknown < 0.2
    both = paired(found).filter(pl.col("outcome_silent") != "unknown")
    assert silent == pytest.approx(skip_rate(both["outcome"]), abs=0.02)


def paired(found: pl.DataFrame) -> pl.DataFrame:
    """Each play with its outcome as told, and `outcome_silent`."""
    play = found.with_columns(
        pl.col("event_id").str.split("-").list.to_struct(fields=["half", "play"])
    ).unnest("event_id")
    told, silent = (play.filter(pl.col("half") == half).drop("half") for half in ("told", "silent"))
    return told.join(silent, on="play", suffix="_silent")


def test_what_is_judged_is_judged_rightly(plays):
    something = plays.filter(pl.col("ms_played") > 0)
    judged = paired(outcomes(told_twice(something), catalogue_of(plays))).filter(
        pl.col("outcome_silent") != "unknown"
    )
    skips = judged.filter(pl.col("outcome_silent") == "skip")
    assert (skips["outcome"] == "skip").sum() >= 0.97 * skips.height
    complete = judged.filter(pl.col("outcome_silent") == "complete")
    assert set(complete["outcome"]) == {"complete"}
