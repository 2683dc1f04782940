"""One listener's figures against playbacks counted one by one, and distances against their definition."""

from datetime import date, timedelta
from math import log2, sqrt

import polars as pl
import pytest

from spotify_assets.figures.personal import (
    find_listener,
    last_full,
    listeners_of,
    nothing_known,
    period_before,
    personal_figures,
)
from spotify_assets.figures.personal_queries import FIGURES, LEAST_PLAYS, TERMS
from spotify_assets.figures.view import Period
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from tests.dbt.generated import by_recording, core_tables, newest
from tests.dbt.test_kpis import UNKNOWN, all_playbacks
from tests.figures.one_listener import BEFORE, BUSIEST, DECLARED, MINUTE, USERS, number, theirs
from tests.figures.recount import FEBRUARY, genres, playbacks


@pytest.fixture(scope="module", params=[DECLARED, BUSIEST], ids=["declared zone", "busiest"])
def user(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def figures(published, user):
    """Made once for all that is asked of them; only to be read."""
    with Database(Settings(data_dir=published, _env_file=None).serving_path).reader() as connection:
        return personal_figures(connection, user, FEBRUARY, BEFORE)


def test_the_listeners_are_those_of_the_world():
    counted = playbacks()["user_id"].value_counts(sort=True)
    assert counted["user_id"].sort().to_list() == USERS
    assert counted["user_id"][0] == BUSIEST


def described(rows: pl.DataFrame) -> pl.DataFrame:
    """With what the newest snapshot knows of the track."""
    columns = ["release_date", "valence", "energy", "danceability", "tempo"]
    tracks = newest(core_tables()["core.tracks"], "track_id").select("track_id", *columns)
    return rows.join(tracks, left_on="track", right_on="track_id", how="left")


def hours(user: str, period: Period) -> pl.DataFrame:
    return core_tables()["core.listening_hours"].filter(
        pl.col("user_id") == user, pl.col("local_date").is_between(period.first, period.last)
    )


@pytest.mark.parametrize(("name", "period"), [("asked", FEBRUARY), ("compared", BEFORE)])
def test_totals(figures, user, name, period):
    found, rows = figures.totals(name), theirs(user, period)
    everything = theirs(user, period, all_playbacks())

    assert rows.height > 0
    assert found["plays"] == rows.height
    assert found["playbacks"] == everything.height > rows.height
    assert found["streams"] == rows["is_stream"].sum()
    assert found["skips"] == rows["is_skip"].sum()
    assert found["skip_rate"] == pytest.approx(rows["is_skip"].mean())
    assert found["minutes_played"] == pytest.approx(rows["ms_played"].sum() / MINUTE)
    other = number(everything["ms_played"].sum()) - number(rows["ms_played"].sum())
    assert found["minutes_of_other_content"] == pytest.approx(other / MINUTE)
    assert found["minutes_listened"] == pytest.approx(hours(user, period)["ms_listened"].sum() / MINUTE)
    assert found["minutes_overlapping"] == pytest.approx(hours(user, period)["ms_overlapping"].sum() / MINUTE)
    assert found["tracks"] == rows.filter(pl.col("track") != UNKNOWN).select(by_recording("track")).n_unique()
    assert found["active_days"] == rows["local_date"].n_unique()
    assert found["days"] == period.days


def test_new_tracks_are_those_never_streamed_before(figures, user):
    known = playbacks().filter(pl.col("user_id") == user, "is_stream", pl.col("track") != UNKNOWN)
    known = known.with_columns(by_recording("track"))
    firsts = known.sort("ended_at").unique("track", keep="first")
    new = firsts.filter(pl.col("local_date").is_between(FEBRUARY.first, FEBRUARY.last))

    timeline = figures.of_period("timeline")

    assert 0 < new.height < firsts.height
    assert figures.totals()["new_tracks"] == new.height == timeline["new_tracks"].sum()
    counted = dict(new.group_by("local_date").len().rows())
    assert timeline["new_tracks"].to_list() == [counted.get(day, 0) for day in timeline["starts_on"]]


def test_days_and_streaks(figures, user):
    played = set(theirs(user, FEBRUARY)["local_date"])
    days = figures.of_period("days")
    everyday = [FEBRUARY.first + timedelta(days=number) for number in range(FEBRUARY.days)]
    streaks: list[list[date]] = []
    for day in everyday:
        if day in played and (day - timedelta(days=1)) in played and day != FEBRUARY.first:
            streaks[-1].append(day)
        elif day in played:
            streaks.append([day])

    assert days["local_date"].to_list() == everyday
    assert set(days.filter(pl.col("plays") > 0)["local_date"]) == played
    assert days["streams"].sum() == theirs(user, FEBRUARY)["is_stream"].sum()
    wanted = sorted((one[0], one[-1], len(one)) for one in streaks)
    assert sorted(figures.of_period("streaks").rows()) == wanted
    assert figures.totals()["longest_streak_days"] == max(len(one) for one in streaks)


def test_hours_of_the_week_add_up_to_the_time_on_the_clock(figures, user):
    counted: dict[tuple[int, int], int] = {}
    for day, hour, listened in hours(user, FEBRUARY).select("local_date", "local_hour", "ms_listened").rows():
        counted[day.isoweekday(), hour] = counted.get((day.isoweekday(), hour), 0) + listened
    found = figures.of_period("hours")

    assert found.height == 7 * 24
    for weekday, hour, minutes in found.rows():
        assert minutes == pytest.approx(counted.get((weekday, hour), 0) / MINUTE)


def test_tracks_are_ranked_by_streams_and_by_minutes_and_know_where_they_were(figures, user):
    found = figures["tracks"]

    def counted(period: Period) -> dict[str, tuple[int, int, float]]:
        known = theirs(user, period).filter(pl.col("track") != UNKNOWN).group_by(by_recording("track"))
        rows = known.agg(pl.len(), pl.col("is_stream").sum(), pl.col("ms_played").sum() / MINUTE)
        return {track: (plays, streams, minutes) for track, plays, streams, minutes in rows.rows()}

    now, before = counted(FEBRUARY), counted(BEFORE)
    assert set(found["track_id"]) == now.keys() | before.keys()
    for row in found.iter_rows(named=True):
        plays, streams, minutes = now.get(row["track_id"], (0, 0, 0.0))
        assert (row["plays"], row["streams"]) == (plays, streams)
        assert row["minutes"] == pytest.approx(minutes)
        assert row["streams_before"] == before.get(row["track_id"], (0, 0, 0.0))[1]
    by_streams = found.filter(pl.col("rank_by_streams").is_not_null()).sort("rank_by_streams")
    assert by_streams["streams"].is_sorted(descending=True)
    assert by_streams["rank_by_streams"].to_list() == list(range(1, by_streams.height + 1))
    by_minutes = found.filter(pl.col("rank_by_minutes").is_not_null()).sort("rank_by_minutes")
    assert by_minutes["minutes"].is_sorted(descending=True)
    assert found["stream_share"].sum() == pytest.approx(1)
    names = newest(core_tables()["core.tracks"], "track_id").select("track_id", "track_name")
    shown = found.join(names, on="track_id", suffix="_of_track")
    assert shown["track_name"].to_list() == shown["track_name_of_track"].to_list()
    heard = theirs(user, FEBRUARY).group_by(shown=by_recording("track")).agg(pl.col("track").unique().sort())
    wanted = {track: " ".join(ids) for track, ids in heard.rows()}
    assert {track: ids for track, ids in found.select("track_id", "ids").rows() if ids} == {
        track: ids for track, ids in wanted.items() if track != UNKNOWN
    }
    assert any(" " in ids for ids in wanted.values())


def test_artists_are_the_first_credited_ones(figures, user):
    credited = pl.coalesce("catalogue_artist", "artist_name")
    counted = theirs(user, FEBRUARY).filter("is_stream", pl.col("track") != UNKNOWN).group_by(credited).len()
    found = figures["artists"].filter(pl.col("streams") > 0).select("artist_name", "streams")
    assert sorted(found.rows()) == sorted(counted.drop_nulls().rows())


def test_genres_count_by_weight(figures, user):
    streams = theirs(user, FEBRUARY).filter("is_stream").join(genres(), on="track")
    counted = dict(streams.group_by("genre").agg(pl.col("weight").sum()).rows())
    found = dict(figures["genres"].filter(pl.col("streams") > 0).select("genre", "streams").rows())
    assert found.keys() == counted.keys()
    assert found == pytest.approx(counted)


def test_eras_count_streams_by_decade(figures, user):
    streams = described(theirs(user, FEBRUARY).filter("is_stream"))
    counted = streams.group_by(pl.col("release_date").dt.year() // 10 * 10).len()
    found = figures.of_period("eras")
    assert {decade: streams for decade, streams, *_ in found.rows()} == dict(counted.rows())
    assert found["stream_share"].sum() == pytest.approx(1)


def test_every_play_ends_in_one_way(figures, user):
    rows = theirs(user, FEBRUARY)
    found = dict(figures.of_period("skips").select("ending", "plays").rows())
    skipped = rows.filter("is_skip")["ms_played"]

    assert found["heard to the end"] == rows["is_complete"].sum()
    assert found["abandoned"] == rows["is_abandoned"].sum()
    assert found["unknown"] == rows["is_unknown"].sum()
    assert found["skipped within 5 s"] == (skipped < 5_000).sum()
    assert found["skipped after 30 s or more"] == (skipped >= 30_000).sum()
    assert sum(found.values()) == rows.height


def test_skip_rates_are_of_artists_played_often(figures, user):
    found = figures["skipped_artists"]
    credited = pl.coalesce("catalogue_artist", "artist_name").alias("artist")
    counted = theirs(user, FEBRUARY).group_by(credited).agg(pl.len(), pl.col("is_skip").sum()).drop_nulls()
    wanted = counted.filter(pl.col("len") >= LEAST_PLAYS)
    assert sorted(found.select("artist_name", "plays", "skips").rows()) == sorted(wanted.rows())
    assert found["skip_rate"].is_sorted(descending=True)


def test_moods_are_quadrants_of_valence_and_energy(figures, user):
    streams = described(theirs(user, FEBRUARY).filter("is_stream"))
    positive, energetic = pl.col("valence") >= 0.5, pl.col("energy") >= 0.5
    wanted = {
        "happy": streams.filter(positive & energetic).height,
        "tense": streams.filter(~positive & energetic).height,
        "sad": streams.filter(~positive & ~energetic).height,
        "calm": streams.filter(positive & ~energetic).height,
        "unknown": streams.filter(pl.col("valence").is_null() | pl.col("energy").is_null()).height,
    }
    found = figures.of_period("moods")
    assert dict(found.select("mood", "streams").rows()) == wanted
    assert found["stream_share"].sum() == pytest.approx(1)
    assert figures["mood_grid"]["streams"].sum() == sum(wanted.values()) - wanted["unknown"]


def test_audio_features_are_means_over_streams(figures, user):
    found = {row["feature"]: row for row in figures["audio"].iter_rows(named=True)}
    catalogue = newest(core_tables()["core.tracks"], "track_id")
    for feature in ("danceability", "tempo"):
        now, before = (
            number(described(theirs(user, period).filter("is_stream"))[feature].mean())
            for period in (FEBRUARY, BEFORE)
        )
        assert found[feature]["mean"] == pytest.approx(now)
        assert found[feature]["mean_before"] == pytest.approx(before)
        # dim_track also has the tracks known by names, which have no features.
        change = (now - before) / number(catalogue[feature].std(ddof=0))
        assert found[feature]["change_in_sd"] == pytest.approx(change)


def test_distances_by_their_definition(figures):
    found = dict(figures["distances"].rows())
    for kind in ("artists", "genres"):
        pairs = figures[kind].select("stream_share", "stream_share_before").rows()
        divergence = sum(
            share / 2 * log2(share / ((now + before) / 2))
            for now, before in pairs
            for share in (now, before)
            if share > 0
        )
        assert found[kind] == pytest.approx(sqrt(divergence))
    changes = figures["audio"]["change_in_sd"]
    assert found["audio features"] == pytest.approx(sqrt((changes**2).mean()))


def test_the_same_period_twice_is_no_distance(connection, user):
    same = personal_figures(connection, user, FEBRUARY, FEBRUARY)
    assert same["distances"]["distance"].to_list() == pytest.approx([0, 0, 0], abs=1e-6)
    assert same["shift"].is_empty()


def test_what_rose_and_fell_is_the_change_of_shares(figures):
    artists = figures["artists"].with_columns(change=pl.col("stream_share") - pl.col("stream_share_before"))
    rose = figures["shift"].filter(pl.col("kind") == "artist", pl.col("direction") == "rose")
    assert rose["change"].to_list() == pytest.approx(
        artists["change"].sort(descending=True).head(rose.height).to_list()
    )


def test_what_is_unknown(figures, user):
    found = {row["what"]: row for row in figures["unknowns"].iter_rows(named=True)}
    rows, everything = theirs(user, FEBRUARY), theirs(user, FEBRUARY, all_playbacks())

    nowhere = rows.filter(~pl.col("track").is_in(core_tables()["core.tracks"]["track_id"].implode()))
    lacking = found["plays of a track that the catalogue lacks"]
    assert (lacking["touched"], lacking["of_all"]) == (nowhere.height, rows.height)
    assert found["plays of unknown track length"]["touched"] == rows["track_duration_ms"].null_count()
    device = found["playbacks on an unknown device"]
    assert device["touched"] == everything.filter(pl.col("device") == UNKNOWN).height
    assert found["playbacks that may have been private"]["share"] == 1
    assert found["days outside of what is known"]["touched"] == 0


def test_without_a_compared_period_nothing_is_said_of_before(connection, user):
    alone = personal_figures(connection, user, FEBRUARY)
    assert alone["totals"]["period"].to_list() == ["asked"]
    assert alone["tracks"]["streams_before"].null_count() == alone["tracks"].height > 0
    assert alone["shift"].is_empty()
    assert alone["distances"]["distance"].null_count() == 3


def test_every_figure_is_defined(figures):
    assert list(figures.frames) == list(TERMS)
    for figure in FIGURES:
        assert figure.definition


def test_a_listener_is_found_or_some_are_named(connection):
    assert find_listener(connection, DECLARED).time_zone == "America/Los_Angeles"
    with pytest.raises(ValueError, match=r"25 listeners: say --user, one of synthetic"):
        find_listener(connection, None)
    with pytest.raises(ValueError, match=f"no listening of 'nobody'; there is .*{BUSIEST[:9]}"):
        find_listener(connection, "nobody")


def test_without_a_history_of_somebodys_own_the_most_active_listener_is_taken(connection):
    plays = all_playbacks().filter(pl.col("local_date").is_between(FEBRUARY.first, FEBRUARY.last))
    assert listeners_of(connection, FEBRUARY) == [plays["user_id"].value_counts(sort=True)["user_id"][0]]
    assert nothing_known(connection, BUSIEST, Period(date(2020, 1, 1), date(2020, 2, 1)))
    assert not nothing_known(connection, BUSIEST, FEBRUARY)


def days(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("known", "chosen"),
    [
        (days("2020-05-05", "2025-03-03"), days("2024-01-01", "2024-12-31")),
        (days("2020-05-05", "2024-12-31"), days("2024-01-01", "2024-12-31")),
        (days("2024-01-02", "2025-03-03"), days("2025-02-01", "2025-02-28")),
        (days("2025-01-20", "2025-02-28"), days("2025-02-01", "2025-02-28")),
        (days("2025-02-02", "2025-03-30"), days("2025-02-02", "2025-03-30")),
    ],
)
def test_the_last_whole_year_or_month_is_shown(known, chosen):
    assert last_full(known) == chosen


@pytest.mark.parametrize(
    ("known", "heard", "chosen"),
    [
        # Plays in February and March 2024, and one on 2025-01-01.
        (
            days("2024-02-10", "2025-01-01"),
            days("2024-02-10", "2024-03-31"),
            days("2024-03-01", "2024-03-31"),
        ),
        (
            days("2024-02-10", "2025-01-01"),
            days("2024-02-10", "2024-02-29"),
            days("2024-02-10", "2025-01-01"),
        ),
        (
            days("2018-05-05", "2025-01-01"),
            days("2019-02-10", "2019-02-11"),
            days("2019-01-01", "2019-12-31"),
        ),
        (
            days("2025-01-01", "2025-01-01"),
            days("2025-01-01", "2025-01-01"),
            days("2025-01-01", "2025-01-01"),
        ),
    ],
)
def test_years_and_months_without_listening_are_passed_over(known: Period, heard: Period, chosen: Period):
    def is_empty(period: Period) -> bool:
        return period.last < heard.first or heard.last < period.first

    assert last_full(known, is_empty) == chosen


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (days("2024-01-01", "2024-12-31"), days("2023-01-01", "2023-12-31")),
        (days("2025-03-01", "2025-03-31"), days("2025-02-01", "2025-02-28")),
        (days("2025-01-01", "2025-01-31"), days("2024-12-01", "2024-12-31")),
        (days("2025-01-01", "2025-06-30"), days("2024-07-01", "2024-12-31")),
        (days("2025-03-05", "2025-03-11"), days("2025-02-26", "2025-03-04")),
    ],
)
def test_months_are_compared_with_months(period, before):
    assert period_before(period) == before
