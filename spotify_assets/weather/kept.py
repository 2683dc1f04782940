"""What is kept of the archive's answers: hours of places in Parquet, each day of a place asked for once.

`<lake>/_weather/<place>/<first>_<last>.parquet` has the days that one answer told. A day that the archive
does not have whole is not kept, and asked for again; the last `DELAY_DAYS` are not asked for at all.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

import polars as pl

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.places import Place, PlaceT
from spotify_assets.rows.window import Window
from spotify_assets.weather.open_meteo import HOURS

FOLDER = "_weather"
DELAY_DAYS = 6
"""The archive is complete about five days late."""
MOST_DAYS = 366
"""Days of one request."""

Ask = Callable[[date, date], pl.DataFrame]
"""Gives the hours of a place from one day to another, both included."""


def folder_of(lake: PlaceT, place_id: str) -> PlaceT:
    """Where the hours of a place are kept."""
    return lake / FOLDER / place_id.replace(",", "_")


def kept_hours(folder: Place, window: Window, ask: Ask, today: date) -> pl.DataFrame:
    """The hours of a place in a window, of days that the archive has whole; missing ones are asked for."""
    have = _read(folder)
    known = set(have["hour"].dt.date().unique())
    wanted = [day for day in window.days() if day not in known and day <= today - timedelta(days=DELAY_DAYS)]
    for first, last in _ranges(wanted):
        answer = _whole_days(ask(first, last))
        if answer.height:
            keep(folder, answer)
            have = pl.concat([have, answer])
    inside = pl.col("hour").dt.date().is_between(window.start, window.end, closed="left")
    return have.filter(inside).unique("hour", keep="first").sort("hour")


def keep(folder: Place, hours: pl.DataFrame) -> None:
    """Keep whole days of a place, as `HOURS`; the file has the name of the first and the last of them."""
    days = hours["hour"].dt.date().sort()
    layout.write_parquet(folder / f"{days[0]}_{days[-1]}.parquet", hours.select(HOURS.names()).cast(HOURS))


def _read(folder: Place) -> pl.DataFrame:
    frames = [places.read_parquet(path).select(HOURS.names()) for path in layout.landed_files(folder)]
    return pl.concat([pl.DataFrame(schema=HOURS), *frames])


def _whole_days(hours: pl.DataFrame) -> pl.DataFrame:
    """The days of which all 24 hours have temperature and rain."""
    known = hours.filter(pl.col("temperature_c").is_not_null(), pl.col("rain_mm").is_not_null())
    return known.filter(pl.col("hour").n_unique().over(pl.col("hour").dt.date()) == 24)


def _ranges(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Days that follow each other, as first and last, none longer than `MOST_DAYS`."""
    run: list[date] = []
    for day in days:
        if run and (day - run[-1] > timedelta(days=1) or len(run) == MOST_DAYS):
            yield run[0], run[-1]
            run = []
        run.append(day)
    if run:
        yield run[0], run[-1]
