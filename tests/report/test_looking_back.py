"""What looks back on a listener's history, against what was planted and against rows counted one by one."""

import itertools
from collections import Counter
from datetime import date, timedelta
from functools import cache
from statistics import median
from typing import Any

import polars as pl
import pytest

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import PARAMETERS
from spotify_assets.figures.view import Period
from spotify_assets.report.sections import figures_of
from spotify_assets.warehouse.database import Database
from tests.report import listeners as world

ALL = Period(world.FIRST, world.LAST)
OF_2016, OF_2019 = Period(date(2016, 1, 1), date(2016, 12, 31)), Period(date(2019, 1, 1), date(2019, 12, 31))


@pytest.fixture(scope="module")
def everything(listeners: Database) -> PersonalFigures:
    return asked(listeners, ALL)


def asked(listeners: Database, period: Period, user: str = world.YEARS) -> PersonalFigures:
    with listeners.reader() as connection:
        return figures_of(connection, user, period)


@cache
def plays(user: str = world.YEARS) -> pl.DataFrame:
    """The listener's playbacks of music, with the date on their clock."""
    events = world.core_tables()["core.listening_events"].filter(
        pl.col("user_id") == user, pl.col("content_type") == "music"
    )
    local = pl.col("started_at").dt.replace_time_zone("UTC").dt.convert_time_zone(world.ZONE)
    return events.with_columns(on=local.dt.date(), local=local, skip=pl.col("outcome") == "skip").sort(
        "ended_at", "event_id"
    )


def streams(last: date = world.LAST) -> pl.DataFrame:
    return plays().filter("is_stream", pl.col("on") <= last)


def rows(figures: PersonalFigures, name: str) -> list[dict[str, Any]]:
    return figures[name].to_dicts()


def by_date(of: str) -> dict[Any, Counter[date]]:
    """Streams on each date, by the names of the track or the artist."""
    found: dict[Any, Counter[date]] = {}
    for track, artist, on in streams().select("track_name", "artist_name", "on").iter_rows():
        found.setdefault((track, artist) if of == "track" else artist, Counter())[on] += 1
    return found


def runs(dates: list[date], pause: int) -> list[list[date]]:
    """Dates in stretches that are no more than so many days apart."""
    found: list[list[date]] = []
    for on in sorted(dates):
        if found and (on - found[-1][-1]).days <= pause:
            found[-1].append(on)
        else:
            found.append([on])
    return found


def test_the_planted_obsession_is_found_with_its_end(everything):
    [told] = [row for row in rows(everything, "obsessions") if row["track_name"] == world.OBSESSION]
    assert (told["first_date"], told["last_date"]) == world.OBSESSED
    assert (told["days"], told["streams"], told["ending"]) == (5, 70, "never streamed again")


@pytest.mark.slow
def test_obsessions_are_the_dates_that_a_track_or_artist_filled(everything):
    wanted = set()
    for kind, least, share in (("track", 5, 0.2), ("artist", 15, 0.5)):
        of_each = by_date(kind)
        of_all: Counter[date] = Counter()
        for counted in of_each.values():
            of_all.update(counted)
        for name, counted in of_each.items():
            filled = [on for on, n in counted.items() if n >= least and n >= share * of_all[on]]
            wanted |= {
                (kind, name if kind == "artist" else name[0], run[0], run[-1], len(run))
                for run in runs(filled, 7)
                if len(run) >= 3
            }
    found = {
        (
            row["kind"],
            row["track_name"] or row["artist_name"],
            row["first_date"],
            row["last_date"],
            row["days"],
        )
        for row in rows(everything, "obsessions")
    }
    assert found == wanted


@pytest.mark.slow
def test_an_obsession_that_the_period_does_not_reach_is_not_told(listeners):
    assert asked(listeners, OF_2019)["obsessions"].is_empty()
    before_it_ended = asked(listeners, Period(date(2016, 1, 1), date(2016, 5, 12)))
    [told] = rows(before_it_ended, "obsessions")
    assert (told["last_date"], told["ending"]) == (date(2016, 5, 12), "goes on")


