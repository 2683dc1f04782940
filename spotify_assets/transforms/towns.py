"""Where time zones are: a town for each, and how far two countries are apart at least.

`towns.csv` comes from the IANA time zone database (`zone.tab` of release 2026.6, public domain): the
principal town of each zone of each country, in degrees. Kosovo is added as in `zones`, with Pristina.
"""

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

TOWNS_FILE = Path(__file__).with_name("towns.csv")
EARTH_KM = 6_371.0
REACH_KM = 1_500.0
"""By how much two places may be nearer to each other than the towns of their countries' zones: most zones are
less than 1,500 km across, and each of the two is at most half of that from its town."""


@cache
def towns() -> pl.DataFrame:
    """One row per country and zone: `country`, `time_zone`, `latitude`, `longitude`."""
    return pl.read_csv(TOWNS_FILE, glob=False)


@cache
def least_km(country: str, other: str) -> float:
    """Kilometres between two countries at the least, below the truth; 0 where one of them is unknown."""
    here, there = (np.radians(_points(name)) for name in (country, other))
    if country == other or not here.size or not there.size:
        return 0.0
    latitude, longitude = here[:, None, 0], here[:, None, 1]
    half = (
        np.sin((there[None, :, 0] - latitude) / 2) ** 2
        + np.cos(latitude) * np.cos(there[None, :, 0]) * np.sin((there[None, :, 1] - longitude) / 2) ** 2
    )
    return max(0.0, float((2 * EARTH_KM * np.arcsin(np.sqrt(half))).min()) - REACH_KM)


def _points(country: str) -> np.ndarray:
    return towns().filter(pl.col("country") == country).select("latitude", "longitude").to_numpy()
