"""From first to last play: each name in a table leads to what is told of it, counted play by play."""

import itertools
import re
from collections import Counter
from datetime import date

import polars as pl
import pytest

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.page import lives_on, rendered
from spotify_assets.report.sections import parts, story_of
from spotify_assets.warehouse.database import Database
from tests.report import listeners as world
from tests.report.test_looking_back import ALL, OF_2016, asked, plays


@pytest.fixture(scope="module")
def everything(listeners: Database) -> PersonalFigures:
    return asked(listeners, ALL)


@pytest.fixture(scope="module")
def of_2016(listeners: Database) -> PersonalFigures:
    return asked(listeners, OF_2016)


def test_a_life_is_counted_play_by_play_up_to_the_end_of_the_period(of_2016):
    known = plays().filter(pl.col("on") <= OF_2016.last)
    found = {row["artist_name"]: row for row in of_2016["lives"].to_dicts() if row["kind"] == "artist"}
    assert len(found) == known["artist_name"].n_unique()
    for (name,), theirs in known.group_by("artist_name"):
        row, dates = found[str(name)], sorted(set(theirs["on"]))
        streams = theirs.filter("is_stream")
        months = Counter(on.replace(day=1) for on in streams["on"])
        pauses = [(after - before).days for before, after in itertools.pairwise(dates)]
        assert (row["first_played"], row["last_played"]) == (dates[0], dates[-1])
        assert (row["plays"], row["streams"]) == (theirs.height, streams.height)
        assert row["longest_pause_days"] == max(pauses, default=None)
        assert row["streams_of_best_month"] == (max(months.values()) if months else None)
        assert row["best_month"] == min(months, key=lambda month: (-months[month], month), default=None)


def test_steps_add_up_to_the_streams(everything):
    streams = {(row["kind"], row["id"]): row["streams"] for row in everything["lives"].to_dicts()}
    steps = everything["life_steps"].group_by("kind", "id").agg(pl.col("streams").sum())
    assert {(kind, id): n for kind, id, n in steps.iter_rows()} == {
        name: n for name, n in streams.items() if n >= 5
    }


def test_the_planted_obsession_leads_to_its_five_days(everything):
    lives = lives_on(everything, story_of(everything), parts(everything))
    life = lives[f"{world.OBSESSION}\nPlanted Artist"]
    assert life.lines[0] == "First played on 10 May 2016, last on 14 May 2016."
    assert "Most in May 2016: 70 streams." in life.lines
    assert life.bars == [("2016", 70, 1.0)]


@pytest.mark.slow
def test_each_name_in_a_table_is_one_click_from_its_journey(everything):
    page = rendered(everything)
    anchors = re.findall(r'<section class="life" id="([^"]+)"', page)
    links = re.findall(r'<td class="words[^>]*><a href="#(life-[^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(links) == set(anchors)
    for section in (section for part in parts(everything) for section in part.sections):
        for table in section.tables:
            assert all(column in table.words for column in table.names)
            if table.columns[table.words[0] if table.words else 0] in ("Track", "Artist"):
                assert table.names, f"the names of {table.name} lead nowhere"


def test_a_name_of_two_artists_leads_nowhere(everything):
    twice = everything["lives"].filter(pl.col("kind") == "artist").head(1)
    name = twice["artist_name"][0]
    doubled = pl.concat([everything["lives"], twice.with_columns(id=pl.lit("another"))])
    two = PersonalFigures(
        everything.listener, ALL, None, {**everything.frames, "lives": doubled.sort("plays", descending=True)}
    )
    assert name in lives_on(everything, story_of(everything), parts(everything))
    assert name not in lives_on(two, story_of(two), parts(two))


def test_pictures_are_told_with_their_numbers(everything):
    [section] = [one for part in parts(everything) for one in part.sections if one.name == "skips"]
    share = everything.of_period("skips").row(0, named=True)
    assert f"{share['ending']}: {100 * share['share']:.1f}%" in section.pictures[0].says
    [section] = [one for part in parts(everything) for one in part.sections if one.name == "timeline"]
    told = re.search(r"numbers from ([\d.]+) \((.+?)\) to ([\d.]+) \((.+?)\);", section.pictures[0].says)
    assert told
    minutes = everything.of_period("timeline").sort("minutes_listened", maintain_order=True)
    assert float(told[3]) == pytest.approx(minutes["minutes_listened"][-1] / 60, abs=0.05)
    most: date = minutes["starts_on"][-1]
    assert told[4] == f"{most.day} {most:%B %Y}"


@pytest.mark.slow
def test_no_picture_leaves_its_numbers_unsaid(listeners, everything):
    short = asked(listeners, ALL, world.DAY)
    for figures in (everything, short):
        for section in [story_of(figures), *(one for part in parts(figures) for one in part.sections)]:
            for picture in section.pictures:
                assert re.search(r"\d", picture.says.removeprefix(picture.caption)), picture.name