@pytest.mark.slow
@pytest.mark.parametrize("last", [world.LAST, date(2016, 12, 31)])
def test_forgotten_favourites_were_streamed_often_and_not_for_half_a_year(listeners, last):
    found = rows(asked(listeners, Period(date(2014, 1, 1), last)), "forgotten")
    wanted = {}
    for name, counted in by_date("track").items():
        known = {on: n for on, n in counted.items() if on <= last}
        if sum(known.values()) >= 15 and (last - max(known)).days >= 180:
            wanted[name] = (sum(known.values()), min(known), max(known))
    assert {
        (row["track_name"], row["artist_name"]): (row["streams"], row["first_streamed"], row["last_streamed"])
        for row in found
    } == wanted
    assert (world.FORGOTTEN, "Planted Artist") in wanted
    assert found == sorted(found, key=lambda row: -row["streams"])


@pytest.mark.slow
def test_the_best_month_is_the_one_with_most_streams(everything):
    for row in rows(everything, "forgotten"):
        months: Counter[date] = Counter()
        for on, n in by_date("track")[row["track_name"], row["artist_name"]].items():
            months[on.replace(day=1)] += n
        assert row["best_month"] == min(months, key=lambda month: (-months[month], month))


@pytest.mark.slow
def test_on_this_day_are_the_earlier_years_of_the_last_date(listeners):
    period = Period(date(2025, 12, 1), date(2025, 12, 20))
    found = rows(asked(listeners, period), "on_this_day")
    same = plays().filter(
        pl.col("on").dt.month() == 12, pl.col("on").dt.day() == 20, pl.col("on") < period.last
    )
    counted = same.group_by("on").agg(pl.len(), pl.col("is_stream").sum(), pl.col("ms_played").sum() / 60_000)
    assert len(found) > 10
    assert {row["local_date"]: (row["plays"], row["streams"]) for row in found} == {
        on: (plays, streamed) for on, plays, streamed, _ in counted.iter_rows()
    }
    for row in found:
        of_day = Counter(
            same.filter(pl.col("on") == row["local_date"], "is_stream")["track_name"].to_list()
        ).most_common()
        assert row["streams_of_track"] == (of_day[0][1] if of_day else 0)
        assert row["years_ago"] == 2025 - row["local_date"].year


@pytest.mark.slow
def test_milestones_are_counted_play_by_play(everything, listeners):
    ordered = plays().to_dicts()
    for row in rows(everything, "milestones"):
        if row["kind"] == "play":
            reached = ordered[row["number"] - 1]
        else:
            so_far, wanted = 0, row["number"] * 3_600_000
            for reached in ordered:
                so_far += reached["ms_played"]
                if so_far >= wanted:
                    break
        assert (row["track_name"], row["local_date"]) == (reached["track_name"], reached["on"])
    numbers = [row["number"] for row in rows(everything, "milestones") if row["kind"] == "play"]
    assert numbers == [1, 100, 500, *range(1000, 10_001, 1000)]
    of_2016 = {row["local_date"].year for row in rows(asked(listeners, OF_2016), "milestones")}
    assert of_2016 == {2016}


def test_silences_lie_between_dates_with_playbacks(everything):
    heard = sorted(set(plays()["on"]))
    day = timedelta(days=1)
    wanted = {
        (before + day, after - day, (after - before).days - 1)
        for before, after in itertools.pairwise(heard)
        if (after - before).days > 3
    }
    found = rows(everything, "silences")
    assert {(row["first_date"], row["last_date"], row["days"]) for row in found} == wanted
    longest = found[0]
    assert longest["first_date"] <= world.SILENCE[0]
    assert longest["last_date"] >= world.SILENCE[1]
    back = plays().filter(pl.col("on") == longest["last_date"] + day).row(0, named=True)
    assert longest["ended_by_track_name"] == back["track_name"]


