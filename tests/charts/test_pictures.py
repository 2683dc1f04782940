"""Every chart is valid Vega-Lite, is drawn without a network, and holds the numbers it was given."""

import json
import socket
import typing
from datetime import date
from functools import partial
from typing import Any

import polars as pl
import pytest

from spotify_assets.charts import content, genres, insight, overview, places, skips, theme
from tests.charts.svg import to_svg

DAYS = [date(2025, 2, 3), date(2025, 2, 10)]

BY_DAY = pl.DataFrame(
    {
        "period": ["now", "now", "compared", "compared"],
        "day": DAYS * 2,
        "on": [*DAYS, date(2025, 1, 6), date(2025, 1, 13)],
        "value": [1.0, 3.0, 2.0, 2.5],
    }
)
TOPS = pl.DataFrame({"name": ["Same", "Same", None], "streams": [31, 20, 10], "previous": [25.0, None, 12.0]})
RANKS = pl.DataFrame(
    {"step": DAYS * 2, "name": ["A", "A", "B", "B"], "rank": [1, 2, 2, 1], "value": [9.0, 4.0, 5.0, 6.0]}
)
SHARES = pl.DataFrame(
    {"step": DAYS * 2, "genre": ["a", "a", "b", "b"], "stream_share": [0.5, 0.25, 0.125, 0.2]}
)
CURVES = pl.DataFrame(
    {
        "period": ["this period", "compared period"] * 2,
        "second": [1, 1, 2, 2],
        "survival": [0.9, 0.8, 0.7, 0.6],
    }
)
RATES = pl.DataFrame({"value": ["01", "02"], "plays": [10, 20], "skip_rate": [0.5, 0.25]})
FLAGS = pl.DataFrame(
    {
        "outcome": ["skip", "skip", "complete"],
        "flag": ["skipped", "says nothing", "not skipped"],
        "plays": [3, 1, 4],
        "share": [0.75, 0.25, 1.0],
    }
)
COUNTRIES = pl.DataFrame(
    {"country": ["DE", "SG", "ZZ"], "country_name": ["Germany", "Singapore", "unknown"], "plays": [7, 5, 3]}
)
WEEK = pl.DataFrame({"local_weekday": [1, 7], "local_hour": [0, 23], "plays": [4, 6]})
DEVICES = pl.DataFrame(
    {
        "region": ["Asia", "Asia"],
        "device": ["Phone", "Computer"],
        "plays": [1, 3],
        "share": [0.25, 0.75],
        "skip_rate": [0.5, 0.5],
    }
)
PULSE = pl.DataFrame({"event_date": DAYS, "plays": [3, 4], "skip_rate": [0.5, 0.25]})

ANSWERS = pl.DataFrame(
    {
        "condition": ["rain", "rain"],
        "measure": ["valence", "skip_rate"],
        "answer": ["less", "no more than chance"],
        "estimate": [-0.1, 0.5],
        "ci_low": [-0.15, -1.0],
        "ci_high": [-0.05, 2.0],
        "adjusted_p_value": [0.01, 0.8],
    }
)
EPISODES = pl.DataFrame(
    {
        "kind": ["sleep_loop", "machine_like"],
        "event_date": DAYS,
        "playbacks": [80, 60],
        "minutes": [240.0, 31.0],
    }
)
LIST = pl.DataFrame(
    {"rank": [1, 2], "track_name": ["Same", "Same"], "artist_name": ["A", "B"], "score": [2.0, 1.0]}
)
RUNGS = pl.DataFrame(
    {
        "task": ["new", "next"],
        "rung": ["popularity", "blend"],
        "ndcg_10": [0.1, 0.3],
        "ndcg_10_low": [0.05, 0.25],
        "ndcg_10_high": [0.15, 0.35],
        "recall_20": [0.2, 0.4],
    }
)
COSTS = pl.DataFrame(
    {
        "step": ["dbt", "dbt"],
        "table_name": ["marts.dim_track", None],
        "cpu_seconds": [2.5, 1.0],
        "wall_seconds": [2.0, 1.0],
        "peak_memory_mb": [400.0, 300.0],
    }
)

