"""Declared places, the client against a server with the archive's contract, and what is kept of it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.rows.window import Window
from spotify_assets.weather.declared import DeclaredPlace, declare, forget_place, read_places
from spotify_assets.weather.kept import DELAY_DAYS, folder_of, kept_hours
from spotify_assets.weather.open_meteo import ATTEMPTS, HOURS, OpenMeteo
from tests.servers.open_meteo import Server, open_meteo

TODAY = date(2026, 3, 31)
MARCH = Window(date(2026, 3, 1), date(2026, 4, 1))
HAMBURG = (53.55, 9.99)


@pytest.fixture
def server() -> Iterator[Server]:
    with open_meteo() as running:
        yield running


def client(server: Server, waited: list[float] | None = None) -> OpenMeteo:
    return OpenMeteo(server.url, server.url, wait=(waited if waited is not None else []).append)


def fetched(server: Server, lake: Path, window: Window = MARCH, today: date = TODAY) -> pl.DataFrame:
    asking = client(server)
    return kept_hours(
        folder_of(lake, "53.55,9.99"), window, lambda first, last: asking.hours(*HAMBURG, first, last), today
    )


def test_hours_come_as_the_archive_tells_them(server: Server):
    hours = client(server).hours(*HAMBURG, date(2026, 3, 1), date(2026, 3, 2))
    assert hours.schema == HOURS
    assert hours.height == 48
    assert hours["hour"].min() == datetime(2026, 3, 1)  # noqa: DTZ001 - naive UTC
    assert set(hours["rain_mm"]) <= {0.0, 0.4}


def test_each_day_of_a_place_is_asked_for_once(server: Server, tmp_path: Path):
    first = fetched(server, tmp_path)
    last_known = TODAY - timedelta(days=DELAY_DAYS)
    assert server.asked == [("53.55,9.99", date(2026, 3, 1), last_known)]
    assert first.height == 24 * last_known.day
    assert fetched(server, tmp_path).equals(first)
    assert len(server.asked) == 1
    later = fetched(server, tmp_path, today=TODAY + timedelta(days=3))
    assert server.asked[1:] == [("53.55,9.99", date(2026, 3, 26), date(2026, 3, 28))]
    assert later.height == 24 * 28
    before = Window(date(2026, 2, 27), date(2026, 3, 3))
    assert fetched(server, tmp_path, before)["hour"].dt.date().n_unique() == 4
    assert server.asked[2:] == [("53.55,9.99", date(2026, 2, 27), date(2026, 2, 28))]


def test_years_are_asked_for_year_by_year(server: Server, tmp_path: Path):
    fetched(server, tmp_path, Window(date(2023, 1, 1), date(2025, 7, 1)))
    assert [(last - first).days + 1 for _, first, last in server.asked] == [366, 366, 180]


def test_a_day_that_the_archive_has_in_part_is_asked_for_again(server: Server, tmp_path: Path):
    server.known_until = date(2026, 3, 9)
    assert fetched(server, tmp_path)["hour"].dt.date().max() == date(2026, 3, 9)
    server.known_until = date.max
    assert fetched(server, tmp_path)["hour"].dt.date().max() == date(2026, 3, 25)
    assert server.asked[1][1] == date(2026, 3, 10)


def test_a_busy_archive_is_waited_for_as_it_asks(server: Server):
    server.failing = [(429, "7"), (503, None)]
    waited: list[float] = []
    assert client(server, waited).hours(*HAMBURG, date(2026, 3, 1), date(2026, 3, 1)).height == 24
    assert waited == [7.0, 8.0]


def test_an_archive_that_stays_busy_is_left_alone(server: Server, tmp_path: Path):
    server.failing = [(429, None)] * 10
    with pytest.raises(ConnectionError, match=r"429: Minutely API request limit exceeded.*again later"):
        fetched(server, tmp_path)
    assert server.requests == ATTEMPTS
    assert not list(tmp_path.rglob("*.parquet"))


def test_what_the_archive_refuses_is_told_at_once(server: Server):
    with pytest.raises(RuntimeError, match=r"refuses \(400\): End-date must be larger"):
        client(server).hours(*HAMBURG, date(2026, 3, 2), date(2026, 3, 1))
    assert server.requests == 1


def test_nobody_there_is_one_line():
    with pytest.raises(ConnectionError, match="gave no answer in 4 attempts"):
        OpenMeteo("http://127.0.0.1:9", "", wait=lambda _: None).hours(*HAMBURG, MARCH.start, MARCH.start)


def test_towns_are_found_by_name(server: Server):
    assert client(server).town("Hamburg")["latitude"] == 53.55073
    with pytest.raises(ValueError, match="no town is called Nowhere"):
        client(server).town("Nowhere")


def test_a_place_is_declared_once_and_forgotten(tmp_path: Path):
    path = tmp_path / "places.toml"
    assert read_places(path) == []
    declare(path, "me", city="Hamburg", latitude=53.55073, longitude=9.99302)
    declare(path, "ben", country="DE")
    assert read_places(path) == [
        DeclaredPlace("me", "Hamburg", 53.55, 9.99),
        DeclaredPlace("ben", "Berlin for Germany", 52.5, 13.37, of_country=True),
    ]
    declare(path, "me", country="JP")
    assert [place.name for place in read_places(path)] == ["Berlin for Germany", "Tokyo for Japan"]
    assert forget_place(path, "me") == 1
    assert forget_place(path, "me") == 0
    assert [place.user_id for place in read_places(path)] == ["ben"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[place]", "no TOML"),
        ('other = "x"', "nothing else, not other"),
        ('[[place]]\nuser = "me"', "place 1: it has user and country"),
        ('[[place]]\nuser = "me"\ncountry = "XX"', "place 1: country XX is none"),
        ('[[place]]\nuser = "me"\ncity = "A"\nlatitude = 95\nlongitude = 0', "place 1: latitude 95"),
        ('[[place]]\nuser = "me"\ncity = "A"\nlatitude = "5"\nlongitude = 0', "are degrees"),
        ('[[place]]\nuser = 7\ncountry = "DE"', "are texts"),
        ('[[place]]\nuser = "me"\ncountry = "DE"\n' * 2, "me has several places"),
    ],
)
def test_a_file_that_says_something_else_is_one_line(tmp_path: Path, text: str, says: str):
    path = tmp_path / "places.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=says) as told:
        read_places(path)
    assert str(path) in str(told.value)