@pytest.mark.slow
def test_discoveries_that_stayed_were_streamed_a_month_later(listeners):
    found = asked(listeners, OF_2016)["kept"].filter(pl.col("kind") == "artist").to_dicts()
    known = (
        streams(OF_2016.last)
        .group_by("artist_name")
        .agg(first=pl.col("on").min(), last=pl.col("on").max(), streams=pl.len())
    )
    wanted = {
        name: (first, last, number)
        for name, first, last, number in known.iter_rows()
        if first >= OF_2016.first
    }
    assert {
        row["artist_name"]: (row["first_date"], row["last_date"], row["streams"]) for row in found
    } == wanted
    for row in found:
        assert row["has_stayed"] == ((row["last_date"] - row["first_date"]).days >= 30)
        assert row["is_old_enough"] == ((OF_2016.last - row["first_date"]).days >= 30)


@pytest.mark.slow
def test_ranks_are_those_among_all_artists(listeners):
    found = rows(asked(listeners, OF_2016), "ranks")
    counted = (
        streams()
        .filter(pl.col("on").is_between(OF_2016.first, OF_2016.last))
        .group_by(month=pl.col("on").dt.truncate("1mo"), name="artist_name")
        .len()
    )
    assert len({row["artist_name"] for row in found}) == PARAMETERS["ranked_artists"]
    for row in found:
        of_month = counted.filter(pl.col("month") == row["starts_on"])
        more = of_month.filter(pl.col("len") > row["streams"]).height
        as_many = of_month.filter(pl.col("len") == row["streams"])
        assert row["artist_name"] in as_many["name"].to_list()
        assert more < row["rank"] <= more + as_many.height


def test_journeys_have_every_quarter_and_add_up(everything):
    counted = dict(streams().group_by("artist_name").len().iter_rows())
    found = everything["journeys"]
    for (name,), journey in found.group_by("artist_name"):
        assert journey.height == 60
        assert journey["streams"].sum() == counted[name]


def test_first_listens_are_the_first_streams(everything):
    for row in rows(everything, "acquaintances"):
        theirs = streams().filter(pl.col("artist_name") == row["artist_name"])
        first = theirs.row(0, named=True)
        assert (row["first_date"], row["first_track_name"]) == (first["on"], first["track_name"])
        assert row["streams"] == theirs.height


def test_what_is_always_and_never_skipped_has_a_minimum_of_plays(everything):
    counted = (
        plays()
        .filter(pl.col("outcome") != "unknown")
        .group_by("track_name", "artist_name")
        .agg(pl.len(), pl.col("skip").sum())
    )
    wanted = {
        (track, artist): (number, skipped)
        for track, artist, number, skipped in counted.iter_rows()
        if number >= 10
    }
    found = {
        (row["track_name"], row["artist_name"]): (row["plays"], row["skips"])
        for row in rows(everything, "skip_habits")
    }
    assert found == wanted
    assert rows(everything, "skip_habits")[0]["track_name"] == world.ALWAYS_SKIPPED
    assert found[world.NEVER_SKIPPED, "Planted Artist"][1] == 0


@pytest.mark.slow
def test_sessions_are_those_of_the_events(listeners):
    events = plays().filter(pl.col("on").is_between(OF_2016.first, OF_2016.last))
    counted = events.group_by("session_id").agg(pl.col("ms_played").sum() / 60_000, pl.len())
    found = asked(listeners, OF_2016)["sittings"]
    assert found.height == counted.height
    assert found["minutes_played"].to_list() == pytest.approx(
        counted["ms_played"].sort(descending=True).to_list()
    )
    assert found["playbacks"].sum() == events.height


@pytest.mark.slow
def test_stays_are_the_journey_that_was_planted(everything, listeners):
    home, away, home_again = rows(everything, "stays")
    assert [row["country"] for row in (home, away, home_again)] == ["DE", world.AWAY_IN, "DE"]
    assert world.AWAY[0] <= away["first_date"] <= away["last_date"] <= world.AWAY[1]
    assert sum(row["days"] for row in (home, away, home_again)) == plays()["on"].n_unique()
    shares = asked(listeners, OF_2019)["whereabouts"].filter(pl.col("kind") == "country")
    of_2019 = plays().filter(pl.col("on").is_between(OF_2019.first, OF_2019.last))
    wanted = of_2019.group_by("country").agg(pl.col("ms_played").sum() / of_2019["ms_played"].sum())
    assert dict(shares.select("code", "minutes_share").iter_rows()) == pytest.approx(dict(wanted.iter_rows()))