CHARTS: dict[str, Any] = {
    "weather": (insight.weather, ANSWERS, ("estimate", "measure")),
    "unusual": (insight.unusual, EPISODES, ("minutes", "event_date")),
    "recommended": (insight.recommended, LIST, ("score", "artist_name")),
    "recommendation ladder": (insight.recommendation_ladder, RUNGS, ("ndcg_10", "rung")),
    "costs": (insight.costs, COSTS, ("cpu_seconds", "table_name")),
    "days": (partial(overview.by_day, name="streams"), BY_DAY, ("value", "on")),
    "pulse": (overview.pulse, PULSE, ("plays", "skip_rate")),
    "bars": (
        partial(content.bars, label="name", value="streams", name="streams"),
        TOPS,
        ("streams", "previous"),
    ),
    "ranks": (content.ranks, RANKS, ("rank", "value", "name")),
    "shares": (genres.shares_over_time, SHARES, ("genre", "stream_share")),
    "survival": (skips.survival_of_periods, CURVES, ("second", "survival")),
    "rates": (partial(skips.rates, name="position"), RATES, ("plays", "skip_rate")),
    "flags": (skips.flag_against_outcome, FLAGS, ("plays", "share", "flag")),
    "week": (partial(places.week, value="plays", name="plays"), WEEK, ("plays", "local_hour")),
    "devices": (places.device_by_region, DEVICES, ("plays", "share")),
}


def datasets(specification: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return list(specification["datasets"].values())


def as_drawn(value: Any) -> Any:
    return f"{value}T00:00:00" if isinstance(value, date) else value


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_valid_and_holds_its_numbers(name):
    draw, rows, columns = CHARTS[name]
    specification = draw(rows).to_dict(validate=True)

    wanted = [{column: as_drawn(row[column]) for column in columns} for row in rows.to_dicts()]
    assert wanted in [
        [{column: row.get(column) for column in columns} for row in data] for data in datasets(specification)
    ]
    assert "axis" not in specification["config"], "colours of text and axes are the theme's"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*CHARTS, "world"])
def test_a_chart_is_drawn_without_a_network(name, scheme, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("a chart asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    draw, rows, _ = CHARTS.get(name) or (partial(places.world, value="plays", name="plays"), COUNTRIES, ())

    assert theme.to_png(draw(rows), scheme).startswith(b"\x89PNG")
    assert "<svg" in to_svg(draw(rows), scheme)


def test_answers_are_drawn_in_halves_of_their_interval():
    drawn = insight.weather(ANSWERS).to_dict(validate=True)["datasets"].values()
    rows = next(data for data in drawn if "estimate_in_halves" in data[0])
    assert [(row["ci_low_in_halves"], row["ci_high_in_halves"]) for row in rows] == [
        (pytest.approx(-3.0), pytest.approx(-1.0)),
        (pytest.approx(-2 / 3), pytest.approx(4 / 3)),
    ]


def test_the_odds_of_a_list_are_against_its_last_track():
    [rows] = insight.recommended(LIST).to_dict(validate=True)["datasets"].values()
    assert [row["odds"] for row in rows] == [pytest.approx(2.718, abs=0.001), 1.0]


def test_the_map_colours_each_country_by_its_number():
    specification = places.world(COUNTRIES, "plays", "plays").to_dict(validate=True)
    shapes = [shape for data in datasets(specification) for shape in data]
    told = {shape["id"]: shape["properties"]["plays"] for shape in shapes if "properties" in shape}

    assert told == {"DE": 7, "SG": 5}
    assert places.mapped(COUNTRIES["country"]).to_list() == [True, True, False]
    assert len(shapes) == len({shape["id"] for shape in shapes if shape["id"]}) + sum(
        not shape["id"] for shape in shapes
    )


def test_every_country_of_the_warehouse_is_on_the_map():
    from spotify_assets.transforms.zones import countries

    known = countries()["country"]
    missing = known.filter(~places.mapped(known))
    assert missing.to_list() == []


def test_names_that_repeat_have_a_bar_each():
    specification = content.bars(TOPS, "name", "streams", "streams").to_dict()
    [rows] = datasets(specification)
    assert [row["position"] for row in rows] == [0, 1, 2]
    assert '["Same", "Same", "unknown"]' in json.dumps(specification).replace('\\"', '"')


def test_dark_and_light_differ_in_paper_and_ink_alone():
    light, dark = (
        json.loads(theme.to_vega_lite(genres.shares_over_time(SHARES), s))
        for s in typing.get_args(theme.Scheme)
    )
    assert light["config"]["background"] != dark["config"]["background"]
    light.pop("config")
    dark.pop("config")
    assert light == dark
