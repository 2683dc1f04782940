"""Whose clock counts, and the offsets of zones, against Python's own time zone database."""

from datetime import UTC, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.tables import COUNTRIES, USER_PROFILES
from spotify_assets.transforms.zones import HOUR_MS, countries, offsets, with_time_zone
from tests.examples import examples

PROFILES = pl.DataFrame(
    [("settled", "Asia/Tokyo", False), ("traveller", "Asia/Tokyo", True), ("silent", None, False)],
    schema=USER_PROFILES.polars_schema,
    orient="row",
)


@pytest.mark.parametrize(
    ("user", "country", "zone"),
    [
        ("settled", "DE", "Asia/Tokyo"),
        ("settled", "ZZ", "Asia/Tokyo"),
        ("traveller", "DE", "Europe/Berlin"),
        ("traveller", "ZZ", "Asia/Tokyo"),
        ("traveller", None, "Asia/Tokyo"),
        ("silent", "IN", "Asia/Kolkata"),
        ("silent", "ZZ", "America/Lima"),
        ("unheard of", "XK", "Europe/Belgrade"),
        ("unheard of", None, "America/Lima"),
    ],
)
def test_the_declared_zone_then_the_countrys_then_the_default(user: str, country: str | None, zone: str):
    events = pl.DataFrame({"user_id": [user], "country": [country]}, schema_overrides={"country": pl.String})
    found = with_time_zone(events, PROFILES, "America/Lima")
    assert found["time_zone"].to_list() == [zone]
    assert found.columns == [*events.columns, "time_zone"]


def _table(name: str) -> list[list[str]]:
    text = files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def test_countries_are_those_of_the_time_zone_database_and_kosovo():
    names = {code: name for code, name, *_ in _table("iso3166.tab")}
    zones: dict[str, list[str]] = {}
    for code, _, zone, *_ in _table("zone.tab"):
        zones.setdefault(code, []).append(zone)
    found = countries()
    assert found.schema == COUNTRIES.polars_schema
    rows = {row["country"]: row for row in found.to_dicts()}
    assert rows.keys() == zones.keys() | {"XK"}
    for code, known in zones.items():
        assert rows[code]["country_name"] == names[code]
        assert rows[code]["time_zone"] in known
        assert rows[code]["time_zone_count"] == len(known)
    assert set(found["time_zone"]) <= available_timezones()


def test_the_main_zone_is_that_of_the_largest_city():
    main = dict(countries().select("country", "time_zone").iter_rows())
    largest = {
        "AU": "Sydney",
        "BR": "Sao_Paulo",
        "CA": "Toronto",
        "CL": "Santiago",
        "CN": "Shanghai",
        "ES": "Madrid",
        "ID": "Jakarta",
        "MX": "Mexico_City",
        "NZ": "Auckland",
        "PT": "Lisbon",
        "RU": "Moscow",
        "UA": "Kyiv",
        "US": "New_York",
        "DE": "Berlin",
        "KZ": "Almaty",
    }
    assert {code: main[code].rsplit("/", 1)[1] for code in largest} == largest


ZONES = st.sampled_from(
    [
        *("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu"),
        *("Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "Asia/Pyongyang", "America/Caracas"),
    ]
)


@examples(60)
@given(
    ZONES,
    st.integers(2006 * 12, 2026 * 12),
    st.integers(1, 500),
    st.lists(st.integers(0, 10**9), max_size=30),
)
def test_offsets_are_those_of_the_database_at_any_moment(
    zone: str, month: int, days: int, moments: list[int]
):
    start = int(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000)
    end = start + days * 24 * HOUR_MS
    found = offsets(zone, start, end)
    assert found["from_ms"][0] <= start
    assert found["until_ms"][-1] >= end
    assert found["from_ms"].to_list()[1:] == found["until_ms"].to_list()[:-1]
    edges = [edge + shift for edge in found["from_ms"][1:] for shift in (-1, 0)]
    for moment in [*edges, *(start + m % (end - start) for m in moments)]:
        [offset] = found.filter(pl.col("from_ms") <= moment, pl.col("until_ms") > moment)["offset_ms"]
        expected = datetime.fromtimestamp(moment / 1000, ZoneInfo(zone)).utcoffset()
        assert expected is not None
        assert offset == expected.total_seconds() * 1000