def test_eras_begin_where_taste_was_turned(everything):
    starts = sorted({row["starts_on"].year for row in rows(everything, "taste_eras")})
    assert starts == [2011, 2014, 2017, 2020, 2023]
    for era, of_era in everything["taste_eras"].group_by("era"):
        first, last = of_era["starts_on"][0], of_era["ends_on"][0]
        theirs = streams().filter(pl.col("on").is_between(first, last))
        assert of_era["streams_of_era"][0] == theirs.height, era
        counted = dict(theirs.group_by("artist_name").len().iter_rows())
        assert dict(of_era.select("artist_name", "streams").iter_rows()).items() <= counted.items()


def test_outliers_are_distances_from_the_median_of_what_was_before(everything):
    of_months = (
        everything["outliers"]
        .filter(pl.col("kind") == "month", pl.col("measure") == "skip rate")
        .sort("first_date")
    )
    by_month = plays().group_by(pl.col("on").dt.truncate("1mo")).agg(pl.col("skip").mean(), pl.len())
    rates = {month: rate for month, rate, number in by_month.sort("on").iter_rows() if number >= 20}
    values: list[float] = []
    for index, row in enumerate(of_months.to_dicts()):
        before = [
            value for value in of_months["value"].to_list()[max(0, index - 60) : index] if value is not None
        ]
        if row["value"] is None:
            assert row["first_date"] not in rates
            continue
        assert row["value"] == pytest.approx(rates[row["first_date"]])
        if len(before) < 4:
            assert row["robust_z"] is None
            continue
        usual = median(before)
        spread = 1.4826 * median(abs(value - usual) for value in before)
        assert row["robust_z"] == pytest.approx((row["value"] - usual) / max(spread, 0.02))
        values.append(abs(row["robust_z"]))
    assert max(values) > 2


def test_the_story_is_the_planted_month(everything):
    [told] = rows(everything, "story")
    assert (told["kind"], told["measure"]) == ("month", "share of the top artist")
    assert told["first_date"] == world.OBSESSED[0].replace(day=1)
    assert told["top_artist_name"] == "Planted Artist"
    of_may = streams().filter(pl.col("on").dt.truncate("1mo") == told["first_date"])
    assert told["value"] == (of_may["artist_name"] == "Planted Artist").sum() / of_may.height


@pytest.mark.slow
def test_a_story_is_told_of_stretches_with_enough_before_them(listeners):
    for first in (date(2011, 1, 3), date(2013, 1, 1)):
        figures = asked(listeners, Period(first, date(2015, 12, 31)))
        [told] = rows(figures, "story")
        outliers = [
            row for row in rows(figures, "outliers") if row["is_asked"] and row["kind"] == told["kind"]
        ]
        standing = [row for row in outliers if abs(row["robust_z"] or 0) >= 2]
        enough = [row for row in standing if row["stretches_before"] >= 12]
        most = max(enough or standing or outliers, key=lambda row: abs(row["robust_z"] or 0))
        assert abs(told["robust_z"]) == abs(most["robust_z"])


@pytest.mark.slow
@pytest.mark.parametrize("user", [world.DAY, world.MONTH, world.PODCASTS])
def test_short_and_speechless_histories_have_every_figure(listeners, user):
    days = {
        world.DAY: Period(date(2025, 12, 30), date(2025, 12, 30)),
        world.MONTH: Period(date(2025, 11, 1), date(2025, 11, 30)),
        world.PODCASTS: Period(date(2025, 1, 1), date(2025, 10, 27)),
    }[user]
    figures = asked(listeners, days, user)
    assert figures["obsessions"].is_empty()
    assert figures["forgotten"].is_empty()
    assert figures["taste_eras"]["era"].n_unique() <= 1
    assert figures["story"].height == (0 if user == world.DAY else 1)
